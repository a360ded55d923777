"""Runs beside each other in figures: how each ended, and in what their configurations differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from nntui.knobs import KNOBS
from nntui.store.records import RunRecord
from nntui.tui.panes.header import SYMBOLS
from nntui.tui.panes.numbers import count, duration, figure
from nntui.tui.widgets.cells import Cells, line
from nntui.tui.widgets.text import fit

_SCORES = ("accuracy", "val_accuracy", "r2", "val_r2")
_LEAST_NAME, _MOST_NAME = 8, 28
#: The least and most cells of a value of one run, and of the name of a knob.
_LEAST_VALUE, _MOST_VALUE, _KNOB = 7, 16, 16


class Compared(NamedTuple):
    """A run, and how its curve is drawn."""

    run: RunRecord
    symbol: str
    style: Style


class Comparison(Cells):
    """A line a run with its figures; then a line for each knob that is not the same in all."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"comparison--heading", "comparison--quiet"}
    DEFAULT_CSS = """
    Comparison {
        .comparison--heading { color: $foreground 65%; }
        .comparison--quiet { color: $foreground 60%; }
        &:ansi { .comparison--heading, .comparison--quiet { text-style: dim; } }
    }
    """

    def __init__(self) -> None:
        super().__init__(id="comparison")
        self._compared: tuple[Compared, ...] = ()
        self._first = 0

    def compare(self, compared: Sequence[Compared]) -> None:
        """These runs, in this order."""
        self._compared = tuple(compared)
        self.redraw()

    def scroll_lines(self, by: int) -> None:
        """Moves the table."""
        self._first += by
        self.redraw()

    def redraw(self) -> None:
        """As many lines as there is room for."""
        width, height = self.size
        if not width or not height or not self._compared:
            return
        lines = [*self._figures(width), *self._differences(width)]
        self._first = max(0, min(self._first, len(lines) - height))
        shown = lines[self._first : self._first + height]
        below = len(lines) - self._first - len(shown)
        more = "".join(f" {hidden}{sign}" for hidden, sign in ((self._first, "↑"), (below, "↓")) if hidden)
        self.border_subtitle = f"{len(self._compared)} runs{' ·' if more else ''}{more}"
        self.show(shown)

    def _figures(self, width: int) -> list[Strip]:
        """Number, line, name, state and last figures of each run; those that none of them has are left out."""
        runs = [one.run for one in self._compared]
        columns = [
            (name, max(8, len(name)), [figure(run.latest.get(name)) for run in runs])
            for name in ("loss", "val_loss", *_SCORES)
            if any(run.latest.get(name) is not None for run in runs)
        ]
        columns += [
            ("steps", 11, [count(run.step) for run in runs]),
            ("time", 8, [duration(run.elapsed) for run in runs]),
            ("id", 8, [run.id for run in runs]),
        ]
        states = [f"{SYMBOLS.get(run.state, '?')} {run.state}" for run in runs]
        names = min(_MOST_NAME, max(_LEAST_NAME, *(cell_len(run.name) for run in runs)))
        room = width - 6 - names
        fitting = []
        for column in (("state", 10, states), *columns):
            if room >= column[1] + 2:
                room -= column[1] + 2
                fitting.append(column)
        heading, quiet = self._style("heading"), self._style("quiet")
        titles = "".join(f"  {fit(name, wide, right=name != 'state')}" for name, wide, _ in fitting)
        lines = [line((f"  {' ' * 4}{fit('name', names)}{titles}", heading))]
        for number, one in enumerate(self._compared):
            cells = [f"  {fit(texts[number], wide, right=name != 'state')}" for name, wide, texts in fitting]
            lines.append(
                line((f"{number + 1} ", quiet), (f"{one.symbol}  ", one.style), fit(one.run.name, names), *cells)
            )
        return lines

    def _differences(self, width: int) -> list[Strip]:
        """A line for each knob that is not the same in all; the runs are the columns, by their numbers."""
        rows = differences([one.run for one in self._compared])
        heading, quiet = self._style("heading"), self._style("quiet")
        if not rows:
            return [line(""), line(("Their configurations are the same.", quiet))]
        longest = max(cell_len(value) for _, values in rows for value in values)
        fair = (width - _KNOB) // len(self._compared) - 2
        wide = max(_LEAST_VALUE, min(longest, max(fair, 1), _MOST_VALUE if len(self._compared) > 2 else width))
        numbers = "".join(f"  {fit(str(number + 1), wide, right=True)}" for number in range(len(self._compared)))
        lines = [line(""), line((fit("differs", _KNOB) + numbers, heading))]
        for name, values in rows:
            usual = max(set(values), key=values.count)
            cells = [
                (f"  {fit(value, wide, right=True)}", quiet if value == usual and values.count(usual) > 1 else Style())
                for value in values
            ]
            lines.append(line(fit(name, _KNOB), *cells))
        return lines

    def _style(self, part: str) -> Style:
        style = self.get_component_rich_style(f"comparison--{part}")
        return Style(color=style.color, dim=style.dim)


def differences(runs: Sequence[RunRecord]) -> list[tuple[str, list[str]]]:
    """Name and values, as they are shown, of each knob that is not the same in all of these runs."""
    rows = []
    for knob in KNOBS.values():
        values = [knob.show(knob.value_in(run.config)) or "–" for run in runs]
        if len(set(values)) > 1:
            rows.append((knob.name, values))
    return rows
