"""What is left of styles where no colours may be sent."""

from __future__ import annotations

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from nntui.tui.colourless import Colourless

DARK, LIGHT = Color.parse("#11151c"), Color.parse("#fbfaf7")


def style(given: Style | None, background: Color) -> Style:
    (segment,) = Colourless().apply([Segment("x", given)], background)
    assert segment.text == "x"
    assert segment.style is not None
    assert segment.style.color is segment.style.bgcolor is None
    return segment.style


@pytest.mark.parametrize(
    ("given", "background", "reverse", "dim"),
    [
        (Style(color="#d7dce4", bgcolor="#11151c"), DARK, False, False),
        (Style(color="#11151c", bgcolor="#4a9fd8"), DARK, True, False),
        (Style(color="#4b5058", bgcolor="#11151c"), DARK, False, True),
        (Style(color="#11181f", bgcolor="#fbfaf7"), LIGHT, False, False),
        (Style(color="#fbfaf7", bgcolor="#00568c"), LIGHT, True, False),
        (Style(color="#b8b8b8", bgcolor="#fbfaf7"), LIGHT, False, True),
        (Style(color="#d7dce4"), DARK, False, False),
        (Style(color="default", bgcolor="default"), DARK, False, False),
        (Style(color="#d7dce4", bgcolor="#11151c", reverse=True), DARK, True, False),
        (None, DARK, False, False),
    ],
)
def test_brightness_becomes_attributes(given: Style | None, background: Color, reverse: bool, dim: bool) -> None:
    made = style(given, background)
    assert (bool(made.reverse), bool(made.dim)) == (reverse, dim)


def test_other_attributes_and_what_a_click_means_stay() -> None:
    made = style(Style(color="red", bold=True, meta={"option": 3}), DARK)
    assert made.bold
    assert made.meta == {"option": 3}
