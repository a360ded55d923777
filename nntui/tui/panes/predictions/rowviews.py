"""The three ways to look at predictions: a table or cards, a confusion matrix, and what was said over what is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from nntui import outcomes
from nntui.tui.panes.choice import Choice
from nntui.tui.panes.predictions.agreement import ASCII_SIGNS, SIGNS, agreement
from nntui.tui.panes.predictions.answers import ClassAnswers, NumberAnswers
from nntui.tui.panes.predictions.cards import Cards, image_size
from nntui.tui.panes.predictions.confusion import ConfusionMatrix, counted
from nntui.tui.panes.predictions.ranking import NUMBER, WORST, Order, class_numbers
from nntui.tui.panes.predictions.table import AnswerTable
from nntui.tui.picture import Picture


@dataclass(frozen=True, slots=True)
class Scene:
    """What a view draws: rows in an order of their positions, in so many cells; ``style`` gives a style by its name.

    ``shaded``: images are drawn in signs, since the terminal shows no greys.
    """

    picture: Picture
    answers: ClassAnswers | NumberAnswers
    order: NDArray[np.int64]
    by: Order
    room: Size
    style: Callable[[str], Style]
    marker: str
    shaded: bool
    focused: bool

    @property
    def chosen_style(self) -> Style:
        """How the chosen row stands out."""
        return self.style("chosen" if self.focused else "kept")


@dataclass(frozen=True, slots=True)
class View:
    """Lines, what the caption says of them, the orders that are possible, and what lies under a cell."""

    lines: list[Strip]
    words: tuple[str, ...] = ()
    orders: tuple[str | int, ...] = (WORST, NUMBER)
    #: The place, counted from the first row in sight, of the row under a cell; -1 for the heading.
    place_at: Callable[[int, int], int | None] = lambda x, y: None
    #: What the rows can be ordered by at a cell of the heading.
    column_at: Callable[[int], str | int | None] = lambda x: None
    #: Of a confusion matrix, which is scrolled, the first class down and across.
    corner: tuple[int, int] | None = None


def rows_view(scene: Scene, choice: Choice) -> View:
    """Cards where the rows are images and there is room, else a table."""
    size = image_size(scene.picture.run, scene.room)
    return _cards(scene, choice, size) if size else _table(scene, choice)


def _table(scene: Scene, choice: Choice) -> View:
    picture, answers = scene.picture, scene.answers
    table = AnswerTable(picture.run, picture.rows, answers, scene.room.width, scene.style)
    seen = choice.settle(scene.order, 1, scene.room.height - 1)
    lines = [table.heading(scene.by)]
    lines += [table.row(int(i), scene.chosen_style if i == choice.row else None) for i in seen]
    total = len(picture.run.data["features"])
    inputs = (f"{table.inputs}/{total} inputs",) if table.inputs < total else ()
    left_out = (answers.left_out,) if answers.left_out else ()
    return View(
        lines,
        (*inputs, *left_out),
        (WORST, NUMBER, *answers.sortable, *range(table.inputs)),
        lambda x, y: y - 1 if y <= len(seen) else None,
        table.column_at,
    )


def _cards(scene: Scene, choice: Choice, size: tuple[int, int]) -> View:
    picture = scene.picture
    cards = Cards(picture.run, picture.rows, size, scene.room)
    seen = choice.settle(scene.order, cards.across, cards.down)
    drawn = [
        cards.card(
            int(i),
            scene.answers,
            scene.style,
            scene.chosen_style if i == choice.row else None,
            shaded=scene.shaded,
        )
        for i in seen
    ]
    lines = [strip for at in range(0, len(drawn), cards.across) for strip in cards.band(drawn[at : at + cards.across])]

    def place_at(x: int, y: int) -> int | None:
        place = cards.place_at(x, y)
        return place if place < len(seen) else None

    orders = (WORST, NUMBER, *scene.answers.sortable)
    return View(lines[: scene.room.height], (), orders, place_at)


def compared_view(scene: Scene, choice: Choice, corner: tuple[int, int], *, filtered: bool) -> View:
    """All rows against each other: those held out, where there are any and no filter says which.

    ``corner`` is where a confusion matrix is scrolled to.
    """
    choice.settle(scene.order, 1, scene.room.height)
    held_out, order = scene.picture.rows["part"] == 1, scene.order
    if isinstance(scene.answers, NumberAnswers):
        return _agreement(scene, choice, held_out)
    which = "these rows" if filtered else "training rows"
    if not filtered and held_out.any():
        order, which = order[held_out[order]], "held-out rows"
    return _matrix(scene, order, which, corner)


def _matrix(scene: Scene, order: NDArray[np.int64], which: str, corner: tuple[int, int]) -> View:
    picture, task = scene.picture, scene.picture.run.data.get("task", "binary")
    names = tuple(str(name) for name in picture.run.data["classes"])
    P, T = picture.predictions["P"][order], picture.rows["T"][order]
    counts = counted(class_numbers(T, task), class_numbers(P, task), len(names))
    matrix = ConfusionMatrix(counts, names, scene.room, scene.style, corner)
    right = int(outcomes.right(P, T, task).sum())
    told = (matrix.told,) if matrix.told else ()
    return View(matrix.lines(), (*told, which, f"{right:,}/{len(order):,} right"), corner=matrix.corner)


def _agreement(scene: Scene, choice: Choice, held_out: NDArray[np.bool_]) -> View:
    order, picture = scene.order, scene.picture
    P, T = picture.predictions["P"][order, 0], picture.rows["T"][order, 0]
    place = choice.place if len(order) else -1
    lines = agreement(T, P, held_out[order], place, scene.room, scene.style, scene.marker)
    chosen, test = (ASCII_SIGNS if scene.marker == "ascii" else SIGNS)[:2]
    words: tuple[str, ...] = (
        scene.answers.summary(),
        f"{chosen} row {int(picture.rows['row'][choice.row])}" if len(order) else "",
    )
    if held_out[order].any():
        words += (f"{test} held out",)
    return View(lines, words)
