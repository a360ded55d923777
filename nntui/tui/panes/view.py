"""How a person looks at curves: which steps of the run, on which axes, how smooth, and what the cursor reads."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

#: Weights of the past in a smoothed line, from none on.
SMOOTHINGS = (0.0, 0.6, 0.9, 0.97, 0.99)
#: A window is at least so many steps long.
LEAST = 10
#: A window that follows the newest step moves in jumps of this share of its length: what moves costs bytes.
JUMP = 0.1


@dataclass(frozen=True, slots=True)
class View:
    """A way to look at a run; every method returns another one. ``newest`` is always the run's last step.

    ``start`` is the first step of the window and ``length`` its length, not rounded, so that zooming in and out
    comes back to where it was. Without a length the whole run is seen; without a start the window follows the
    newest step. ``cursor`` is the step that is read, ``unit`` what the x axis counts.
    """

    log: bool = False
    log_x: bool = False
    unit: str = "steps"
    smoothing: float = 0.0
    length: float | None = None
    start: float | None = None
    cursor: int | None = None

    @property
    def zoomed(self) -> bool:
        """Whether less than the whole run is seen."""
        return self.length is not None

    @property
    def following(self) -> bool:
        """Whether a part of the run is seen whose end is the newest step."""
        return self.zoomed and self.start is None

    def window(self, newest: int) -> tuple[int, int] | None:
        """First and last step that are seen, None for the whole run; its end is the run's or, of a window that
        follows, at most a jump beyond.
        """
        if self.length is None:
            return None
        start, end = self._window(newest)
        first = max(0, math.floor(start + 1e-6))
        return first, max(first + 1, math.ceil(end - 1e-6))

    def _window(self, newest: int) -> tuple[float, float]:
        length = float(max(newest, 1)) if self.length is None else self.length
        if self.start is not None:
            return self.start, self.start + length
        if self.length is None:
            return 0.0, length
        jump = max(1.0, JUMP * length)
        end = max(length, math.ceil(newest / jump - 1e-9) * jump)
        return end - length, end

    def zoom(self, factor: float, newest: int, about: float | None = None) -> View:
        """A window so many times as long, in which `about` stays where it is.

        Without `about` it is the cursor or, if that is not seen, the newest step while it is followed or all is
        seen, else the middle. What would hold the whole run is the whole run.
        """
        start, end = self._window(newest)
        length = max(min(LEAST, newest), (end - start) * factor)
        if length >= newest:
            return replace(self, length=None, start=None)
        if about is None and self.cursor is not None and start <= self.cursor <= end:
            about = float(self.cursor)
        if about is None and self.start is None:
            return replace(self, length=length)
        about = (start + end) / 2 if about is None else min(max(about, start), end)
        share = (about - start) / (end - start)
        return self._at(about - share * length, length, newest)

    def pan(self, share: float, newest: int) -> View:
        """The window moved to the right by a share of its length, as far as the run goes; the whole run stays."""
        if self.length is None:
            return self
        start, end = self._window(newest)
        return self._at(start + share * (end - start), self.length, newest)

    def follow(self, newest: int) -> View:
        """A window that follows the newest step, of the whole run a tenth; one that follows stands still."""
        if self.following:
            start, end = self._window(newest)
            return self._at(start, end - start, newest)
        length = self.length if self.length is not None else max(LEAST, newest / 10)
        return replace(self, length=length, start=None) if length < newest else self

    def whole(self) -> View:
        """All of the run."""
        return replace(self, length=None, start=None)

    def point(self, step: int | None, newest: int) -> View:
        """The cursor at a step of the run, or away; a window that would not show it is moved there."""
        if step is None:
            return replace(self, cursor=None)
        step = min(max(step, 0), newest)
        start, end = self._window(newest)
        moved = replace(self, cursor=step)
        if start <= step <= end or self.length is None:
            return moved
        return moved._at(step if step < start else step - self.length, self.length, newest)

    def words(self, window: str) -> Iterator[tuple[str, ...]]:
        """How the run is looked at: of each thing the words to choose from, the longest first.

        ``window`` tells what is seen of a run that is not all seen.
        """
        if self.zoomed:
            yield (f"following, {window}", "following") if self.following else (window,)
        if self.smoothing:
            yield f"smoothed {self.smoothing:g}", f"~{self.smoothing:g}"

    def smoother(self) -> View:
        """The next smoothing; after the strongest none."""
        place = SMOOTHINGS.index(self.smoothing)
        return replace(self, smoothing=SMOOTHINGS[(place + 1) % len(SMOOTHINGS)])

    def _at(self, start: float, length: float, newest: int) -> View:
        """A window that stands still, inside the run."""
        return replace(self, start=max(0.0, min(start, newest - length)), length=length)
