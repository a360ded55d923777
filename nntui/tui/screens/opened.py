"""What screens tell the app when a run is to be opened."""

from __future__ import annotations

from pathlib import Path

from textual.message import Message


class Opened(Message):
    """A run was chosen or started."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
