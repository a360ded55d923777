"""A picture of the screen as SVG, in the fonts of whoever looks at it: it fetches none from the network."""

from __future__ import annotations

import re
from itertools import count
from pathlib import Path
from typing import Any, Final

from textual.app import App

FONTS: Final = "'Fira Code', 'DejaVu Sans Mono', Menlo, Consolas, monospace"


def picture(app: App[Any], title: str = "nntui") -> str:
    """What is on the screen of a running app, as SVG."""
    drawn = app.export_screenshot(title=title)
    drawn = re.sub(r"@font-face\s*\{.*?\}", "", drawn, flags=re.DOTALL)
    return re.sub(r"font-family:\s*[^;]+;", f"font-family: {FONTS};", drawn)


def write_new(drawn: str, folder: Path, name: str) -> Path:
    """Writes a picture to the first of ``name.svg``, ``name-2.svg``, … that is free; which. Raises OSError."""
    for number in count(1):
        file = folder / f"{name}{'' if number == 1 else f'-{number}'}.svg"
        try:
            out = file.open("x", encoding="utf-8")
        except FileExistsError:
            continue
        try:
            with out:
                out.write(drawn)
        except BaseException:  # half a picture is none
            file.unlink(missing_ok=True)
            raise
        return file
    raise AssertionError("numbers do not end")
