"""What trainer and screen take of this machine: processor and memory."""

from __future__ import annotations

import os
from typing import NamedTuple

import psutil


class Usage(NamedTuple):
    """Of the trainer (None where it is not on this machine) and of this screen: shares of a core, bytes of memory."""

    trainer: tuple[float, int] | None
    screen: tuple[float, int]


class Meter:
    """Measures from one call to the next; asking costs a fraction of a millisecond."""

    def __init__(self) -> None:
        self._screen = psutil.Process(os.getpid())
        self._screen.cpu_percent(None)
        self._trainer: psutil.Process | None = None

    def read(self, trainer: int | None) -> Usage:
        """``trainer`` is the process id of a trainer on this machine."""
        with self._screen.oneshot():
            screen = (self._screen.cpu_percent(None) / 100, int(self._screen.memory_info().rss))
        return Usage(self._of_trainer(trainer), screen)

    def _of_trainer(self, pid: int | None) -> tuple[float, int] | None:
        if pid is None:
            self._trainer = None
            return None
        try:
            if self._trainer is None or self._trainer.pid != pid:
                self._trainer = psutil.Process(pid)
            with self._trainer.oneshot():
                return self._trainer.cpu_percent(None) / 100, int(self._trainer.memory_info().rss)
        except psutil.Error:
            self._trainer = None
            return None
