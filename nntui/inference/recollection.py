"""The past of one run as somebody looks through it: made again bit by bit, and kept in memory for a look beside it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nntui import config
from nntui.config import RunConfig
from nntui.errors import UserError
from nntui.store import catalog
from nntui.store.reader import Reader
from nntui.trainer.checkpoints import Model
from nntui.trainer.loop import Loop
from nntui.trainer.portrait import Portrait, portray
from nntui.trainer.problem import make_problem
from nntui.trainer.recall import STRIDE, Moment, Past, State, check_data
from nntui.turns import Turn

#: So many states of the run are kept at most, and so many bytes of them.
KEPT, KEPT_BYTES = 64, 128 * 2**20
#: One is kept after so many seconds of work, later ones less often.
KEEP_SECONDS = 0.05
#: What can be made again in this time is not looked for on the disk.
SOON_SECONDS = 0.1
#: Steps are made again for about so long before anybody looks at the time.
SLICE_SECONDS = 0.05
#: What is made again may be so much off what was recorded, as a share: other machines sum in another order.
MARGIN = 1e-3


class _Kept(NamedTuple):
    """A moment, kept: the knobs that had been turned on the way to it, and the loop's state."""

    step: int
    turns: tuple[Turn, ...]
    settings: RunConfig
    command: int
    state: State
    size: int


class Recollection:
    """Nothing is written, and nobody who trains is asked. Raises UserError, in any method."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._problem = make_problem(config.from_dict(catalog.open_run(folder).config))
        check_data(folder, self._problem)
        self._past = Past(folder, self._problem)
        self._moment: Moment | None = None
        self._goal: int | None = None
        self._portrait: Portrait | None = None
        self._kept: list[_Kept] = []
        self._pace, self._stride = 0.0, 1  # seconds a step; steps a slice
        self._begin = 0
        self._keep_every, self._keep_at = KEEP_SECONDS, 0.0

    def seek(self, step: int, seconds: float) -> float:
        """Goes on towards a step for about so long; the share of the way that is done, 1 once the run is there.

        Of another step than the last, only what lies on the way to this one counts from now on.
        """
        try:
            if step == self._goal and self._portrait is not None and self._stands(step):
                return 1.0
            if step != self._goal or self._portrait is not None:
                self._set_out(step)
            return self._go_on(step, seconds)
        except BaseException:
            self._moment = self._goal = None  # who knows where it is
            raise

    @property
    def portrait(self) -> tuple[Moment, Portrait]:
        """The run at the step that was reached, and what is told of it."""
        if self._moment is None or self._portrait is None:
            raise UserError("no step has been reached")
        return self._moment, self._portrait

    def model(self, step: int) -> Model:
        """The network of a step, which has been reached, as something that predicts."""
        if self._goal != step or self._portrait is None or self._moment is None:
            raise UserError(f"step {step} has not been reached")
        problem = self._problem
        data = problem.dataset
        network = self._moment.loop.network
        return Model(
            network, problem.preparation, problem.scale, step, data.task, data.target, data.outputs, data.classes
        )

    # On the way

    def _set_out(self, step: int) -> None:
        """Takes the nearest moment before a step, in memory or on the disk, with what is known of the run by now."""
        self._goal, self._portrait = None, None
        self._keep()
        self._past = Past(self._folder, self._problem)
        if not 0 <= step <= self._past.step:
            raise UserError(f"step {step:,}: the run has made {self._past.step:,}")
        last = max(0, step - 1)
        self._moment = self._start(last)
        self._goal, self._begin = step, self._moment.loop.step
        self._keep_every, self._keep_at = KEEP_SECONDS, time.monotonic() + KEEP_SECONDS

    def _stands(self, step: int) -> bool:
        """Whether the run has not gone back since, to come to a step in another way."""
        past = Past(self._folder, self._problem)
        return step <= past.step and _turns(past.path, step) == _turns(self._past.path, step)

    def _start(self, last: int) -> Moment:
        path = self._past.path
        good = [kept for kept in self._kept if kept.step <= last and kept.turns == _turns(path, kept.step)]
        best = max(good, key=lambda kept: kept.step, default=None)
        if best is not None and (last - best.step) * self._pace <= SOON_SECONDS:
            return self._restored(best)
        found = self._past.nearest(last, self._moment)
        self._moment = found
        return found if best is None or best.step <= found.loop.step else self._restored(best)

    def _restored(self, kept: _Kept) -> Moment:
        return self._past.restored(kept.settings, kept.command, kept.state, self._moment)

    def _go_on(self, step: int, seconds: float) -> float:
        assert self._moment is not None
        limit, last = time.monotonic() + seconds, max(0, step - 1)
        while (here := self._moment.loop.step) < last:
            begun, ahead = time.monotonic(), min(last, here + self._stride)
            self._moment = self._past.onward(self._moment, ahead)
            now = time.monotonic()
            self._fit(ahead - here, now - begun)
            if now >= self._keep_at:
                self._keep()
                self._keep_at = now + self._keep_every
            if now >= limit:
                return (ahead - self._begin) / (step - self._begin)
        self._moment = self._past.onward(self._moment, last)
        self._keep()
        self._moment, self._portrait = portray(self._past, self._moment, step, self._problem)
        self._check(step, self._portrait)
        return 1.0

    def _fit(self, steps: int, seconds: float) -> None:
        """Has a slice take about as long as it may."""
        self._pace = seconds / steps
        self._stride = min(STRIDE, max(1, 2 * self._stride if seconds < SLICE_SECONDS / 2 else self._stride))
        if seconds > 2 * SLICE_SECONDS:
            self._stride = max(1, self._stride // 2)

    def _keep(self) -> None:
        """Keeps the moment; of too many every second one goes, and those to come are further apart."""
        if self._moment is None:
            return
        step = self._moment.loop.step
        self._kept = [*(kept for kept in self._kept if kept.step != step), _kept(self._moment, self._past.path)]
        if len(self._kept) > KEPT or sum(kept.size for kept in self._kept) > KEPT_BYTES:
            self._kept.sort(key=lambda kept: kept.step)
            del self._kept[1::2]
            self._keep_every *= 2

    def _check(self, step: int, portrait: Portrait) -> None:
        """Raises UserError where what was made again is not what the run recorded."""
        reader = Reader(self._folder)
        try:
            curve = reader.curves(["loss"], step, step, 1).get("loss")
        finally:
            reader.close()
        loss = portrait.latest.get("loss")
        if loss is None or curve is None or not len(curve.low) or not np.isfinite(curve.low[-1]):
            return
        low, high = float(curve.low[-1]), float(curve.high[-1])
        if not low - MARGIN * abs(low) <= loss <= high + MARGIN * abs(high):
            recorded = f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"
            raise UserError(
                f"made again, its loss is {loss:.4g}; recorded was {recorded}, of another version or machine"
            )


def _turns(path: list[Turn], step: int) -> tuple[Turn, ...]:
    """The knobs that were turned up to a step."""
    return tuple(turn for turn in path if turn.step <= step)


def _kept(moment: Moment, path: list[Turn]) -> _Kept:
    loop: Loop = moment.loop
    arrays, facts = loop.state
    copies = {name: array.copy() for name, array in arrays.items()}
    size = sum(array.nbytes for array in copies.values())
    return _Kept(loop.step, _turns(path, loop.step), moment.config, moment.command, (copies, facts), size)
