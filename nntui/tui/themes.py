"""Our own themes, one dark and one light: calm grounds, and hues that nearly every eye tells apart.

The six colours of series come from the palette of Okabe and Ito, moved apart in lightness so that they differ also
for red-green blind people and in greyscale; ``tests/tui/test_themes.py`` measures it. Right and wrong
(``success`` and ``error``) lie far from each other in lightness.
"""

from __future__ import annotations

from textual.theme import Theme

#: The theme of somebody who has not chosen one.
USUAL = "nntui-dark"

OWN = (
    Theme(
        "nntui-dark",
        primary="#4a9fd8",
        accent="#dc9308",
        success="#63e6ac",
        error="#dd5a28",
        secondary="#d39bbf",
        warning="#f5ec9a",
        foreground="#d7dce4",
        background="#11151c",
        surface="#191f29",
        panel="#1c2430",
        dark=True,
        variables={
            "text-primary": "#82c8f8",
            "text-accent": "#dc9308",
            "text-success": "#63e6ac",
            "text-error": "#dd5a28",
            "text-secondary": "#d39bbf",
            "text-warning": "#f5ec9a",
            "primary-lighten-2": "#82c8f8",
        },
    ),
    Theme(
        "nntui-light",
        primary="#00568c",
        accent="#b55a00",
        success="#004a2e",
        error="#c2185b",
        secondary="#4d1550",
        warning="#544c00",
        foreground="#11181f",
        background="#fbfaf7",
        surface="#f1efe9",
        panel="#e8e6df",
        dark=False,
        variables={
            "text-primary": "#00568c",
            "text-accent": "#b55a00",
            "text-success": "#004a2e",
            "text-error": "#c2185b",
            "text-secondary": "#4d1550",
            "text-warning": "#544c00",
            "primary-lighten-2": "#00568c",
        },
    ),
)
