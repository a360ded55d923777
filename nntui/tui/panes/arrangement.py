"""Where the panes stand: in columns, one below another, at sizes a person can move. Numbers alone, no widgets."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from textual.geometry import Region, Size

#: A column has at least so many cells until a person moves it, and then; a pane has at least so many lines.
LEAST_WIDTH, LEAST_MOVED_WIDTH, LEAST_HEIGHT = 36, 16, 3
#: Whatever a file says of a share lies between these.
_SMALLEST_SHARE, _LARGEST_SHARE = 0.1, 10_000.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How the panes stand in a terminal of at least some columns and lines, until a person moves them.

    ``columns`` has the numbers of the panes of each column, from above; ``widths`` are the shares of the columns,
    ``heights`` those of the panes within theirs, by number; ``hidden`` are the panes not shown at first.
    """

    name: str
    least: tuple[int, int]
    columns: tuple[tuple[int, ...], ...]
    widths: tuple[float, ...]
    heights: Mapping[int, float]
    hidden: frozenset[int] = frozenset()

    @property
    def numbers(self) -> list[int]:
        """Every pane of the plan."""
        return sorted(number for column in self.columns for number in column)


#: The roomiest first; the last one is for whatever is left.
PLANS = (
    Plan(
        name="wide",
        least=(160, 30),
        columns=((1, 2, 4), (6, 5), (3, 7)),
        widths=(80, 62, 58),
        heights={1: 22, 2: 18, 4: 16, 6: 30, 5: 26, 3: 24, 7: 20},
    ),
    Plan(
        name="full",
        least=(110, 34),
        columns=((1, 2, 6), (3, 4, 5, 7)),
        widths=(72, 48),
        heights={1: 14, 2: 10, 6: 13, 3: 9, 4: 8, 5: 11, 7: 8},
    ),
    Plan(
        name="compact",
        least=(0, 0),
        columns=((1, 2, 6), (3, 4, 5, 7)),
        widths=(44, 36),
        heights={1: 13, 2: 8, 6: 10, 3: 8, 4: 6, 5: 7, 7: 5},
        hidden=frozenset((6, 7)),
    ),
)


def plan_for(terminal: Size) -> Plan:
    """The roomiest plan that a terminal of this size has room for."""
    return next(plan for plan in PLANS if terminal.width >= plan.least[0] and terminal.height >= plan.least[1])


