"""From the keymap to the key bar."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from textual.widget import Widget

from nntui.tui import keymap
from nntui.tui.widgets.keybar import Hint


def hints(
    places: Collection[str], *, words: Mapping[str, str] | None = None, without: Collection[str] = ()
) -> list[Hint]:
    """What the key bar offers in these places; ``words`` replaces labels by action, ``without`` leaves actions out."""
    renamed = words or {}
    return [
        Hint(key.shown, renamed.get(key.action, key.label), key.keys.partition(",")[0], key.rank)
        for key in keymap.labelled(*places)
        if key.action.partition("(")[0] not in without
    ]


def places(focused: Widget | None) -> list[str]:
    """The places in the keymap of what has the focus and of all that it is in, the innermost first."""
    inside = focused.ancestors_with_self if focused else ()
    kinds = (kind for widget in inside for kind in type(widget).__mro__)
    return [place for kind in kinds if (place := vars(kind).get("PLACE"))]
