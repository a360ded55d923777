"""The README says what is true."""

from __future__ import annotations

import re

import pytest

from nntui import presets
from nntui.cli.app import app
from tests import readme

TEXT = readme.README.read_text(encoding="utf-8")


def test_the_tables_are_those_of_the_program() -> None:
    assert readme.updated(TEXT) == TEXT, "run python tests/readme.py"
    assert "<!-- keys -->\n| where" in TEXT
    assert "<!-- knobs -->\n| key" in TEXT


def test_every_picture_is_there() -> None:
    pictures = re.findall(r"\]\((screenshots/[^)]+)\)", TEXT)
    assert len(pictures) >= 4
    for picture in pictures:
        assert (readme.README.parent / picture).is_file(), picture


def test_every_preset_and_command_is_named() -> None:
    commands = [command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands]
    assert len(commands) >= 14
    for name in (*presets.available(), *commands):
        assert re.search(rf"`(nntui )?{re.escape(name)}[ `]", TEXT), name


def test_the_library_example_does_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    code = TEXT.partition("<!-- library -->\n```python\n")[2].partition("```")[0]
    assert len(code.strip().splitlines()) <= 10
    exec(code, {})
    right, probability = capsys.readouterr().out.split(maxsplit=1)
    assert float(right) > 0.95
    assert float(probability.strip("[]\n ")) < 0.1


def test_every_preset_has_its_row_of_results() -> None:
    table = TEXT.partition("<!-- presets -->\n")[2].partition("<!-- /presets -->")[0]
    assert re.findall(r"^\| `([^`]+)`", table, re.MULTILINE) == list(presets.available())