@dataclass(slots=True)
class Changes:
    """What a person has changed of a plan: which panes are hidden, and the shares of columns and panes."""

    hidden: frozenset[int] | None = None
    widths: tuple[float, ...] = ()
    heights: dict[int, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """As a TOML table; only what was changed is in it."""
        found: dict[str, Any] = {}
        if self.hidden is not None:
            found["hidden"] = sorted(self.hidden)
        if self.widths:
            found["widths"] = [round(width, 2) for width in self.widths]
        if self.heights:
            found["heights"] = {str(number): round(height, 2) for number, height in self.heights.items()}
        return found


def changes_from(plan: Plan, table: object) -> Changes:
    """What a table of a file says was changed of a plan; whatever in it cannot be is as good as not there."""
    table = table if isinstance(table, dict) else {}
    hidden, widths, heights = table.get("hidden"), table.get("widths"), table.get("heights")
    changes = Changes()
    if isinstance(hidden, list) and set(map(str, hidden)) < set(map(str, plan.numbers)):
        changes.hidden = frozenset(int(number) for number in hidden)
    if isinstance(widths, list) and len(widths) == len(plan.widths) and all(map(_is_share, widths)):
        changes.widths = tuple(map(float, widths))
    if isinstance(heights, dict):
        changes.heights = {n: float(heights[str(n)]) for n in plan.numbers if _is_share(heights.get(str(n)))}
    return changes


def _is_share(value: object) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and _SMALLEST_SHARE <= value <= _LARGEST_SHARE  # type: ignore[operator]


class Edge(NamedTuple):
    """What can be dragged: the line right of a column, or the one below a pane of a column, by their places."""

    column: int
    row: int | None = None


class Arrangement:
    """The panes that are seen, in a box of some size: where each stands, and where the lines between them are."""

    def __init__(
        self, plan: Plan, changes: Changes, box: Size, seen: Collection[int], wanted: Mapping[int, int] | None = None
    ) -> None:
        """``wanted`` has, by pane, the lines it can fill at most; a pane that is not in it can fill any."""
        self._changes = changes
        self._box = box
        places = [i for i, column in enumerate(plan.columns) if any(number in seen for number in column)]
        self._places = places
        self.columns = [[number for number in plan.columns[i] if number in seen] for i in places]
        self._width_shares = [(changes.widths or plan.widths)[i] for i in places]
        self._all_widths = changes.widths or plan.widths
        self._height_shares = {**plan.heights, **changes.heights}
        self.widths = self._share_columns()
        self.heights = [self._share_rows(column, wanted or {}) for column in self.columns]

    def _share_columns(self) -> list[int]:
        least = LEAST_MOVED_WIDTH if self._changes.widths else LEAST_WIDTH
        return share_out(self._box.width, self._width_shares, least)

    def _share_rows(self, column: Sequence[int], wanted: Mapping[int, int]) -> list[int]:
        """A pane is not higher than what it can fill, unless a person has had a hand in its column."""
        moved = any(number in self._changes.heights for number in column)
        most = [self._box.height if moved else wanted.get(number, self._box.height) for number in column]
        return share_out(self._box.height, [self._height_shares[number] for number in column], LEAST_HEIGHT, most)

    def regions(self) -> dict[int, Region]:
        """Where each pane stands in the box."""
        found, x = {}, 0
        for column, width, heights in zip(self.columns, self.widths, self.heights, strict=True):
            y = 0
            for number, height in zip(column, heights, strict=True):
                found[number] = Region(x, y, width, height)
                y += height
            x += width
        return found

    def edge_at(self, x: int, y: int) -> Edge | None:
        """The line between two panes that runs through a cell: the borders of both, side by side."""
        left = 0
        for i, width in enumerate(self.widths):
            if i and x in (left - 1, left):
                return Edge(i - 1)
            if left <= x < left + width:
                top = 0
                for row, height in enumerate(self.heights[i][:-1]):
                    top += height
                    if y in (top - 1, top) and left < x < left + width - 1:
                        return Edge(i, row)
            left += width
        return None

    def edge_of(self, number: int, *, column: bool) -> tuple[Edge, int] | None:
        """The line that makes a pane's column wider, or the pane higher, and the direction in which it does."""
        i = next((i for i, numbers in enumerate(self.columns) if number in numbers), None)
        if i is None:
            return None
        place = i if column else self.columns[i].index(number)
        last = len(self.columns if column else self.columns[i]) - 1
        if not last:
            return None
        before = place == last
        return Edge(place - before) if column else Edge(i, place - before), -1 if before else 1

    def move(self, edge: Edge, x: int, y: int) -> None:
        """Moves a line to a cell of the box, as far as the panes on both sides can shrink."""
        if edge.row is None:
            self._drag(self.widths, edge.column, x, LEAST_MOVED_WIDTH)
            scale = sum(self._width_shares) / max(1, self._box.width)
            shares = list(self._all_widths)
            for place, width in zip(self._places, self.widths, strict=True):
                shares[place] = max(_SMALLEST_SHARE, width * scale)
            self._changes.widths = tuple(shares)
        else:
            column, heights = self.columns[edge.column], self.heights[edge.column]
            self._drag(heights, edge.row, y, LEAST_HEIGHT)
            scale = sum(self._height_shares[number] for number in column) / max(1, self._box.height)
            shared = {n: max(_SMALLEST_SHARE, height * scale) for n, height in zip(column, heights, strict=True)}
            self._changes.heights.update(shared)

    def shift(self, edge: Edge, by: int) -> None:
        """Moves a line by some cells or lines."""
        sizes, place = (self.widths, edge.column) if edge.row is None else (self.heights[edge.column], edge.row)
        end = sum(sizes[: place + 1]) + by
        self.move(edge, end, end)

    @staticmethod
    def _drag(sizes: list[int], place: int, end: int, least: int) -> None:
        """The end of one size moves, and with it the beginning of the next; their sum stays."""
        start, both = sum(sizes[:place]), sizes[place] + sizes[place + 1]
        least = min(least, both // 2)
        sizes[place] = max(least, min(both - least, end - start))
        sizes[place + 1] = both - sizes[place]


def share_out(total: int, shares: Sequence[float], least: int, most: Sequence[int] | None = None) -> list[int]:
    """Whole numbers that add up to ``total``, as the shares are, none below ``least`` and none above its ``most``.

    Where not all of that can be had, there is less than the least for all, or more than the most for the last.
    """
    least = min(least, total // max(1, len(shares)))
    limits = [max(least, limit) for limit in most] if most else [total] * len(shares)
    given: dict[int, float] = {}
    while len(given) < len(shares):
        free = [i for i in range(len(shares)) if i not in given]
        scale = (total - sum(given.values())) / sum(shares[i] for i in free)
        too_small = {i: float(least) for i in free if shares[i] * scale < least}
        too_large = {i: float(limits[i]) for i in free if shares[i] * scale > limits[i]}
        lacking = sum(size - shares[i] * scale for i, size in too_small.items())
        beyond = sum(shares[i] * scale - size for i, size in too_large.items())
        bound = (too_small if lacking >= beyond else too_large) or {i: shares[i] * scale for i in free}
        given.update(bound)
    ends, end = [0], 0.0
    for i in range(len(shares)):
        end += given[i]
        ends.append(round(end))
    if shares:
        ends[-1] = total
    return [after - before for before, after in pairwise(ends)]
