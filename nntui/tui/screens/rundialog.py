"""What lies over the screen of a run and follows it: given each picture, and free to ask for more."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import ClassVar

from textual.css.query import NoMatches
from textual.message import Message
from textual.screen import ScreenResultType

from nntui.tui.picture import Asked, Picture, Question, WantedTables
from nntui.tui.screens.dialog import Dialog


class RunDialog(Dialog[ScreenResultType]):
    """A dialog about the run beneath, which passes it pictures; what it asks is ``post``-ed there."""

    #: By which name it asks, and which tables it wants while it is open.
    NAME: ClassVar[str]
    TABLES: ClassVar[tuple[str, ...]] = ()

    def __init__(self, picture: Picture, post: Callable[[Message], object]) -> None:
        super().__init__()
        #: The newest picture.
        self.latest = picture
        self.post = post

    def on_mount(self) -> None:
        """Asks for the tables, and shows what is known already."""
        if self.TABLES:
            self.post(WantedTables(self.NAME, self.TABLES))
        self.call_after_refresh(self.follow)

    def on_unmount(self) -> None:
        """Wants nothing any more."""
        self.post(Asked(self.NAME, None))
        self.post(WantedTables(self.NAME, ()))

    def ask(self, question: Question | None) -> None:
        """What the network is asked from now on."""
        self.post(Asked(self.NAME, question))

    def picture(self, picture: Picture) -> None:
        """A new picture of the run."""
        self.latest = picture
        with suppress(NoMatches):  # there are no parts yet, or none any more
            self.follow()

    def follow(self) -> None:
        """Shows the latest picture."""
        raise NotImplementedError
