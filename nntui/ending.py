"""Ends a run from outside: its trainer is asked, then told by a signal, and is waited for.

A trainer on another machine can only be asked: its process id means nothing here.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from nntui.errors import UserError
from nntui.store import catalog, commands, folder
from nntui.store.records import RunRecord

#: A trainer that has not ended so long after it was asked to gets a signal; one that ends is given so long to be gone.
OBEY_SECONDS, EXIT_SECONDS = 10.0, 30.0


def ask_to_stop(run_folder: Path, run: RunRecord) -> None:
    """Appends the command or, where nothing can be written, sends the signal that means the same."""
    try:
        commands.append(run_folder, "stop")
    except UserError:
        tell_to_stop(run)


def tell_to_stop(run: RunRecord) -> None:
    """SIGTERM to the trainer, unless it is gone or on another machine."""
    if run.live and run.is_here and run.pid is not None:
        with suppress(OSError):
            os.kill(run.pid, signal.SIGTERM)


def wait_for_exit(run: RunRecord) -> bool:
    """Waits until the trainer of a run that has just ended is gone: only then is its last checkpoint written.

    Of a trainer on another machine nothing is known but that it has said its last word.
    """
    import psutil

    if not run.is_here:
        return not run.live

    limit = time.monotonic() + EXIT_SECONDS
    while time.monotonic() < limit:
        try:
            if run.pid is None or psutil.Process(run.pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.Error:
            return True
        time.sleep(0.01)
    return False


def end(run_folder: Path, run: RunRecord) -> None:
    """Stops a live run and waits until its trainer is gone. Raises UserError when it does not go."""
    ask_to_stop(run_folder, run)
    limit = time.monotonic() + OBEY_SECONDS
    while (run := catalog.open_run(run_folder)).live and time.monotonic() < limit:
        time.sleep(0.02)
    tell_to_stop(run)
    if run.live and not run.is_here:
        raise UserError(f"run {run.id}: it trains on {run.host} and does not end; nothing here can make it")
    if not wait_for_exit(run):
        raise UserError(f"run {run.id}: its trainer, process {run.pid}, does not end")


def remove(run_folder: Path) -> None:
    """Deletes a run with everything recorded in it; one that is live is stopped first. Raises UserError."""
    run = catalog.listed(run_folder)
    if run is not None and run.live:
        end(run_folder, run)
    folder.remove(run_folder)
