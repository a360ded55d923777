"""What the network says of values that somebody typed."""

from __future__ import annotations

import textwrap
from typing import ClassVar

import numpy as np
from rich.style import Style
from textual.strip import Strip

from nntui.store.records import RunRecord
from nntui.tui.panes.numbers import bar, figure
from nntui.tui.panes.pane import PictureCells
from nntui.tui.panes.predictions.ranking import class_numbers
from nntui.tui.picture import Picture, Question
from nntui.tui.widgets.cells import line
from nntui.tui.widgets.text import fit

#: Outputs that are told, cells of a name at most, and of a figure.
_OUTPUTS, _NAME, _FIGURE = 6, 20, 10


class OwnAnswer(PictureCells):
    """The answer to a question, or why there is none; always so many lines that nothing moves."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"own--{name}" for name in ("quiet", "bar", "wrong", "chosen")}
    DEFAULT_CSS = """
    OwnAnswer {
        .own--quiet { color: $foreground 65%; }
        .own--chosen { text-style: bold; }
        .own--bar { color: $primary; background: $foreground 12%; }
        .own--wrong { color: $error; }
    }
    """

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.question: Question | None = None
        #: What is wrong with what was typed; nothing when it is well.
        self.error = ""

    def draw(self, picture: Picture) -> None:
        """The newest answer to the question."""
        found = next((answer for answer in picture.answers.values() if answer.question is self.question), None)
        error = self.error or (found.error if found is not None else "")
        count = lines_of(picture.run)
        if error:
            lines = [
                line((fit(text, self.size.width), self._style("wrong")))
                for text in textwrap.wrap(error, self.size.width)
            ]
        elif found is None or not len(found.P):
            lines = [line(("The answer comes in a moment.", self._style("quiet")))]
        else:
            lines = self._told(picture.run, found.P[:1].astype(np.float64))
        self.show([*lines, *[line(" ")] * (count - len(lines))][:count])

    def _told(self, run: RunRecord, P: np.ndarray) -> list[Strip]:
        task = run.data.get("task", "binary")
        if task == "regression":
            names = [str(name) for name in run.data.get("outputs") or (run.data["target"],)]
            pairs = zip(names, P[0].tolist(), strict=False)
            return [line((fit(name, _NAME), self._style("quiet")), figure(value, _FIGURE)) for name, value in pairs]
        names = [str(name) for name in run.data["classes"]]
        chosen = int(class_numbers(P, task)[0])
        shares = P[0] if task == "multi-class" else np.array([1 - P[0, 0], P[0, 0]])
        order = np.argsort(-shares, kind="stable")[:_OUTPUTS] if task == "multi-class" else np.arange(2)
        return [self._class(names[k], float(shares[k]), is_chosen=k == chosen) for k in order.tolist()]

    def _class(self, name: str, share: float, *, is_chosen: bool) -> Strip:
        wide = max(4, min(16, self.size.width - _NAME - _FIGURE - 3))
        style = self._style("chosen" if is_chosen else "quiet")
        words = fit(("▸ " if is_chosen else "  ") + name, _NAME)
        return line((words, style), (f"{share:{_FIGURE}.3f} ", style), (bar(share, wide), self._style("bar")))

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"own--{name}")


def lines_of(run: RunRecord) -> int:
    """Lines for the answers of a run."""
    if run.data.get("task", "binary") == "regression":
        return min(_OUTPUTS, max(2, len(run.data.get("outputs") or ())))
    return max(2, min(_OUTPUTS, len(run.data["classes"])))
