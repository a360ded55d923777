"""What the network makes of its inputs: the decision surface or the fitted curve, each unit's own map, the weights."""

from __future__ import annotations

from typing import ClassVar

from nntui.tui import keymap
from nntui.tui.panes.pane import Pane, PictureCells
from nntui.tui.picture import Picture
from nntui.tui.widgets.cells import line
from nntui.tui.widgets.text import fit


class PlanePane(Pane, PictureCells):
    """The plane of one or two inputs."""

    number, heading = 6, "Plane"
    PLACE = keymap.PLANE
    BINDINGS: ClassVar = keymap.bindings(keymap.PLANE)

    def __init__(self, marker: str) -> None:
        super().__init__(id="plane")
        self._marker = marker

    def draw(self, picture: Picture) -> None:
        """Says what will be here."""
        self.show([line(fit("The surface appears after the first step.", self.size.width))])
