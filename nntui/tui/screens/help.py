"""The help page, made from the keymap."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from nntui.tui import keymap

PANES = (
    (
        "Loss",
        "How wrong the network is. It should fall; validation rising while training falls is overfitting: more l2.",
    ),
    ("Gradients", "How hard each layer is pulled. A line far below the others is a layer that hardly learns."),
    ("Knobs", "What can be turned while it trains. Every change is marked on the curves with ▲."),
    ("Layers", "Update to weight is healthy near 1e-3: far above it, lower the rate; far below, raise it."),
    ("Predictions", "What the network says of each row. Look at the worst: are they hard, or mislabelled?"),
)


class HelpScreen(ModalScreen[None]):
    """Every key, grouped by where it works, and what each pane tells."""

    BINDINGS: ClassVar = keymap.bindings(keymap.HELP)
    CSS_PATH = "../styles/dialogs.tcss"

    def compose(self) -> ComposeResult:
        """A page that scrolls."""
        with VerticalScroll(id="help") as page:
            page.border_title = "Help"
            page.border_subtitle = "esc closes"
            yield Static(_keys())
            yield Static(_panes())


def _keys() -> Content:
    parts: list[str | tuple[str, str]] = []
    for place in (keymap.DASHBOARD, keymap.KNOBS, keymap.PREDICTIONS, keymap.START, keymap.APP):
        parts.append((f"{place[0].upper()}{place[1:]}\n", "bold $primary"))
        for key in keymap.KEYS:
            if key.place == place:
                names = "  ".join(key.names)
                parts += [("  " + names + " " * max(1, 16 - cell_len(names)), "bold"), key.help + "\n"]
        parts.append("\n")
    return Content.assemble(*parts)


def _panes() -> Content:
    parts: list[str | tuple[str, str]] = [("What the panes tell\n", "bold $primary")]
    for name, text in PANES:
        parts += [("  " + name.ljust(16), "bold"), text + "\n"]
    return Content.assemble(*parts)
