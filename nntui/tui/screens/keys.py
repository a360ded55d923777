"""From the keymap to the key bar."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from textual.widget import Widget

from nntui.tui import keymap
from nntui.tui.widgets.keybar import Hint


def hints(
    places: Collection[str],
    *,
    words: Mapping[str, str] | None = None,
    without: Collection[str] = (),
    first: Collection[str] = (),
) -> list[Hint]:
    """What the key bar offers in these places.

    ``words`` replaces labels by action, ``without`` leaves actions out; those that are ``first`` make room last.
    """
    renamed, found = words or {}, []
    for key in keymap.labelled(*places):
        action = key.action.partition("(")[0]
        if action not in without:
            label, rank = renamed.get(key.action, key.label), 0 if action in first else key.rank
            found.append((action not in first, Hint(key.shown, label, key.keys.partition(",")[0], rank)))
    return [hint for _, hint in sorted(found, key=lambda pair: pair[0])]


def places(focused: Widget | None) -> list[str]:
    """The places in the keymap of what has the focus and of all that it is in, the innermost first."""
    inside = focused.ancestors_with_self if focused else ()
    kinds = (kind for widget in inside for kind in type(widget).__mro__)
    return [place for kind in kinds if (place := vars(kind).get("PLACE"))]
