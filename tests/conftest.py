"""What every test gets: a data folder of its own, no trainer left behind, and a real terminal on request."""

from __future__ import annotations

import gc
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from nntui.trainer.threads import use_threads

if TYPE_CHECKING:
    from tests.pty_terminal import Terminal

# As many as a trainer uses, or the same steps would not give the same bits here and there. NumPy is not loaded yet.
use_threads(0)

# A shell has what runs in its background ignore this, and all that is started from here would ignore it, too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def nntui_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The data folder of this test, also in ``NNTUI_HOME``; trainers that own a run in it end with the test."""
    home = tmp_path / "nntui-home"
    monkeypatch.setenv("NNTUI_HOME", str(home))
    yield home
    end_trainers(home)


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    """Starts programs in pseudo-terminals: ``terminal(argv, columns=120, rows=40, env=None, cwd=None)``."""
    module = pytest.importorskip("tests.pty_terminal", exc_type=ImportError)
    with ExitStack() as stack:

        def start(argv: list[str], **options: Any) -> Terminal:
            started: Terminal = stack.enter_context(module.Terminal(argv, **options))
            return started

        yield start


def end_trainers(home: Path, patience: float = 5) -> None:
    """End the trainers of all runs under `home`: SIGTERM, and after `patience` seconds SIGKILL.

    One that nobody has waited for yet is a zombie: it has ended too.
    """
    trainers = [process for database in home.rglob("run.db") for process in _trainers(database)]
    for process in trainers:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    limit = time.monotonic() + patience
    while (living := [process for process in trainers if _lives(process)]) and time.monotonic() < limit:
        time.sleep(0.02)
    for process in living:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def _lives(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False


def _trainers(database: Path) -> Iterator[psutil.Process]:
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        for (pid,) in connection.execute("SELECT pid FROM run WHERE pid IS NOT NULL").fetchall():
            with suppress(psutil.Error):
                process = psutil.Process(pid)
                if any("nntui.trainer" in part for part in process.cmdline()):
                    yield process


def pytest_xdist_auto_num_workers() -> int:
    """One more than cores: many tests wait for a process or a terminal now and then."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_finish() -> None:
    """What is there from the beginning is no garbage, and need not be looked through again and again.

    And garbage is looked for as seldom as in the program.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)
