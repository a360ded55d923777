"""Starts a run: makes its folder, and a trainer process that outlives whoever started it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from nntui import paths
from nntui.config import RunConfig
from nntui.processes import start_of
from nntui.store import catalog, commands, copies, folder

#: Windows has no sessions: there, a group of its own and no console.
_WINDOWS_FLAGS = 0x00000200 | 0x00000008 if sys.platform == "win32" else 0


def name_fault(name: str) -> str:
    """What is wrong with a name for a run; nothing when it can be one."""
    if not 0 < len(name) <= 100 or not name.isprintable() or name.strip() != name:
        return "must be 1 to 100 printable characters, without blanks at its ends"
    return "already means the newest run" if name == "latest" else ""


def start_run(config: RunConfig, *, preset: str, name: str = "") -> tuple[Path, subprocess.Popen[bytes]]:
    """A new run folder with its trainer started; nothing is left behind when that fails. Raises RunError."""
    run_folder = folder.create(paths.runs_dir(), name=name, preset=preset, config=config.to_dict())
    try:
        return run_folder, start_trainer(run_folder)
    except BaseException:
        folder.remove(run_folder)
        raise


def start_again(run_folder: Path, asked: Sequence[tuple[str, str, str]]) -> tuple[list[int], subprocess.Popen[bytes]]:
    """Starts a trainer for a run that has ended: it holds where the run was, and does what it is asked then.

    ``asked`` are kinds, keys and values of commands, whose ids are returned. Raises RunError, OSError.
    """
    return commands.reopen(run_folder, asked), start_trainer(run_folder)


def fork_run(
    source: Path, *, name: str, at: int | None, changes: Sequence[tuple[str, str]]
) -> tuple[Path, list[int], subprocess.Popen[bytes]]:
    """A run of its own that goes on from a step of another one, which is not disturbed, with other knobs.

    ``at`` None, or a step it has not passed, is where that run is now. Returns the folder, the ids of the commands that
    make it so, and the trainer. Raises RunError, OSError.
    """
    fork = copies.copy(source, paths.runs_dir(), name=name, at=at)
    try:
        back = [("rewind", "", str(at))] if at is not None and at < catalog.open_run(fork).step else []
        asked = [*back, *(("set", key, value) for key, value in changes), ("resume", "", "")]
        return fork, *start_again(fork, asked)
    except BaseException:
        folder.remove(fork)
        raise


def start_trainer(run_folder: Path, *, leashed: bool = False) -> subprocess.Popen[bytes]:
    """``python -m nntui.trainer`` in a session of its own, its output in ``trainer.log``. Raises RunError, OSError.

    One that is ``leashed`` stops when its stdin is closed, as it is when this process has ended.
    """
    with (run_folder / folder.LOG).open("ab") as log:
        trainer: subprocess.Popen[bytes] = subprocess.Popen(
            # -P: a module of the current folder must not stand in for one of ours.
            [sys.executable, "-P", "-m", "nntui.trainer", str(run_folder), *(["--leashed"] if leashed else [])],
            stdin=subprocess.PIPE if leashed else subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            creationflags=_WINDOWS_FLAGS,
        )
    try:
        folder.set_process(run_folder, trainer.pid, start_of(trainer.pid))
    except BaseException:
        trainer.kill()
        trainer.wait()
        raise
    return trainer
