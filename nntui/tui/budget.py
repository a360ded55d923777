"""What goes to the terminal: how much in a second, and when a picture has to wait so that it stays within a budget.

A frame costs what it costs; what can be chosen is how often one is drawn. What was sent is a debt that the budget pays
back as time goes by, and the next picture waits until it is paid. Keys do not wait: what they change is drawn at once,
and paid back afterwards, unless the budget is the usual one.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from nntui.settings import USUAL


class Budget:
    """Watches the bytes to the terminal; ``sent`` tells how many there have been so far.

    ``limit`` is in bytes a second, None where there is none.
    """

    #: What was saved up is good for so many seconds, and a debt is forgiven beyond so many.
    SAVED: Final = 1.0
    OWED: Final = 10.0
    #: For so many seconds after a key, its effect is drawn whatever it costs.
    HURRY: Final = 0.5
    #: Seconds over which the rate is taken.
    SPAN: Final = 2.0

    def __init__(
        self, sent: Callable[[], int], limit: int | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.limit = limit
        self._sent = sent
        self._clock = clock
        self._credit = 0.0
        self._hurry_until = 0.0
        self._samples: deque[tuple[float, int]] = deque([(clock(), sent())])

    def hurry(self) -> None:
        """Somebody has pressed a key: what it changes is not to wait."""
        self._hurry_until = self._clock() + self.HURRY

    @property
    def spent(self) -> bool:
        """Whether a picture that nobody has asked for has to wait."""
        now, _ = self._look()
        return self.limit is not None and self._credit < 0 and now >= self._hurry_until

    @property
    def rate(self) -> float:
        """Bytes a second to the terminal, over the last two seconds."""
        now, sent = self._look()
        then, before = self._samples[0]
        return (sent - before) / (now - then) if now > then else 0.0

    def _look(self) -> tuple[float, int]:
        """Takes note of what was sent since the last look; the time, and all that was sent so far."""
        now, sent = self._clock(), self._sent()
        then, before = self._samples[-1]
        if self.limit is not None:
            earned = self._credit + (now - then) * self.limit
            is_free = self.limit == USUAL and then < self._hurry_until
            owed = min(earned, self.SAVED * self.limit) - (0 if is_free else sent - before)
            self._credit = max(owed, -self.OWED * self.limit)
        self._samples.append((now, sent))
        while len(self._samples) > 2 and now - self._samples[1][0] >= self.SPAN:
            self._samples.popleft()
        return now, sent
