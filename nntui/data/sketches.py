"""Pictures of cats, and of other things in the same style: simple shapes with smooth edges, drawn with NumPy alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nntui.data.dataset import BINARY, Column, DataError, Dataset
from nntui.data.generators import GENERATE

Array = NDArray[np.float32]
#: A colour for each picture, (pictures, 3) from 0 to 255.
Colours = NDArray[np.float64]
#: The same, or one colour for all.
Colour = Colours | tuple[float, float, float]
#: A number for each picture, (pictures,).
Drawn = NDArray[np.float64]
#: The same, or one number for all.
Numbers = Drawn | float
Rng = np.random.Generator

ROWS = 600
SIZE = 64
#: The most numbers that pictures may fill: 2 GiB of them.
MOST = 2**28
#: Pictures that are painted at a time: few enough to stay in a core's cache.
CHUNK = 8

INK = (35.0, 28.0, 30.0)
PAPER = (248.0, 246.0, 240.0)
PINK = (182.0, 112.0, 118.0)
GREEN = (70.0, 135.0, 75.0)


def cat_sketches(target: str, rows: int, noise: float, seed: int, size: int = 0) -> Dataset:
    """Sketches of ``size`` × ``size`` pixels (0: 64), every other one a cat; T is 1 for cats.

    ``rows`` is the number of pictures (0: 600). Place, size, tilt, colours and light are random; whether it is
    dark on light or light on dark is random too, so that a weighted sum of pixels says too little about what is drawn.
    ``noise`` is the standard deviation of each pixel's noise as a share of white; values stay within 0..255.
    Raises DataError for fewer than two pictures, or for more pixels than fit in memory.
    """
    rows, size = rows or ROWS, size or SIZE
    if rows < 2:
        raise DataError(f"data.rows = {rows}: cat-sketches needs at least 2, a cat and another thing")
    if rows * size * size * 3 > MOST:
        raise DataError(
            f"data.image_size = {size}: {rows} sketches would have {rows * size * size * 3:,} values; "
            f"at most {MOST:,}: make them smaller, or fewer by data.rows"
        )
    rng = np.random.default_rng([seed, GENERATE])
    X = np.empty((rows, size, size, 3))
    for members, sketch in _kinds(rows):
        for start in range(0, len(members), CHUNK):
            chunk = members[start : start + CHUNK]
            X[chunk] = _painted(sketch, len(chunk), size, rng)
    if noise:
        for row in range(rows):
            X[row] = np.clip(X[row] + rng.normal(0.0, 255.0 * noise, X[row].shape), 0.0, 255.0)
    side = range(1, size + 1)
    return Dataset(
        name="cat-sketches",
        X=X.reshape(rows, -1),
        T=(np.arange(rows) % 2 == 0).astype(np.float64).reshape(-1, 1),
        task=BINARY,
        columns=tuple(
            Column(f"row {r} column {c} {hue}") for r in side for c in side for hue in ("red", "green", "blue")
        ),
        target=target,
        outputs=(target,),
        classes=("not cat", "cat"),
        source="made by this program",
        licence="none needed",
        image=(size, size, 3),
        value_range=(0.0, 255.0),
    )


def _kinds(rows: int) -> Iterator[tuple[NDArray[np.intp], Sketch]]:
    """The rows of each kind of picture and what draws it: cats in every other row, the others in turn between."""
    number = np.arange(rows)
    yield number[::2], cat
    for kind, sketch in enumerate(OTHERS):
        yield number[1::2][kind :: len(OTHERS)], sketch


class Canvas:
    """Pictures that are painted all at once, each through a frame of its own: shifted, tilted, scaled.

    In the frame a thing is about two units wide around (0, 0), x to the right and y down. ``pixels`` has the shape
    (pictures, 3, size, size). A distance is an array (pictures, size, size): how far, in units of the frame, each
    pixel lies outside of a shape; below zero inside.
    """

    def __init__(self, size: int, *, x: Drawn, y: Drawn, scale: Drawn, tilt: Drawn, way: Drawn) -> None:
        self.pixels: Array = np.zeros((tilt.size, 3, size, size), np.float32)
        middle: Array = ((np.arange(size) * 2 + 1) / size - 1).astype(np.float32)
        across, down = middle.reshape(1, 1, -1) - _each(x), middle.reshape(1, -1, 1) - _each(y)
        cos, sin = _each(np.cos(tilt) / scale), _each(np.sin(tilt) / scale)
        self.x: Array = (cos * across + sin * down) * _each(way)
        self.y: Array = cos * down - sin * across
        #: The same as x, folded along the middle: a shape on the right gets its twin on the left.
        self.folded: Array = np.abs(self.x)
        self._per_unit: Array = _each(scale * (size / 2))

    def paint(self, distance: Array, colour: Colour) -> None:
        """Covers what is inside; a pixel on the edge is covered in part."""
        cover = np.clip(np.float32(0.5) - distance * self._per_unit, 0, 1)[:, None]
        hue = np.asarray(colour, np.float32)
        self.pixels += cover * (hue.reshape(-1, 3, 1, 1) - self.pixels)

    def ellipse(
        self, x: Numbers, y: Numbers, rx: Numbers, ry: Numbers, *, twin: bool = False, turn: float = 0.0
    ) -> Array:
        """About the distance from an ellipse of these half-axes, turned clockwise by ``turn`` radians."""
        u, v = (self.folded if twin else self.x) - _each(x), self.y - _each(y)
        if turn:
            cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
            u, v = cos * u + sin * v, cos * v - sin * u
        a, b = _each(rx), _each(ry)
        distance: Array = (np.sqrt((u / a) ** 2 + (v / b) ** 2) - 1) * np.minimum(a, b)
        return distance

    def polygon(self, *corners: tuple[Numbers, Numbers], twin: bool = False) -> Array:
        """The distance from a convex polygon, its corners given clockwise as seen."""
        u = self.folded if twin else self.x
        edges = zip(corners, (*corners[1:], corners[0]), strict=True)
        distance: Array = np.maximum.reduce([self._left(u, *edge) for edge in edges])
        return distance

    def _left(self, u: Array, start: tuple[Numbers, Numbers], end: tuple[Numbers, Numbers]) -> Array:
        """How far each pixel lies to the left of the way from one point to another."""
        x, y = _each(start[0]), _each(start[1])
        dx, dy = _each(end[0]) - x, _each(end[1]) - y
        length = np.sqrt(dx * dx + dy * dy)
        distance: Array = (u - x) * (dy / length) - (self.y - y) * (dx / length)
        return distance

    def line(
        self, x: Numbers, y: Numbers, x_end: Numbers, y_end: Numbers, width: Numbers, *, twin: bool = False
    ) -> Array:
        """The distance from a line with round ends. A width below zero is no line."""
        u, v = (self.folded if twin else self.x) - _each(x), self.y - _each(y)
        dx, dy = _each(x_end) - _each(x), _each(y_end) - _each(y)
        along = np.clip((u * dx + v * dy) / (dx * dx + dy * dy), 0, 1)
        distance: Array = np.sqrt((u - along * dx) ** 2 + (v - along * dy) ** 2) - _each(width) / 2
        return distance


@dataclass(frozen=True, slots=True, eq=False)
class Hues:
    """The colours of each picture, (pictures, 3).

    ``coat`` is a thing's own, dark or bright as the wall behind it is not; ``mark`` stands out from it, ``shade`` is
    half way between the two, and ``accent`` is any.
    """

    coat: Colours
    mark: Colours
    shade: Colours
    accent: Colours


Sketch = Callable[[Canvas, Hues, Rng], None]


def _each(numbers: Numbers) -> Array:
    """A number for each picture, shaped to go with (pictures, size, size)."""
    return np.asarray(numbers, np.float32).reshape(-1, 1, 1)


def _painted(sketch: Sketch, pictures: int, size: int, rng: Rng) -> NDArray[np.float32]:
    """New pictures of one kind, (pictures, size, size, 3)."""
    canvas = Canvas(
        size,
        x=rng.uniform(-0.12, 0.12, pictures),
        y=rng.uniform(-0.06, 0.18, pictures),
        scale=rng.uniform(0.46, 0.62, pictures),
        tilt=rng.uniform(-0.2, 0.2, pictures),
        way=rng.choice((-1.0, 1.0), pictures),
    )
    light = rng.random((pictures, 1)) < 0.5
    dark = rng.uniform(35, 75, (2, pictures, 1)) + rng.uniform(-30, 30, (2, pictures, 3))
    bright = rng.uniform(170, 220, (2, pictures, 1)) + rng.uniform(-35, 30, (2, pictures, 3))
    wall, coat = np.where(light, dark[0], bright[0]), np.where(light, bright[1], dark[1])
    mark = np.where(light, INK, PAPER)
    canvas.pixels += np.float32(wall.reshape(-1, 3, 1, 1))
    canvas.paint(_each(rng.uniform(0.9, 1.5, pictures)) - canvas.y, 0.85 * wall + 0.15 * coat)
    sketch(canvas, Hues(coat, mark, 0.55 * coat + 0.45 * mark, rng.uniform(40, 230, (pictures, 3))), rng)
    return canvas.pixels.transpose(0, 2, 3, 1)


def cat(c: Canvas, hues: Hues, rng: Rng) -> None:
    """A head with two pointed ears, slit pupils and whiskers; some are striped."""
    n = len(c.pixels)
    tip = rng.uniform(1.15, 1.45, n)
    c.paint(c.ellipse(0, 1.75, 0.85, 1.1), hues.coat)
    c.paint(c.polygon((0.16, -0.6), (0.72, -tip), (0.95, -0.2), twin=True), hues.coat)
    c.paint(c.polygon((0.38, -0.68), (0.7, 0.22 - tip), (0.82, -0.45), twin=True), PINK)
    c.paint(c.ellipse(0, 0, rng.uniform(0.85, 1.05, n), 0.82), hues.coat)
    stripes = np.where(rng.random(n) < 0.4, 0.1, -1.0)
    c.paint(c.line(0, -0.8, 0, -0.42, stripes), hues.shade)
    c.paint(c.line(0.24, -0.76, 0.18, -0.45, stripes, twin=True), hues.shade)
    c.paint(c.ellipse(0.2, 0.4, 0.3, 0.23, twin=True), hues.shade)
    iris = 0.65 * hues.mark + 0.35 * np.where(rng.random((n, 1)) < 0.5, (90, 230, 40), (255, 190, 0))
    c.paint(c.ellipse(0.43, -0.1, 0.23, rng.uniform(0.15, 0.22, n), twin=True), iris)
    c.paint(c.ellipse(0.43, -0.1, rng.uniform(0.05, 0.12, n), 0.16, twin=True), INK)
    c.paint(c.ellipse(0.37, -0.17, 0.045, 0.045, twin=True), PAPER)
    c.paint(c.polygon((-0.15, 0.2), (0.15, 0.2), (0, 0.36)), PINK)
    c.paint(c.line(0, 0.36, 0, 0.48, 0.06), hues.mark)
    c.paint(c.line(0, 0.5, 0.22, 0.44, 0.06, twin=True), hues.mark)
    for slope in (-0.14, 0.02, 0.18):
        c.paint(c.line(0.42, 0.38 + slope / 2, 1.2, 0.34 + 1.5 * slope, 0.045, twin=True), hues.mark)


def dog(c: Canvas, hues: Hues, rng: Rng) -> None:
    """A long head with hanging ears and a large nose; some show the tongue."""
    n = len(c.pixels)
    c.paint(c.ellipse(0, 1.85, 0.85, 1.1), hues.coat)
    c.paint(c.ellipse(0, 0, rng.uniform(0.75, 0.88, n), 0.9), hues.coat)
    c.paint(c.ellipse(0.88, 0.0, 0.27, rng.uniform(0.6, 0.8, n), twin=True, turn=-0.25), hues.shade)
    tongue = np.where(rng.random(n) < 0.5, 0.26, -1.0)
    c.paint(c.line(0, 0.7, 0, 0.95, tongue), PINK)
    c.paint(c.ellipse(0, 0.45, 0.46, 0.42), 0.7 * hues.coat + 0.3 * hues.mark)
    c.paint(c.ellipse(0.34, -0.2, 0.13, 0.15, twin=True), hues.mark)
    c.paint(c.ellipse(0.34, -0.2, 0.07, 0.08, twin=True), INK)
    c.paint(c.ellipse(0, 0.24, 0.2, 0.14), hues.mark)
    c.paint(c.line(0, 0.3, 0, 0.58, 0.06), hues.mark)
    c.paint(c.line(0, 0.6, 0.26, 0.5, 0.06, twin=True), hues.mark)


def bear(c: Canvas, hues: Hues, rng: Rng) -> None:
    """A wide head with round ears and a muzzle."""
    n = len(c.pixels)
    ear = rng.uniform(0.3, 0.45, n)
    c.paint(c.ellipse(0, 1.8, 1.0, 1.1), hues.coat)
    c.paint(c.ellipse(0.7, -0.68, ear, ear, twin=True), hues.coat)
    c.paint(c.ellipse(0.7, -0.68, ear * 0.55, ear * 0.55, twin=True), PINK)
    c.paint(c.ellipse(0, 0, rng.uniform(0.88, 1.0, n), 0.88), hues.coat)
    c.paint(c.ellipse(0, 0.38, 0.42, 0.34), hues.shade)
    c.paint(c.ellipse(0.36, -0.15, 0.1, 0.11, twin=True), hues.mark)
    c.paint(c.ellipse(0, 0.24, 0.17, 0.11), hues.mark)
    c.paint(c.line(0, 0.34, 0, 0.5, 0.06), hues.mark)


def rabbit(c: Canvas, hues: Hues, rng: Rng) -> None:
    """A small head with two long ears and two teeth."""
    n = len(c.pixels)
    c.paint(c.ellipse(0, 1.7, 0.8, 1.0), hues.coat)
    c.paint(c.ellipse(0.36, -1.1, 0.22, rng.uniform(0.65, 0.85, n), twin=True, turn=0.15), hues.coat)
    c.paint(c.ellipse(0.37, -1.1, 0.1, 0.5, twin=True, turn=0.15), PINK)
    c.paint(c.ellipse(0, 0.1, 0.75, 0.7), hues.coat)
    c.paint(c.ellipse(0.17, 0.42, 0.22, 0.18, twin=True), hues.shade)
    c.paint(c.ellipse(0.36, -0.05, 0.12, 0.15, twin=True), hues.mark)
    c.paint(c.ellipse(0.36, -0.05, 0.07, 0.09, twin=True), INK)
    c.paint(c.polygon((-0.1, 0.26), (0.1, 0.26), (0, 0.37)), PINK)
    c.paint(c.polygon((0.02, 0.52), (0.12, 0.52), (0.12, 0.72), (0.02, 0.72), twin=True), hues.mark)


def person(c: Canvas, hues: Hues, rng: Rng) -> None:
    """A face between hair and collar."""
    n = len(c.pixels)
    skin = np.where(rng.random((n, 1)) < 0.5, (238, 200, 172), (140, 92, 66))
    c.paint(c.ellipse(0, -0.15, 0.85, 0.95), hues.coat)
    c.paint(c.line(0.66, -0.1, 0.7, rng.uniform(0.2, 0.9, n), 0.36, twin=True), hues.coat)
    c.paint(c.ellipse(0, 1.95, 1.1, 0.9), hues.accent)
    c.paint(c.line(0, 0.7, 0, 1.1, 0.5), skin)
    c.paint(c.ellipse(0, 0.1, 0.64, 0.78), skin)
    c.paint(c.ellipse(0, -0.72, 0.66, 0.34), hues.coat)
    c.paint(c.ellipse(0.27, 0.0, 0.13, 0.09, twin=True), PAPER)
    c.paint(c.ellipse(0.27, 0.0, 0.07, 0.09, twin=True), INK)
    c.paint(c.line(0.14, -0.2, 0.4, -0.22, 0.06, twin=True), hues.shade)
    c.paint(c.line(0, 0.1, 0, 0.3, 0.06), 0.8 * skin)
    c.paint(c.line(0, 0.52, 0.2, 0.48, 0.09, twin=True), (190, 70, 70))


def house(c: Canvas, hues: Hues, rng: Rng) -> None:
    """Walls, a roof, a chimney, a door and two windows."""
    top = rng.uniform(1.0, 1.4, len(c.pixels))
    c.paint(c.polygon((0.45, -1.2), (0.7, -1.2), (0.7, -0.2), (0.45, -0.2)), hues.shade)
    c.paint(c.polygon((-0.9, -0.25), (0.9, -0.25), (0.9, 1.1), (-0.9, 1.1)), hues.coat)
    c.paint(c.polygon((0, -top), (1.15, -0.2), (-1.15, -0.2)), hues.accent)
    c.paint(c.polygon((-0.2, 0.35), (0.2, 0.35), (0.2, 1.1), (-0.2, 1.1)), hues.shade)
    c.paint(c.polygon((0.35, 0.05), (0.7, 0.05), (0.7, 0.4), (0.35, 0.4), twin=True), hues.mark)
    c.paint(c.line(0.525, 0.05, 0.525, 0.4, 0.05, twin=True), hues.coat)
    c.paint(c.line(0.35, 0.225, 0.7, 0.225, 0.05, twin=True), hues.coat)


def tree(c: Canvas, hues: Hues, rng: Rng) -> None:
    """A trunk under a round crown, with fruit."""
    n = len(c.pixels)
    c.paint(c.polygon((-0.15, 0.2), (0.15, 0.2), (0.22, 1.3), (-0.22, 1.3)), hues.shade)
    c.paint(c.ellipse(0.5, -0.1, rng.uniform(0.45, 0.6, n), 0.5, twin=True), hues.coat)
    c.paint(c.ellipse(0, -0.6, 0.65, rng.uniform(0.55, 0.7, n)), hues.coat)
    for x, y in ((0.0, -0.75), (0.3, -0.35), (0.6, 0.05)):
        c.paint(c.ellipse(x, y, 0.1, 0.1, twin=True), hues.accent)


def fish(c: Canvas, hues: Hues, rng: Rng) -> None:
    """A body with a tail, a fin and two stripes."""
    tall = rng.uniform(0.45, 0.65, len(c.pixels))
    c.paint(c.ellipse(0.05, -tall, 0.4, 0.25), hues.shade)
    c.paint(c.polygon((0.75, 0), (1.25, -0.55), (1.15, 0)), hues.shade)
    c.paint(c.polygon((0.75, 0), (1.15, 0), (1.25, 0.55)), hues.shade)
    c.paint(c.ellipse(0, 0, 0.95, tall), hues.coat)
    for x in (0.1, 0.4):
        c.paint(c.line(x, -0.3, x, 0.3, 0.1), hues.accent)
    c.paint(c.ellipse(-0.55, -0.1, 0.14, 0.14), hues.mark)
    c.paint(c.ellipse(-0.58, -0.1, 0.07, 0.07), INK)
    c.paint(c.line(-0.88, 0.15, -0.62, 0.18, 0.06), hues.mark)


def flower(c: Canvas, hues: Hues, rng: Rng) -> None:
    """Eight petals around a disc, on a stem with two leaves."""
    long = rng.uniform(0.35, 0.5, len(c.pixels))
    c.paint(c.line(0, 0.2, 0, 1.6, 0.12), GREEN)
    c.paint(c.ellipse(0.35, 1.05, 0.36, 0.15, twin=True, turn=-0.5), GREEN)
    for turn in np.arange(8) * (np.pi / 4):
        x, y = 0.55 * np.sin(turn), -0.35 - 0.55 * np.cos(turn)
        c.paint(c.ellipse(x, y, 0.22, long, turn=turn), hues.coat)
    c.paint(c.ellipse(0, -0.35, 0.3, 0.3), hues.accent)


def boat(c: Canvas, hues: Hues, rng: Rng) -> None:
    """A hull with a mast, two sails and a pennant."""
    high = rng.uniform(1.0, 1.3, len(c.pixels))
    c.paint(c.polygon((0, -high - 0.15), (0.4, -high - 0.05), (0, 0.05 - high)), hues.accent)
    c.paint(c.line(0, -high - 0.15, 0, 0.7, 0.08), hues.mark)
    c.paint(c.polygon((0.08, -high), (0.95, 0.4), (0.08, 0.4)), hues.coat)
    c.paint(c.polygon((-0.08, 0.2 - high), (-0.08, 0.4), (-0.7, 0.4)), hues.shade)
    c.paint(c.polygon((-1.1, 0.55), (1.1, 0.55), (0.75, 1.05), (-0.75, 1.05)), hues.accent)


OTHERS: tuple[Sketch, ...] = (dog, bear, rabbit, person, house, tree, fish, flower, boat)
