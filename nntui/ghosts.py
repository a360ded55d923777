"""Ghosts: what a run would be with one knob at another value, tried beside it, then adopted or dropped."""

from __future__ import annotations

import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from nntui import launch, paths
from nntui.knobs import KNOBS
from nntui.store import catalog, commands, copies, folder
from nntui.store.records import RunRecord
from nntui.store.schema import RunError
from nntui.turns import path_of

#: A run keeps a checkpoint for its ghost within so many seconds, or the ghost begins without.
KEEP_SECONDS = 5.0
#: How the name of a ghost begins.
NAME = "ghost of "
#: A trainer whose leash is gone is gone within so many seconds.
LEFT_SECONDS = 60.0


class Ghost(NamedTuple):
    """A fork that lives beside a run, from a step on, with one knob at another value, while somebody watches it.

    ``asked`` is the command that turns it: those before are the run's own.
    """

    folder: Path
    trainer: subprocess.Popen[bytes]
    step: int
    key: str
    value: str
    asked: int


def start(source: Path, key: str, value: str) -> Ghost:
    """A ghost of a run from where that is now; no list shows it unless asked for all. Raises RunError, OSError.

    It is stopped when this process ends, in whatever way: it is on a leash.
    """
    sweep(paths.runs_dir())
    run = catalog.open_run(source)
    if run.state == "running":
        # Else the ghost would first make all steps since the last one again, and so would the run that adopts it.
        kept = commands.append(source, "checkpoint")
        commands.wait(source, kept, alive=lambda: catalog.open_run(source).live, seconds=KEEP_SECONDS)
    fork = copies.copy(source, paths.runs_dir(), name=f"{NAME}{run.name}"[:100])
    try:
        step = catalog.open_run(fork).step
        folder.label(fork, archived=True, note=f"{key} = {value}, beside {run.id} from step {step:,}")
        asked, _ = commands.reopen(fork, [("set", key, value), ("resume", "", "")])
        return Ghost(fork, launch.start_trainer(fork, leashed=True), step, key, value, asked)
    except BaseException:
        folder.remove(fork)
        raise


def sweep(runs: Path) -> None:
    """Deletes what is left of ghosts whose viewer was killed; one that somebody has renamed or listed again stays."""
    for place, run in catalog.list_runs(runs):
        was_ghost = run.archived and run.origin and run.name.startswith(NAME)
        if was_ghost and not run.live and time.time() - run.heartbeat > LEFT_SECONDS:
            with suppress(RunError):
                folder.remove(place)


def drop(ghost: Ghost) -> None:
    """Ends a ghost's trainer, wherever it is, and deletes what it has recorded. Raises UserError."""
    ghost.trainer.kill()  # of what goes at once nothing has to be in good order
    ghost.trainer.wait()
    if ghost.trainer.stdin is not None:
        ghost.trainer.stdin.close()
    if ghost.folder.is_dir():
        folder.remove(ghost.folder)


def adopt(source: Path, ghost: Ghost) -> subprocess.Popen[bytes] | None:
    """Has a run become what its ghost is: back to where that began, and on with its knobs. Raises UserError, OSError.

    Of a run that has ended meanwhile, the new trainer is returned.

    The run makes the ghost's steps again, to the bit; what it did since becomes a branch, and the ghost is dropped.
    """
    run = catalog.open_run(source)
    asked = [
        ("rewind", "", str(ghost.step)),  # refused where it holds just there, and then there is nothing to give up
        *(("set", key, value) for key, value in {**_turned(ghost), **_otherwise(run, ghost)}.items()),
        ("resume", "", ""),
    ]
    trainer = None
    if run.live:
        commands.append_all(source, asked)
    else:
        _, trainer = launch.start_again(source, asked)
    drop(ghost)
    return trainer


def _turned(ghost: Ghost) -> dict[str, str]:
    """The knobs turned at the step where a ghost began: a rewind to there gives up what was turned just there."""
    return {turn.key: turn.value for turn in path_of(commands.listed(ghost.folder)) if turn.step == ghost.step}


def _otherwise(run: RunRecord, ghost: Ghost) -> dict[str, str]:
    """The ghost's own knob, and those that it has at another value than the run has now."""
    there = catalog.open_run(ghost.folder).config
    live = [knob for knob in KNOBS.values() if knob.live and knob.key != ghost.key]
    turned = [knob for knob in live if knob.value_in(run.config) != knob.value_in(there)]
    return {**{knob.key: knob.show(knob.value_in(there)) for knob in turned}, ghost.key: ghost.value}
