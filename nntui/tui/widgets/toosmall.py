"""What is shown instead of a screen for which there is no room."""

from __future__ import annotations

from typing import ClassVar

from textual.widgets import Static

#: The least columns and lines in which a screen can be used.
COLUMNS, LINES = 30, 8


class TooSmall(Static):
    """Covers a screen, which stays as it is beneath; the app's style shows it while there is too little room."""

    #: For the app: the classes that its screens have in terminals of some width and height.
    WIDTHS: ClassVar = [(0, "-too-narrow"), (COLUMNS, "-broad")]
    HEIGHTS: ClassVar = [(0, "-too-low"), (LINES, "-high")]
    DEFAULT_CSS = """
    TooSmall {
        display: none; layer: cover; dock: top; width: 100%; height: 100%;
        content-align: center middle; text-align: center; background: $background;
    }
    """

    def __init__(self) -> None:
        super().__init__(f"terminal too small: {COLUMNS}×{LINES} needed", markup=False)
