"""How fast a run is: how many steps make a slice, and the pace that is told."""

from __future__ import annotations

from nntui.trainer.loop import CAPACITY

#: A slice takes about so long.
SLICE_SECONDS = 0.03
#: The pace is taken over about so long.
PACE_SECONDS = 3.0


class Speed:
    """Measured from a step, and from the seconds that were trained until then."""

    def __init__(self, step: int, elapsed: float) -> None:
        self.steps_per_s = 0.0
        self.start_anew(step, elapsed)

    def start_anew(self, step: int, elapsed: float) -> None:
        """A step may take another time from now on."""
        self.slice_steps = 1
        self._is_new = True
        self._step, self._elapsed = step, elapsed

    def fit(self, done: int, seconds: float) -> None:
        """Takes note of a slice: if it had all its steps, the next has as many as suit."""
        if done == self.slice_steps:
            pace = SLICE_SECONDS / max(seconds, 1e-6)
            self.slice_steps = max(1, min(CAPACITY, int(self.slice_steps * min(2.0, pace))))

    def measure(self, step: int, elapsed: float) -> None:
        """Steps a second of the wall clock, pauses left out, over the last few seconds."""
        trained = elapsed - self._elapsed
        if trained > 0:
            share = 1.0 if self._is_new else min(1.0, trained / PACE_SECONDS)
            self.steps_per_s += share * ((step - self._step) / trained - self.steps_per_s)
            self._is_new = False
        self._step, self._elapsed = step, elapsed
