"""How often what is written whole each time, and read by whoever looks, may be written."""

from __future__ import annotations

import time

#: On average at most so many bytes a second are written of each.
BYTES_PER_SECOND = 256 * 1024


class Pace:
    """Tells when so much time has passed that something may be written again."""

    def __init__(self, least: float = 0.0) -> None:
        """At least ``least`` seconds pass."""
        self._least, self._due_at = least, 0.0

    @property
    def due(self) -> bool:
        """Whether enough time has passed since what was written last."""
        return time.monotonic() >= self._due_at

    def wrote(self, size: int) -> None:
        """Takes note that so many bytes are being written."""
        self._due_at = time.monotonic() + max(self._least, size / BYTES_PER_SECOND)
