"""The autopsy of a row: what goes in, how its loss went, and what each layer makes of it, while it trains."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.events import Resize
from textual.message import Message
from textual.widgets import Static

from nntui.text import plain
from nntui.tui import keymap
from nntui.tui.panes.numbers import count
from nntui.tui.panes.predictions.answers import answers_of
from nntui.tui.panes.predictions.autopsy import RowActivations, RowInputs, RowLoss
from nntui.tui.panes.predictions.pane import PredictionPane
from nntui.tui.picture import Picture, Question
from nntui.tui.screens.keys import hints
from nntui.tui.screens.rundialog import RunDialog
from nntui.tui.widgets.keybar import KeyBar
from nntui.tui.widgets.toosmall import TooSmall

#: A terminal of fewer columns or lines has no room for inputs beside the loss.
WIDE, HIGH = 60, 18
#: Columns and lines that a box has around what is in it.
EDGES = 4, 2


class AutopsyScreen(RunDialog[int]):
    """Dismissed with the position of the row that was looked at last."""

    NAME, TABLES = "autopsy", ("history",)
    BINDINGS: ClassVar = keymap.bindings(keymap.AUTOPSY)
    CSS_PATH = "../styles/autopsy.tcss"

    def __init__(
        self,
        picture: Picture,
        post: Callable[[Message], object],
        order: NDArray[np.int64],
        place: int,
        *,
        marker: str,
    ) -> None:
        super().__init__(picture, post)
        self._order, self._place, self._marker = order, place, marker
        self._question: Question | None = None

    def compose(self) -> ComposeResult:
        """Which row, what goes in, its loss, its activations, the keys."""
        yield Static(id="row-title", markup=False)
        with Horizontal(id="row-top"):
            inputs = RowInputs(self._row, self._marker, id="row-inputs")
            inputs.border_title = "Inputs"
            yield inputs
            loss = RowLoss(self._row, self._marker, id="row-loss")
            loss.border_title = "Its loss"
            yield loss
        activations = RowActivations(self._marker, id="row-activations")
        activations.border_title = "Its activations, layer by layer"
        yield activations
        yield KeyBar()
        yield TooSmall()

    def on_mount(self) -> None:
        """Asks for the row's activations."""
        super().on_mount()
        self.query_one(KeyBar).offer(hints((keymap.AUTOPSY,)))
        self._look_at(self._place)

    def on_resize(self, event: Resize) -> None:
        """In a small terminal the inputs go."""
        self.set_class(event.size.width < WIDE or event.size.height < HIGH, "small")

    @property
    def _row(self) -> int:
        return int(self._order[self._place])

    def _look_at(self, place: int) -> None:
        if not self.query(RowActivations):  # a key before there is anything, or when it has gone
            return
        self._place = max(0, min(place, len(self._order) - 1))
        X = self.latest.rows["X"][self._row : self._row + 1].astype(np.float64)
        self._question = Question(X, layers=True)
        self.ask(self._question)
        self.query_one(RowActivations).question = self._question
        self.query_one(RowInputs).row = self.query_one(RowLoss).row = self._row
        self.follow()
        for part in (self.query_one(RowInputs), self.query_one(RowLoss), self.query_one(RowActivations)):
            part.redraw()

    def follow(self) -> None:
        """Tells title and parts."""
        picture = self.latest
        activations = self.query_one(RowActivations)
        lines = activations.lines_wanted(picture, self.size.width - EDGES[0])
        activations.styles.height = EDGES[1] + min(self.size.height * 3 // 5, lines)
        self.query_one("#row-title", Static).update(self._title(picture))
        answer = picture.answers.get(self.NAME)
        is_mine = answer is not None and answer.question is self._question
        activations.border_subtitle = plain(answer.error) if answer is not None and is_mine else ""
        for part in (self.query_one(RowInputs), self.query_one(RowLoss), activations):
            part.picture(picture)

    def _title(self, picture: Picture) -> str:
        row, rows, P = self._row, picture.rows, picture.predictions["P"]
        answer = picture.answers.get(self.NAME)
        if answer is not None and answer.question is self._question and answer.P.shape == (1, P.shape[1]):
            P = P.copy()
            P[row] = answer.P[0]
        answers = answers_of(picture.run, rows, P, lambda name: self.rich_style)
        part = "held-out" if rows["part"][row] else "training"
        mark = answers.mark(row)
        sign = f"{mark[0].strip()} " if mark else ""
        place = f"{count(self._place + 1)} of {count(len(self._order))}"
        then = f" · at step {picture.run.step:,}" if picture.now else ""
        return plain(f"{sign}{part} row {int(rows['row'][row])} ({place}) · {answers.said(row)}{then}")

    def action_step(self, rows: int) -> None:
        """Another row of the order."""
        self._look_at(self._place + rows)

    def action_edge(self, direction: int) -> None:
        """The first row of the order, or the last."""
        self._look_at(0 if direction < 0 else len(self._order) - 1)

    def action_toggle_log(self) -> None:
        """The loss on another axis."""
        loss = self.query_one(RowLoss)
        loss.log_axis = not loss.log_axis
        loss.redraw()

    def action_type(self) -> None:
        """Lets one change the row's values."""
        self.post(PredictionPane.Typing(self._row))

    def action_close(self) -> None:
        """Back to the run."""
        self.dismiss(self._row)
