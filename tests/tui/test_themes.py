"""Our own themes: text can be read, lines can be seen, and series are told apart by nearly every eye."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from nntui import settings
from nntui.tui import themes
from nntui.tui.app import NntuiApp

SERIES = ("primary", "accent", "success", "error", "secondary", "warning")
#: What a colour (red, green, blue; linear) looks like to most people, and without red or green cones
#: (Machado, Oliveira and Fernandes 2009, at full severity).
EYES = {
    "most": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
}
#: Two colours that differ by so much (CIE76) are told apart side by side; 2.3 is just noticed.
APART = 10.0
#: So much lighter is one of two greys that are told apart, as a ratio of contrast.
GREY = 1.1


def linear(colour: Color) -> NDArray[np.float64]:
    c = np.array(colour.rgb) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def luminance(colour: Color) -> float:
    return float(linear(colour) @ (0.2126, 0.7152, 0.0722))


def contrast(one: Color, other: Color) -> float:
    """As WCAG counts it: 1 for equal greys, 21 for black and white."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def lab(colour: Color, eye: str) -> NDArray[np.float64]:
    seen = np.clip(np.array(EYES[eye]) @ linear(colour), 0, 1)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ seen / (0.9505, 1.0, 1.089)
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def colours(theme: Theme) -> dict[str, Color]:
    """As an app gives them to its styles: the theme's own variables go before those that Textual makes."""
    variables = theme.to_color_system().generate() | theme.variables
    return {name: Color.parse(value) for name, value in variables.items() if value.startswith("#")}


@pytest.fixture(params=themes.OWN, ids=lambda theme: theme.name)
def palette(request: pytest.FixtureRequest) -> dict[str, Color]:
    theme: Theme = request.param
    return colours(theme)


def test_text_can_be_read(palette: dict[str, Color]) -> None:
    for ground in ("background", "surface"):
        assert contrast(palette["foreground"], palette[ground]) >= 7
    for name in SERIES:
        assert contrast(palette[f"text-{name}"], palette["background"]) >= 4.5, name
        assert contrast(palette[name], palette["background"]) >= 4.5, name
    quiet = palette["background"].blend(palette["foreground"], 0.6)
    assert contrast(quiet, palette["background"]) >= 4.5


def test_lines_can_be_seen(palette: dict[str, Color]) -> None:
    axis = palette["background"].blend(palette["foreground"], 0.5)
    assert contrast(axis, palette["background"]) >= 3
    assert contrast(palette["primary"], palette["background"]) >= 3  # the border of what has the focus


@pytest.mark.parametrize("eye", EYES)
def test_series_are_told_apart(palette: dict[str, Color], eye: str) -> None:
    for one, other in combinations(SERIES, 2):
        apart = np.linalg.norm(lab(palette[f"text-{one}"], eye) - lab(palette[f"text-{other}"], eye))
        assert apart >= APART, (one, other)


def test_series_are_told_apart_in_greyscale(palette: dict[str, Color]) -> None:
    for one, other in combinations(SERIES, 2):
        assert contrast(palette[f"text-{one}"], palette[f"text-{other}"]) >= GREY, (one, other)


def test_right_and_wrong_differ_in_lightness(palette: dict[str, Color]) -> None:
    assert contrast(palette["success"], palette["error"]) >= 1.5


def test_the_settings_name_every_theme() -> None:
    assert sorted(settings.THEMES) == sorted([theme.name for theme in themes.OWN] + list(BUILTIN_THEMES))


def test_somebody_who_chose_nothing_gets_ours() -> None:
    assert NntuiApp().theme == themes.USUAL
    assert NntuiApp(theme="nntui-light").theme == "nntui-light"
