"""What pictures cost, in bytes to the terminal or in seconds of the processor, and when the next one has to wait.

A frame costs what it costs; what can be chosen is how often one is drawn. What was used is a debt that the budget pays
back as time goes by, and the next picture waits until it is paid. Keys do not wait: what they change is drawn at once,
and paid back afterwards, unless what keys bring about is free.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final

#: Of a core, for what nobody has asked for: a slow machine gets fewer pictures, and its trainer the rest.
PROCESSOR = 0.13


class Budget:
    """Watches one cost; ``used`` tells how much there has been so far.

    ``limit`` is how much there may be in a second, None where that is not bounded. Nobody waits longer than
    ``patience`` seconds: what is owed then is forgiven.
    """

    #: What was saved up is good for so many seconds.
    SAVED: Final = 1.0
    #: For so many seconds after a key, its effect is drawn whatever it costs.
    HURRY: Final = 0.5
    #: Seconds over which the rate is taken.
    SPAN: Final = 2.0

    def __init__(
        self,
        used: Callable[[], float],
        limit: float | None = None,
        *,
        keys_are_free: bool = False,
        patience: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limit = limit
        self._used = used
        self._keys_are_free = keys_are_free
        self._patience = patience
        self._waiting_since: float | None = None
        self._clock = clock
        self._credit = 0.0
        self._hurry_until = 0.0
        self._samples: deque[tuple[float, float]] = deque([(clock(), used())])

    def hurry(self) -> None:
        """Somebody has pressed a key: what it changes is not to wait."""
        self._hurry_until = self._clock() + self.HURRY

    @property
    def spent(self) -> bool:
        """Whether a picture that nobody has asked for has to wait."""
        now, _ = self._look()
        if self.limit is None or self._credit >= 0 or now < self._hurry_until:
            self._waiting_since = None
            return False
        if self._waiting_since is None:
            self._waiting_since = now
        if now - self._waiting_since < self._patience:
            return True
        self._credit, self._waiting_since = 0.0, None
        return False

    @property
    def rate(self) -> float:
        """How much is used in a second, over the last two seconds."""
        now, used = self._look()
        then, before = self._samples[0]
        return (used - before) / (now - then) if now > then else 0.0

    def _look(self) -> tuple[float, float]:
        """Takes note of what was used since the last look; the time, and all that was used so far."""
        now, used = self._clock(), self._used()
        then, before = self._samples[-1]
        if self.limit is not None:
            earned = self._credit + (now - then) * self.limit
            is_free = self._keys_are_free and then < self._hurry_until
            self._credit = min(earned, self.SAVED * self.limit) - (0 if is_free else used - before)
        self._samples.append((now, used))
        while len(self._samples) > 2 and now - self._samples[1][0] >= self.SPAN:
            self._samples.popleft()
        return now, used
