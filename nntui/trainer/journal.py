"""What a run records reaches the disk, now or once there is room."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from nntui.store import room
from nntui.store.schema import RunError
from nntui.store.writer import Writer

log = logging.getLogger("nntui.trainer")

FLUSH_SECONDS = 0.1
#: While nothing trains, the heart beats that often; while steps are made again, how far that is is told that often.
BEAT_SECONDS, TELL_SECONDS = 3.0, 0.5
RETRY_SECONDS = 0.5


class Journal:
    """Commits what a writer has staged. ``must_end`` tells that nobody may wait for room any more."""

    def __init__(self, run_folder: Path, writer: Writer, must_end: Callable[[], bool]) -> None:
        self._folder, self._writer, self._must_end = run_folder, writer, must_end
        self._written_at = time.monotonic()
        #: Seconds, so far, for room on the disk.
        self.waited = 0.0
        room.tell(run_folder, lacks=False)  # a trainer that was killed may have left word of it

    def beat(self, doing: str) -> None:
        """Has the heart beat, if that is due, while there is nothing to record; ``doing`` says why."""
        if time.monotonic() - self._written_at >= TELL_SECONDS:
            self._writer.beat(doing)
            self._written_at = time.monotonic()

    @property
    def is_still(self) -> bool:
        """Whether the heart has to beat."""
        return time.monotonic() - self._written_at >= BEAT_SECONDS

    def is_due(self, now: float) -> bool:
        """Whether what is recorded should be seen, at a time of the monotonic clock."""
        return now - self._written_at >= FLUSH_SECONDS

    def hurry(self) -> None:
        """What is recorded next shall be seen at once."""
        self._written_at = 0.0

    def flush(self, step: int) -> None:
        """Commits. Without room on the disk it waits for some, and tells so at this step: nothing recorded is lost.

        Raises RunError where the folder has gone, or where it must end meanwhile.
        """
        while seconds := self._written_after(step):
            self.waited += seconds
            self._writer.event(step, "warning", f"waited {max(1, seconds):,.0f} s for room on the disk")

    def _written_after(self, step: int) -> float:
        """Seconds for which there was no room, until all was written."""
        begun, waited, lacks = time.monotonic(), False, False
        while (error := self._commit()) is not None:
            if not waited:
                log.warning("step %d: the run folder cannot be written (%s); waiting", step, error)
            waited, lacks = True, lacks or room.is_lack(error)
            room.tell(self._folder, lacks=lacks)
            self._writer.make_room()
            time.sleep(RETRY_SECONDS)
        self._written_at = time.monotonic()
        if not self._writer.in_place:
            raise RunError(f"{self._folder}: the run folder has been removed")
        if not lacks:
            return 0.0
        room.tell(self._folder, lacks=False)
        return self._written_at - begun

    def _commit(self) -> sqlite3.OperationalError | None:
        """Writes what is staged; why that cannot be yet, where it can be tried again. Raises RunError."""
        try:
            self._writer.commit()
        except sqlite3.OperationalError as error:
            if self._must_end():
                raise RunError(f"told to stop by a signal while nothing could be written: {error}") from None
            if not self._writer.in_place:
                raise
            return error
        return None
