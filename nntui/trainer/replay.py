"""A run made again from nothing but its configuration, its commands and its seeds, and held against what it left."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nntui import config
from nntui.store import catalog
from nntui.trainer.checkpoints import Checkpoint, CheckpointError
from nntui.trainer.loop import Loop
from nntui.trainer.problem import make_problem
from nntui.trainer.recall import Meanwhile, Past, check_data


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a replay of ``steps`` steps, with ``turns`` changes of knobs.

    ``agreed`` is the step of the last checkpoint before which all was the same to the bit, -1 if there is none;
    ``parted`` that of the first one which tells something else, None if none does.
    """

    steps: int
    turns: int
    agreed: int
    parted: int | None


def replay(run_folder: Path, meanwhile: Meanwhile) -> Verdict:
    """Makes a run again, up to its newest checkpoint. Raises UserError where that cannot be done."""
    problem = make_problem(config.from_dict(catalog.open_run(run_folder).config))
    check_data(run_folder, problem)
    past = Past(run_folder, problem)
    moment, agreed, parted = past.beginning, -1, None
    for witness in past.witnesses():
        moment = past.onward(moment, witness.step, until=witness.command, meanwhile=meanwhile)
        if not _same(moment.loop, witness):
            parted = witness.step
            break
        agreed = witness.step
    if agreed < 0 and parted is None:
        raise CheckpointError(f"{run_folder}: no checkpoint is left to compare with")
    return Verdict(moment.loop.step, sum(turn.step <= moment.loop.step for turn in past.path), agreed, parted)


def _same(loop: Loop, witness: Checkpoint) -> bool:
    """Whether weights, the optimizer's state, and all else that the next step depends on, are the same to the bit."""
    arrays, facts = loop.state
    told = witness.facts["state"]
    return all(
        name in witness.arrays and array.tobytes() == witness.arrays[name].tobytes() for name, array in arrays.items()
    ) and all(facts[name] == told.get(name) for name in ("step", "epoch", "row", "dropout"))
