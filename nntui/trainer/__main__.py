"""``python -m nntui.trainer FOLDER [--leashed]``: trains the run of a folder until it ends.

Its output goes to ``trainer.log``. On a leash it stops, in good order, when its stdin ends: whoever holds that is gone.
"""

from __future__ import annotations

import logging
import os
import signal
import sqlite3
import sys
import threading
import time
from pathlib import Path

from nntui.errors import UserError
from nntui.store import catalog
from nntui.trainer import SIGNALS
from nntui.trainer.threads import use_threads

#: So long after its leash is gone a trainer is, too.
LEASH_SECONDS = 10.0

log = logging.getLogger("nntui.trainer")


def main(run_folder: Path, *, leashed: bool = False) -> int:
    """Exit status 0 when the run finished or was stopped, 1 when it diverged or failed."""
    os.umask(0o077)
    if hasattr(signal, "pthread_sigmask"):  # one that comes while this loads waits for the session to take it
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    if leashed:
        threading.Thread(target=_follow, name="nntui-leash", daemon=True).start()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        use_threads(catalog.open_run(run_folder).config.get("training", {}).get("threads", 0))
        from nntui.trainer.session import Session

        state = Session(run_folder).run()
    except Exception as error:
        log.exception("the trainer failed")
        _tell(run_folder, error)
        return 1
    log.info("%s", state)
    return 1 if state == "diverged" else 0


def _follow() -> None:
    """Waits for the end of stdin, then has the run stopped as by a signal; meanwhile it costs nothing.

    One that does not stop, since it makes steps of its past again, is ended.
    """
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(LEASH_SECONDS)
    os._exit(1)


def _tell(run_folder: Path, error: Exception) -> None:
    """Leaves the reason in the run, where viewers look for it."""
    reason = str(error) if isinstance(error, (UserError, ValueError)) else f"{type(error).__name__}: {error}"
    from nntui.store.writer import Writer

    try:
        writer = Writer(run_folder)
        writer.fail(" ".join(reason.split())[:500])
        writer.commit()
        writer.close()
    except (UserError, sqlite3.Error) as second:
        log.error("the reason could not be recorded: %s", second)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["--leashed"]):
        sys.exit("usage: python -m nntui.trainer FOLDER [--leashed]")
    sys.exit(main(Path(sys.argv[1]), leashed=len(sys.argv) == 3))
