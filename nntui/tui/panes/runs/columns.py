"""The columns of the table in which runs stand beside each other: what each says of a line, and sorts it by."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from rich.cells import cell_len

from nntui import comparison
from nntui.store.records import RunRecord
from nntui.tui.panes.header import SYMBOLS
from nntui.tui.panes.numbers import count, duration, figure

#: Most cells of a knob's value, and of a note.
_MOST_VALUE, _MOST_NOTE = 16, 40
_BEST = "*"


class Column(NamedTuple):
    """A heading and a cell for each line; ``keys`` sort them, the best or the least first."""

    name: str
    cells: tuple[str, ...]
    keys: tuple[Any, ...]
    right: bool = True

    @property
    def width(self) -> int:
        """Cells of the widest, with a place for the sign of the order."""
        return max(cell_len(self.name) + 1, *map(cell_len, self.cells))


#: What the chart's cursor reads of a line, and a word on where that stands if it is elsewhere; None of nothing.
Reading = tuple[float, str] | None


def columns(lines: Sequence[Sequence[RunRecord]], readings: Sequence[Reading] | None, place: str) -> list[Column]:
    """What there is to say of some lines, each of a run or of several that differ only in their seed.

    ``readings`` are what the chart's cursor reads of each, None without one, and ``place`` is where it stands.
    """
    runs = [run for line in lines for run in line]
    found = [_metric(name, lines) for name in comparison.metrics(runs)]
    if readings is not None:
        cells = tuple(f"{figure(one[0]).strip()}{one[1]}" if one else "–" for one in readings)
        keys = tuple((one is None or not math.isfinite(one[0]), one[0] if one else 0.0) for one in readings)
        found.insert(0, Column(place, cells, keys))
    if any(len(line) > 1 for line in lines):
        found.append(Column("n", tuple(str(len(line)) for line in lines), tuple(-len(line) for line in lines)))
    found += [_knob(name, values, lines) for name, values in comparison.differences(runs).items()]
    found += [
        Column("steps", tuple(map(_steps, lines)), tuple(max(run.step for run in line) for line in lines)),
        Column("time", tuple(duration(_time(line)) for line in lines), tuple(map(_time, lines))),
        Column("state", tuple(map(_state, lines)), tuple(map(_state, lines)), right=False),
    ]
    notes = tuple(next((run.note.partition("\n")[0] for run in line if run.note), "")[:_MOST_NOTE] for line in lines)
    if any(notes):
        found.append(Column("note", notes, tuple(map(str.casefold, notes)), right=False))
    ids = tuple(" ".join(run.id for run in line) for line in lines)
    return [*found, Column("id", ids, ids, right=False)]


def _metric(name: str, lines: Sequence[Sequence[RunRecord]]) -> Column:
    """Last values; several as mean and standard deviation, and how many of them are numbers where not all are."""
    finals = [comparison.final(line, name) for line in lines]
    best = comparison.best(name, [one.mean if one else None for one in finals])
    cells = []
    for one in finals:
        text = figure(one.mean if one else None).strip()
        if one is not None and one.spread is not None:
            text += f" ±{one.spread:.2g}"
        if one is not None and 0 < one.n < one.runs:
            text += f" ({one.n} of {one.runs})"
        cells.append(text + (_BEST if one is not None and one.mean == best else " "))
    return Column(name, tuple(cells), tuple(comparison.rank(name, one.mean if one else None) for one in finals))


def _knob(name: str, values: Sequence[str], lines: Sequence[Sequence[RunRecord]]) -> Column:
    """The values of a knob, several of one line once each."""
    left = iter(values)
    told = [tuple(dict.fromkeys(next(left) for _ in line)) for line in lines]
    cells = tuple(_short(" ".join(texts)) for texts in told)
    return Column(name, cells, tuple(_order(texts[0]) for texts in told))


def _short(text: str) -> str:
    return text if cell_len(text) <= _MOST_VALUE else text[: _MOST_VALUE - 1] + "…"


def _order(text: str) -> tuple[bool, float, str]:
    """Numbers by what they are, then texts."""
    try:
        return False, float(text), ""
    except ValueError:
        return True, 0.0, text


def _steps(line: Sequence[RunRecord]) -> str:
    least, most = min(run.step for run in line), max(run.step for run in line)
    return count(most) if least == most else f"{count(least)}–{count(most)}"


def _time(line: Sequence[RunRecord]) -> float:
    """Seconds of training, of several their mean."""
    return sum(run.elapsed for run in line) / len(line)


def _state(line: Sequence[RunRecord]) -> str:
    """The state, of several each with how many are in it."""
    states = Counter(run.standing for run in line)
    if len(states) == 1:
        return line[0].standing
    return ", ".join(f"{many} {state}" for state, many in states.items())


def symbol(line: Sequence[RunRecord]) -> str:
    """The sign of the state; of several whose states are not the same, a question mark."""
    states = {run.standing for run in line}
    return SYMBOLS.get(states.pop(), "?") if len(states) == 1 else "?"
