"""What predictions mean, by the task of a run: their tones, their words, and which of them are wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui import outcomes
from nntui.text import plain
from nntui.tui.panes.numbers import figure
from nntui.tui.picture import Picture
from nntui.tui.widgets.pixels import BAD, CLASSES, CONFIDENCES, HUES, LIKELIHOOD, RISING, Tones

Array = NDArray[Any]
Levels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Two classes, told by the probability of the second in one output."""

    names: Sequence[str]
    output: int
    output_name: str

    @property
    def span(self) -> float:
        """How far apart predictions can be."""
        return 1.0

    @property
    def tones(self) -> Tones:
        """The tones of its levels."""
        return LIKELIHOOD

    def levels(self, P: Array) -> Levels:
        """A level for each row of predictions P (n, outputs)."""
        return _levels(P[:, self.output], 0.0, 1.0, len(self.tones))

    def classes(self, T: Array) -> Levels:
        """The class of each row of targets."""
        found: Levels = (T[:, self.output] >= 0.5).astype(np.int64)
        return found

    def wrong(self, P: Array, T: Array) -> NDArray[np.bool_]:
        """Which rows stand out."""
        k = self.output
        return ~outcomes.right(P[:, k : k + 1], T[:, k : k + 1], "binary")

    def said(self, p: Array) -> str:
        """One prediction in words."""
        return f"P({self.names[1]}) {p[self.output]:.3f}"

    def key(self) -> list[tuple[str, int]]:
        """The names of what the tones mean, each with the level that shows it."""
        return [(self.names[0], 0), (self.names[1], len(self.tones) - 1)]


class OneOfMany(Verdict):
    """One class of several."""

    @property
    def tones(self) -> Tones:
        """A hue a class, as strong as it is sure."""
        return CLASSES

    def levels(self, P: Array) -> Levels:
        """A level for each row of predictions P (n, outputs)."""
        bad = ~np.isfinite(P).all(axis=1)
        best = np.where(bad, 0, P.argmax(axis=1))
        chance = 1 / P.shape[1]
        sure = (np.where(bad, 0, P.max(axis=1)) - chance) / (1 - chance) if P.shape[1] > 1 else np.ones(len(P))
        strength = np.clip((sure * CONFIDENCES).astype(np.int64), 0, CONFIDENCES - 1)
        return np.where(bad, BAD, best % HUES * CONFIDENCES + strength)

    def classes(self, T: Array) -> Levels:
        """The class of each row of targets."""
        found: Levels = T.argmax(axis=1)
        return found

    def wrong(self, P: Array, T: Array) -> NDArray[np.bool_]:
        """Which rows stand out."""
        return ~outcomes.right(P, T, "multi-class")

    def said(self, p: Array) -> str:
        """One prediction in words."""
        if not np.isfinite(p).all():
            return "not finite"
        best = int(p.argmax())
        name = self.names[best] if best < len(self.names) else str(best)
        return f"{name} {p[best]:.3f}"

    def key(self) -> list[tuple[str, int]]:
        """The names of what the tones mean, each with the level that shows it."""
        return [(name, i % HUES * CONFIDENCES + CONFIDENCES - 1) for i, name in enumerate(self.names)]


@dataclass(frozen=True, slots=True)
class Number(Verdict):
    """A number, in the unit of its target; ``lo`` and ``hi`` are the ends of what the targets are."""

    lo: float
    hi: float

    @property
    def span(self) -> float:
        """How far apart the targets are."""
        return self.hi - self.lo

    @property
    def tones(self) -> Tones:
        """From little to much."""
        return RISING

    def levels(self, P: Array) -> Levels:
        """A level for each row of predictions P (n, outputs)."""
        return _levels(P[:, self.output], self.lo, self.hi, len(self.tones))

    def classes(self, T: Array) -> Levels:
        """Numbers have no classes: all have the same mark."""
        return np.zeros(len(T), dtype=np.int64)

    def wrong(self, P: Array, T: Array) -> NDArray[np.bool_]:
        """Which rows stand out: those off by more than a standard deviation of the target."""
        k = self.output
        return outcomes.distance(P[:, k : k + 1], T[:, k : k + 1], "regression") > 1

    def said(self, p: Array) -> str:
        """One prediction in words."""
        return f"{self.output_name} {figure(float(p[self.output]), 0)}"

    def key(self) -> list[tuple[str, int]]:
        """The names of what the tones mean, each with the level that shows it."""
        return [(figure(self.lo, 0), 0), (figure(self.hi, 0), len(self.tones) - 1)]


def verdict(picture: Picture, output: int = 0) -> Verdict:
    """What the predictions of a run mean; of several independent outputs, those of one."""
    data, T = picture.run.data, picture.rows["T"]
    outputs = [plain(str(name)) for name in data.get("outputs") or (data.get("target", "output"),)]
    name = outputs[output] if output < len(outputs) else f"output {output + 1}"
    classes = [plain(str(each)) for each in data.get("classes") or ()]
    task = data.get("task", "binary")
    if task == "regression":
        finite = T[:, output][np.isfinite(T[:, output])]
        lo, hi = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
        return Number((), output, name, lo, hi if hi > lo else lo + 1)
    if task == "multi-class":
        return OneOfMany(classes or [str(i) for i in range(T.shape[1])], 0, name)
    return Verdict(classes if len(classes) >= 2 else ("0", "1"), output, name)


def _levels(values: Array, lo: float, hi: float, count: int) -> Levels:
    """Which of ``count`` equal parts of a range each value lies in, the outer ones for what is beyond."""
    finite = np.isfinite(values)
    share = (np.where(finite, values, lo) - lo) / (hi - lo)
    return np.where(finite, np.clip(share * count, 0, count - 1).astype(np.int64), BAD)
