"""The README says what is true."""

from __future__ import annotations

import re

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
