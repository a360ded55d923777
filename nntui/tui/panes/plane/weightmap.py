"""The weights: as lines between units, as images where inputs are images, else the largest by name."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from nntui.store.records import RunRecord
from nntui.text import plain
from nntui.tui.panes.data.thumbnail import averaged, thumbnail_size
from nntui.tui.panes.numbers import figure
from nntui.tui.panes.plane.view import Look, Scrolled, Shown, beside
from nntui.tui.picture import Answer, Picture
from nntui.tui.widgets.cells import line
from nntui.tui.widgets.pixels import BAD, DIVERGING
from nntui.tui.widgets.text import fit
from nntui.tui.widgets.wiring import MOST_UNITS, Wires, wiring

Arrays = dict[str, NDArray[Any]]

#: At most so many of the largest weights are listed.
MOST_LISTED = 200
#: Cells of a bar, of a value, and those of a line of the list at least.
_BAR, _VALUE, _LIST = 10, 9, 30
#: Pixels of a side of an image of weights, at least and at most.
_PIXELS = (8, 28)
_LARGER_PIXELS, _HIGH = 40, 30


class Weight(NamedTuple):
    """One weight: between what, and how large."""

    start: str
    end: str
    value: float


class WeightMap(Scrolled):
    """Small networks are drawn, wide ones listed; + and − are told apart by line, sign and colour."""

    name: ClassVar = "weights"
    tables: ClassVar = ("weights",)

    def draw(self, picture: Picture, answer: Answer | None, size: Size, look: Look) -> Shown:
        """What suits the network."""
        run, weights = picture.run, picture.table("weights").arrays
        names = [layer.name for layer in run.layers]
        W = [weights[f"{name}.W"] for name in names if f"{name}.W" in weights]
        if not W or len(W) != len(names):
            return [look.quiet(text, size.width) for text in _nothing(run)], ""
        image = run.data.get("image")
        if image and len(W[0]) == int(np.prod(image)):
            return self._images(W[0], (image[0], image[1], image[2] if len(image) > 2 else 1), size, look)
        inputs, outputs = _ends(run, len(W[0]), W[-1].shape[1])
        if max(len(W[0]), *(each.shape[1] for each in W)) <= MOST_UNITS:
            return self._drawn(run, weights, W, (inputs, outputs), size, look)
        only_first = len(run.data.get("features") or ()) > 2
        listed = _largest(run, weights, W[:1] if only_first else W, inputs, outputs)
        what = f"the largest of {plain(names[0])}" if only_first else "the largest"
        return self.scroll(_list(listed, size.width, look), size.height), f"{what} · negative to the left"

    def _drawn(
        self,
        run: RunRecord,
        weights: Arrays,
        W: list[NDArray[Any]],
        ends: tuple[list[str], list[str]],
        size: Size,
        look: Look,
    ) -> Shown:
        """Nodes and lines and, beside them where there is room, the numbers."""
        listed = _list(_largest(run, weights, W, *ends), _LIST, look) if size.width >= 2 * _LIST + 4 else []
        width = size.width - _LIST - 2 if listed else size.width
        wires = Wires(W, ends[0], ends[1], look.style("more"), look.style("less"), look.style("quiet"))
        drawn = wiring(wires, width, size.height, look.marker)
        if listed:
            seen = self.scroll(listed, size.height)
            gap = line("  ")
            drawn = [Strip.join([left, gap, seen[y]]) if y < len(seen) else left for y, left in enumerate(drawn)]
        solid, dashed = ("--", "- ") if look.ascii else ("──", "╌╌")
        return drawn, f"{solid} + {dashed} - · double: more than half of the largest"

    def _images(self, W: NDArray[Any], image: tuple[int, int, int], room: Size, look: Look) -> Shown:
        """The weights of each unit of the first layer as an image."""
        side = _LARGER_PIXELS if room.height >= _HIGH else _PIXELS[1]
        most = min(side, max(_PIXELS[0], 2 * (room.height - 1))), min(side, room.width)
        rows, columns = thumbnail_size(image, most)
        size = -(-rows // 2) * look.down, columns
        across = max(1, (room.width + 1) // (columns + 1))
        largest = float(np.abs(W).max()) or 1.0
        lines: list[Strip] = []
        for first in range(0, W.shape[1], across):
            units = range(first, min(first + across, W.shape[1]))
            lines.append(line(" ".join(fit(str(unit + 1), columns) for unit in units)))
            shares = [W[:, unit].reshape(image).mean(axis=2, dtype=np.float64) / largest for unit in units]
            lines += beside([look.paint(_levels(each, size), DIVERGING, {}) for each in shares])
        key = "blue -, orange +" if look.coloured else "- = below 0, + # above"
        told = f"{key} · to {figure(largest, 0)}"
        captions = [f"the first layer's {W.shape[1]} units · {told}", f"{W.shape[1]} units · {told}"]
        caption = next((text for text in captions if len(text) <= room.width - 2), told)
        return self.scroll(lines, room.height), caption


def _nothing(run: RunRecord) -> tuple[str, ...]:
    """Why there is nothing to see yet."""
    if run.live:
        return ("The weights appear after the first step.",)
    return ("This run has kept no weights here:", "a newer one does, from its first step.")


def _ends(run: RunRecord, inputs: int, outputs: int) -> tuple[list[str], list[str]]:
    """Names of the inputs and of the outputs, numbers where there are none."""
    data = run.data
    names = [plain(str(name)) for name in data.get("inputs") or ()]
    ends = [plain(str(name)) for name in data.get("outputs") or ()]
    return (
        names if len(names) == inputs else [f"input {i + 1}" for i in range(inputs)],
        ends if len(ends) == outputs else [f"output {i + 1}" for i in range(outputs)],
    )


def _largest(
    run: RunRecord, weights: Arrays, W: list[NDArray[Any]], inputs: list[str], outputs: list[str]
) -> list[Weight]:
    """The weights of largest size, biases among them."""
    found: list[Weight] = []
    deep = len(run.layers)
    for i, each in enumerate(W):
        starts = inputs if i == 0 else [f"{i}.{unit + 1}" for unit in range(len(each))]
        ends = outputs if i == deep - 1 else [f"{i + 1}.{unit + 1}" for unit in range(each.shape[1])]
        b = weights.get(f"{run.layers[i].name}.b")
        table = each if b is None else np.vstack((each, b.reshape(1, -1)))
        flat = np.abs(table).ravel()
        kept = np.argpartition(-flat, min(MOST_LISTED, len(flat)) - 1)[:MOST_LISTED]
        for position in kept.tolist():
            row, column = divmod(position, table.shape[1])
            start = starts[row] if row < len(each) else "bias"
            found.append(Weight(start, ends[column], float(table[row, column])))
    return sorted(found, key=lambda weight: -abs(weight.value))[:MOST_LISTED]


def _list(listed: list[Weight], width: int, look: Look) -> list[Strip]:
    """A line a weight: from what to what, its value, and a bar to the left or to the right."""
    largest = abs(listed[0].value) or 1.0
    bars = _BAR if width >= _LIST else 0
    name = max(0, width - _VALUE - (bars + 1 if bars else 0))
    lines = []
    for weight in listed:
        style = look.style("more" if weight.value > 0 else "less")
        arrow = "->" if look.ascii else "→"
        words = fit(_both(weight, f" {arrow} ", name), name)
        parts: list[str | tuple[str, Style]] = [words, (figure(weight.value, _VALUE), style)]
        if bars:
            parts.append((" " + _bar(weight.value / largest, bars, look), style))
        lines.append(line(*parts))
    return lines


def _both(weight: Weight, arrow: str, room: int) -> str:
    """From what to what: where both do not have room each is cut, since only both tell a weight from the next."""
    room = max(0, room - len(arrow))
    end = min(cell_len(weight.end), max(room // 2, room - cell_len(weight.start)))
    start = min(cell_len(weight.start), room - end)
    return f"{fit(weight.start, start)}{arrow}{fit(weight.end, end)}"


def _bar(share: float, width: int, look: Look) -> str:
    """A bar from the middle, to the left for what is negative."""
    half = width // 2
    full = round(abs(share) * half)
    block = ("#" if look.ascii else "█") * full
    middle = "|" if look.ascii else "│"
    return block.rjust(half) + " " * (half - 1) + " " if share < 0 else " " * (half - 1) + middle + block.ljust(half)


def _levels(shares: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.int64]:
    """Levels of weights as shares of −1 to 1, averaged down to (rows, columns)."""
    for axis, wanted in enumerate(size):
        shares = averaged(shares, wanted, axis)
    count = len(DIVERGING)
    finite = np.isfinite(shares)
    levels = np.clip(((np.where(finite, shares, 0) + 1) / 2 * count).astype(np.int64), 0, count - 1)
    return np.where(finite, levels, BAD)
