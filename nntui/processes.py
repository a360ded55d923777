"""Whether a process still lives, told by its id and its start: ids are used again."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psutil


def start_of(pid: int) -> float:
    """When a process started, in seconds on a clock that nobody sets; 0 when there is no such process.

    On Linux that is the time since boot (field 22 of ``/proc/PID/stat``); elsewhere the time that psutil tells, which
    moves with the wall clock on some systems.
    """
    try:
        if sys.platform == "linux":
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
            return int(stat.rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
        return psutil.Process(pid).create_time()
    except (OSError, ValueError, IndexError, psutil.Error):
        return 0.0


def lives(pid: int, started: float | None) -> bool:
    """Whether the process of this id that started then is still at work; a zombie is not."""
    try:
        ended = psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        ended = False
    return not ended and (started is None or abs(start_of(pid) - started) < 2)
