"""What is sent to a terminal whose encoding lacks a sign of the screen."""

from __future__ import annotations

from nntui.tui import transliteration


def test_signs_that_an_encoding_lacks_have_plain_neighbours() -> None:
    assert "╭─╮│●→✓é end".encode("ascii", transliteration.ERRORS) == b"+-+|o>v? end"


def test_what_an_encoding_lacks_takes_as_many_columns_as_before() -> None:
    assert "é⣿日e\u0301|".encode("iso-8859-1", transliteration.ERRORS) == b"\xe9???e|"
