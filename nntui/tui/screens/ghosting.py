"""A ghost beside the run: another value of one knob, tried by a trainer of its own, then adopted or dropped."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress

from textual import on, work

from nntui import ghosts
from nntui.errors import UserError
from nntui.ghosts import Ghost
from nntui.knob import Knob, Value
from nntui.knobs import KNOBS
from nntui.tui import keymap
from nntui.tui.panes.knobs.pane import Adopting, Haunting
from nntui.tui.picture import Picture
from nntui.tui.screens.notice import say
from nntui.tui.screens.scrubbing import ScrubbingScreen

#: Whoever leaves a run waits no longer than this for its ghost to be gone.
LEAVING_SECONDS, SOON_SECONDS = 3.0, 0.02


class GhostingScreen(ScrubbingScreen):
    """Has at most one ghost, which lives no longer than the screen."""

    _ghost: Ghost | None = None
    _summoning = False
    _branches = 0  # how often the run had gone back when the ghost began

    @on(Haunting)
    async def _ask_for_ghost(self, message: Haunting) -> None:
        from nntui.tui.screens.value import ValueEntry

        knob = message.knob
        if not self._may_steer():
            return
        if self._ghost is not None or self._summoning:
            adopt, leave = keymap.shown(keymap.KNOBS, "type"), keymap.shown(keymap.DASHBOARD, "back")
            say(self, f"One ghost at once: {adopt} adopts the one there is, {leave} drops it.", "warning")
            return

        def take(value: Value | None) -> None:
            if value is not None and value == message.value:
                say(self, f"{knob.name} is {knob.show(value)} already: a ghost needs another value.", "warning")
            elif value is not None and self.live and not self._summoning:
                self._summoning = True
                self._branches = self._picture.run.branches if self._picture is not None else 0
                self._summon(knob, knob.show(value))

        entry = ValueEntry(knob, knob.turned(message.value, 1), purpose="A ghost with another ")
        await self.app.push_screen(entry, take)

    @work(thread=True, group="ghost")
    def _summon(self, knob: Knob, value: str) -> None:
        """Starts the ghost, which takes a moment: the run is copied first."""
        try:
            ghost = ghosts.start(self.folder, knob.key, value)
        except (UserError, OSError) as error:
            self.app.call_from_thread(self._fail, f"no ghost: {error}")
            return
        self._hand_over(ghost)

    def _hand_over(self, ghost: Ghost) -> None:
        """Gives a ghost to the screen, from another thread; where that has gone, nobody would see it."""
        if self.is_attached:
            self.app.call_from_thread(self._take_ghost, ghost)
        else:
            ghosts.drop(ghost)

    def _fail(self, text: str) -> None:
        self._summoning = False
        say(self, text, "error")

    def _take_ghost(self, ghost: Ghost) -> None:
        self._summoning, self._ghost = False, ghost
        if self._feed is not None:
            what = f"{KNOBS[ghost.key].name} {ghost.value}"
            self._feed.accompany(ghost.folder, what, ghost.step, ghost.asked)
        self.offer_keys()

    def note_ghost(self, before: Picture | None, picture: Picture) -> None:
        """One that the trainer refused, or that somebody else removed, is none; and with one, keys are others."""
        if _standing(before) != _standing(picture):
            self.offer_keys()
        if self._ghost is not None and picture.ghost is not None and picture.ghost.error:
            say(self, f"no ghost: {picture.ghost.error}", "error")
            self.drop_ghost()

    @on(Adopting)
    def _adopt(self) -> None:
        """The run becomes what its ghost is."""
        if self._ghost is None or not self._may_steer():
            return
        if self._picture is not None and self._picture.run.branches != self._branches:
            say(self, "The run has gone back since the ghost began: it cannot be adopted any more.", "warning")
            return
        if self._picture is not None and self._picture.ghost is not None and self._picture.ghost.has_crashed:
            say(self, f"The ghost has crashed: {keymap.shown(keymap.DASHBOARD, 'back')} drops it.", "warning")
            return
        self.look(None)
        self._take_over(self._let_go())

    @work(thread=True, group="ghost")
    def _take_over(self, ghost: Ghost) -> None:
        try:
            trainer = ghosts.adopt(self.folder, ghost)
        except (UserError, OSError) as error:
            self.app.call_from_thread(self._fail, str(error))
            if ghost.folder.is_dir():  # it goes on beside the run, and can be dropped
                self._hand_over(ghost)
            return
        if trainer is not None:
            self.await_end(trainer)

    def drop_ghost(self) -> bool:
        """Ends the ghost and what it has recorded; whether there was one."""
        if self._ghost is None:
            return False
        self._drop(self._let_go())
        return True

    @work(thread=True, group="ghost")
    def _drop(self, ghost: Ghost) -> None:
        try:
            ghosts.drop(ghost)
        except (UserError, OSError) as error:
            self.app.call_from_thread(self._fail, str(error))

    def _let_go(self) -> Ghost:
        assert self._ghost is not None
        ghost, self._ghost = self._ghost, None
        if self._feed is not None:
            self._feed.accompany(None)
        self.offer_keys()
        return ghost

    async def leave_ghost(self) -> None:
        """Nobody sees it any more: it goes; where that takes long, its leash ends it, and an archived run is left."""
        if self._ghost is None:
            return
        leaving = threading.Thread(target=_gone, args=(self._ghost,), name="nntui-ghost", daemon=True)
        self._ghost = None
        leaving.start()
        limit = time.monotonic() + LEAVING_SECONDS
        while leaving.is_alive() and time.monotonic() < limit:
            await asyncio.sleep(SOON_SECONDS)


def _standing(picture: Picture | None) -> tuple[bool, bool]:
    """Whether there is a ghost, and whether it has crashed."""
    ghost = picture.ghost if picture is not None else None
    return ghost is not None, ghost is not None and ghost.has_crashed


def _gone(ghost: Ghost) -> None:
    with suppress(UserError, OSError):
        ghosts.drop(ghost)
