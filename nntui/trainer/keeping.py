"""When checkpoints are written, and which of them stay: the newest, and some of the whole run, evenly spread."""

from __future__ import annotations

import time
from pathlib import Path

from nntui.config import RunConfig
from nntui.trainer import checkpoints
from nntui.trainer.loop import Loop
from nntui.trainer.problem import Problem

#: The first comes after so many seconds, the next after twice as long, and so on up to the most.
FIRST_SECONDS, MOST_SECONDS = 1.0, 30.0
#: They may take at most this share of the time.
SHARE = 0.02


class Keeping:
    """Writes checkpoints into one folder.

    Of those that are written some stay, ``every`` seconds of training apart, so that no step of the past is further
    than that from one. When they are too many, every second one goes, and those to come are twice as far apart.
    """

    def __init__(self, folder: Path, elapsed: float) -> None:
        """``elapsed`` are the seconds that the run has trained already."""
        self._folder = folder
        self._wait, self._due_at = FIRST_SECONDS, time.monotonic() + FIRST_SECONDS
        known = len(checkpoints.kept(folder))
        self._every = elapsed / known if known else 0.0
        self._kept_at = elapsed if known else -1.0

    def go_back(self, step: int) -> None:
        """Forgets what is of this step and later: the run comes there again, by another way. Raises OSError."""
        checkpoints.forget_from(self._folder, step)
        self._kept_at = -1.0

    @property
    def due(self) -> bool:
        """Whether it is time for one."""
        return time.monotonic() >= self._due_at

    def save(self, loop: Loop, problem: Problem, settings: RunConfig, command: int, elapsed: float) -> None:
        """Writes the newest, and keeps it if it is far enough from the last one kept. Raises OSError."""
        begun = time.monotonic()
        try:
            checkpoints.save_checkpoint(self._folder, loop, problem, settings, command)
            if self._kept_at < 0 or elapsed - self._kept_at >= self._every:
                checkpoints.keep(self._folder, loop.step)
                self._kept_at = elapsed
                if checkpoints.thin_out(self._folder):
                    self._every = max(2 * self._every, 2 * elapsed / checkpoints.KEPT)
        finally:
            now = time.monotonic()
            self._due_at = now + max(self._wait, (now - begun) / SHARE)
            self._wait = min(MOST_SECONDS, 2 * self._wait)
