"""``nntui replay``: a run is made again, and compared with what it left."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import typer

from nntui.cli.output import FAILED
from nntui.cli.runs import Run

if TYPE_CHECKING:
    from nntui.trainer.loop import Slice

#: The count of steps is written anew so often.
SHOW_SECONDS = 0.2


def replay(run: Run) -> int:
    """Make a run again from its configuration, its commands and its seeds.

    Says whether all weights came out the same, bit for bit, or between which steps they part. Exit code 1 if they do.
    """
    from nntui import paths
    from nntui.store import catalog
    from nntui.trainer.threads import use_threads

    place, record = catalog.find_run(paths.runs_dir(), run)
    use_threads(record.config.get("training", {}).get("threads", 0))  # other threads sum in another order
    from nntui.trainer.replay import replay as make_again

    begun = time.monotonic()
    verdict = make_again(place, _Progress(record.step))
    made = f"{verdict.steps:,} steps and {verdict.turns} changes in {time.monotonic() - begun:.1f} s"
    if verdict.parted is None:
        typer.echo(f"the same weights at step {verdict.steps:,}, bit for bit ({made})")
        return 0
    since = "from the beginning" if verdict.agreed < 0 else f"after step {verdict.agreed:,}"
    typer.echo(f"the weights part {since}, at step {verdict.parted:,} at the latest ({made})")
    return FAILED


class _Progress:
    """Counts steps on stderr, where that is a terminal."""

    def __init__(self, steps: int) -> None:
        self._steps, self._shown_at = steps, time.monotonic()

    def __call__(self, made: Slice) -> None:
        """So much more has been made again."""
        now = time.monotonic()
        if sys.stderr.isatty() and now - self._shown_at > SHOW_SECONDS and len(made.steps):
            self._shown_at = now
            sys.stderr.write(f"\r\x1b[Kstep {made.steps[-1]:,} of {self._steps:,}\r")
            sys.stderr.flush()
