"""``python -m nntui.trainer FOLDER``: trains the run of a folder until it ends. Its output goes to ``trainer.log``."""

from __future__ import annotations

import logging
import os
import signal
import sqlite3
import sys
from pathlib import Path

from nntui.errors import UserError
from nntui.store import catalog
from nntui.trainer import SIGNALS
from nntui.trainer.threads import use_threads

log = logging.getLogger("nntui.trainer")


def main(run_folder: Path) -> int:
    """Exit status 0 when the run finished or was stopped, 1 when it diverged or failed."""
    os.umask(0o077)
    if hasattr(signal, "pthread_sigmask"):  # one that comes while this loads waits for the session to take it
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
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
    if len(sys.argv) != 2:
        sys.exit("usage: python -m nntui.trainer FOLDER")
    sys.exit(main(Path(sys.argv[1])))
