"""From the keymap to the key bar."""

from __future__ import annotations

from collections.abc import Collection, Mapping

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
