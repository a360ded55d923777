"""What is sent to a terminal whose encoding lacks a sign of the screen."""

from __future__ import annotations

import ast
from pathlib import Path

from textual.pilot import Pilot

import nntui
from nntui import paths
from nntui.tui import transliteration
from tests.tui import recorded
from tests.tui.screen import play, settled, shows, text


def test_signs_that_an_encoding_lacks_have_plain_neighbours() -> None:
    assert "╭─╮│●→✓é end".encode("ascii", transliteration.ERRORS) == b"+-+|o>v? end"


def test_what_an_encoding_lacks_takes_as_many_columns_as_before() -> None:
    assert "é⣿日e\u0301|".encode("iso-8859-1", transliteration.ERRORS) == b"\xe9???e|"


def test_a_dashboard_of_ascii_is_ascii() -> None:
    folder = recorded.finished(paths.runs_dir(), recorded.table())

    async def scenario(pilot: Pilot[None]) -> None:
        for number in "1234567":
            more = ("question_mark", "escape", "slash", "escape") if number in "57" else ()
            for key in (number, "m", "v", "e", "escape", *more, "escape"):
                await pilot.press(key)
                await settled(pilot)
                assert text(pilot).isascii(), (number, key)

    play(scenario, folder, marker="ascii")


def test_a_start_screen_of_ascii_is_ascii() -> None:
    recorded.finished(paths.runs_dir(), recorded.table())

    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "digits")
        for key in ("v", "escape", "tab", "e", "v", "escape", "escape", "o"):
            await pilot.press(key)
            await settled(pilot)
            assert text(pilot).isascii()

    play(scenario, None, marker="ascii")


def test_every_sign_of_the_screen_has_a_plain_neighbour() -> None:
    folder = Path(nntui.__file__).parent / "tui"
    signs = {
        sign
        for file in folder.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for sign in node.value
        if ord(sign) > 127
    }
    bare = {sign for sign in signs if sign.encode("ascii", transliteration.ERRORS) in (b"?", b"")}
    # Those of drawings that are made of other signs with this marker.
    assert bare <= set("\u2800\u28ff▷◁✚✛◎")
