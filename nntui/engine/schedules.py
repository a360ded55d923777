"""How the learning rate falls by itself, and when to end: all are multipliers of a base rate that may be turned.

The formulas are PyTorch's (torch.optim.lr_scheduler). Where a run stands is told in epochs, with fractions, and as its
progress from 0 to 1, so that a changed batch size, a new length or a resumed run needs no bookkeeping here.
To add a schedule, write its function and enter it in :data:`SCHEDULES` and in ``nntui.knobs``, whose names a test
holds to these.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nntui.engine.optimizers import Stateful

#: The share of the rate that warm-up begins with.
WARMUP_START = 0.01
#: By how much, relative to the best, a loss must be lower to count as better on a plateau.
THRESHOLD = 1e-4
#: A plateau never multiplies the rate by less than this.
LEAST = 1e-8


def constant(epochs: float, progress: float, every: float, by: float) -> float:
    """1."""
    return 1.0


def step(epochs: float, progress: float, every: float, by: float) -> float:
    """by^⌊epochs / every⌋ (StepLR)."""
    return math.pow(by, epochs // every)


def exponential(epochs: float, progress: float, every: float, by: float) -> float:
    """by^(epochs / every) (ExponentialLR with gamma = by^(1 / every))."""
    return math.pow(by, epochs / every)


def cosine(epochs: float, progress: float, every: float, by: float) -> float:
    """(1 + cos(π · progress)) / 2 (CosineAnnealingLR; Loshchilov and Hutter 2017, without restarts)."""
    return (1.0 + math.cos(math.pi * progress)) / 2.0


#: Functions of the epochs done, the progress of the run, and a schedule's ``every`` and ``by``.
#: What on-plateau multiplies by depends on the losses: :class:`Plateau`.
SCHEDULES: dict[str, Callable[[float, float, float, float], float]] = {
    "constant": constant,
    "step": step,
    "exponential": exponential,
    "cosine": cosine,
    "on-plateau": constant,
}


def warm_up(epochs: float, length: float) -> float:
    """Rises in a line from :data:`WARMUP_START` to 1 over ``length`` epochs (LinearLR); 1 if there are none."""
    return 1.0 if epochs >= length else WARMUP_START + (1.0 - WARMUP_START) * epochs / length


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule with its knobs; its warm-up multiplies whatever the schedule gives.

    ``every`` are the epochs after which the rate is multiplied by ``by``; ``warmup`` is in epochs.
    """

    name: str
    every: float
    by: float
    warmup: float

    @property
    def constant(self) -> bool:
        """Whether the rate is always the base rate; never so on a plateau."""
        return self.name == "constant" and self.warmup == 0.0

    def factor(self, epochs: float, progress: float) -> float:
        """What the base rate is multiplied by in a step that begins after ``epochs`` at ``progress``, 0 to 1."""
        return SCHEDULES[self.name](epochs, progress, self.every, self.by) * warm_up(epochs, self.warmup)


def make_schedule(name: str, *, every: float = 100.0, factor: float = 0.5, warmup: float = 0.0) -> Schedule:
    """The schedule of this name. Raises ValueError for an unknown name, or a number out of its range."""
    if name not in SCHEDULES:
        raise ValueError(f"schedule = {name!r}: must be one of {', '.join(SCHEDULES)}")
    for knob, value in (("every", every), ("factor", factor)):
        if not 0 < value < math.inf:
            raise ValueError(f"{knob} = {value}: must be a finite number above 0")
    if not 0 <= warmup < math.inf:
        raise ValueError(f"warmup = {warmup}: must be a finite number from 0")
    return Schedule(name, every, factor, warmup)


class Plateau(Stateful):
    """Lowers the rate when the loss stays where it is (ReduceLROnPlateau).

    Better is lower than the best so far by the share :data:`THRESHOLD`.
    State: best, the lowest loss; stalled, the epochs since it or since the last cut; factor; each of shape (1,).
    """

    def __init__(self) -> None:
        super().__init__()
        self._best = self._keep("best", np.full(1, np.inf))
        self._stalled = self._keep("stalled", np.zeros(1, np.int64))
        self._factor = self._keep("factor", np.ones(1))

    @property
    def factor(self) -> float:
        """What the base rate is multiplied by."""
        return float(self._factor[0])

    def observe(self, loss: float, *, patience: float, factor: float) -> None:
        """Takes note of an epoch's loss; cuts by ``factor`` after more than ``patience`` epochs with none better."""
        if loss < self._best[0] * (1.0 - THRESHOLD):
            self._best[0], self._stalled[0] = loss, 0
        else:
            self._stalled += 1
        if self._stalled[0] > patience:
            self._factor[0] = max(LEAST, self.factor * factor)
            self._stalled[0] = 0


class EarlyStopping(Stateful):
    """Watches for the best loss (Prechelt 1998): the caller keeps the weights whenever it comes, and ends the run.

    State: best, the lowest loss, shape (1,); epochs, that of the best and the last one observed, shape (2,).
    """

    def __init__(self) -> None:
        super().__init__()
        self._best = self._keep("best", np.full(1, np.inf))
        self._epochs = self._keep("epochs", np.full(2, -1, np.int64))

    @property
    def best(self) -> float:
        """The lowest loss so far; infinity at the start."""
        return float(self._best[0])

    @property
    def stalled(self) -> int:
        """Epochs since the best loss, or since the first one observed if none was finite."""
        return int(self._epochs[1] - self._epochs[0])

    def observe(self, loss: float, epoch: int) -> bool:
        """Takes note of the loss after ``epoch``, and says whether it is the lowest so far."""
        better = bool(loss < self.best)
        if better:
            self._best[0] = loss
        if better or self._epochs[0] < 0:
            self._epochs[0] = epoch
        self._epochs[1] = epoch
        return better
