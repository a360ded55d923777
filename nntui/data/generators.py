"""Problems made on the spot: truth tables, clouds and curves on the plane, heights to be learned.

Each generator is called as (target, rows, noise, seed) and gives a :class:`Dataset` of two features x1 and x2, unless
it says otherwise. ``rows`` is how many samples it makes, 0 for as many as are usual. ``noise`` is the standard
deviation of what is added: to the inputs of a classification, to the targets of a regression. The seed alone decides
which samples they are, and the noise does not move what lies beneath it. Classes take turns, so all have the same
number of samples, or one more. Raises DataError for a target that it does not have, or for fewer rows than classes
(for a regression, than two). To add one, write a function and enter it in :data:`GENERATORS`, and its targets in
:data:`TARGETS`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nntui.data.dataset import BINARY, MULTI_CLASS, REGRESSION, Column, DataError, Dataset
from nntui.data.files import quoted
from nntui.data.preparation import NUMPY_FUNCTIONS
from nntui.errors import closest
from nntui.expressions import parse

Array = NDArray[np.float64]
Rng = np.random.Generator

#: Tells this use of a run's seed from others, such as the dropout's.
GENERATE = 4
#: How many samples are usual on the plane, and on a line.
PLANE_ROWS, LINE_ROWS = 400, 200

#: The logical functions: how many inputs each has, and for how many ones among them it is 1.
LOGIC: dict[str, tuple[int, tuple[int, ...]]] = {
    "xor": (2, (1,)),
    "and": (2, (2,)),
    "or": (2, (1, 2)),
    "nand": (2, (0, 1)),
    "nor": (2, (0,)),
    "xnor": (2, (0, 2)),
    "parity-3": (3, (1, 3)),
    "parity-4": (4, (1, 3)),
    "majority-3": (3, (2, 3)),
}
#: The hills and valleys of "bumps": x1, x2, height, width (the standard deviation of the Gaussian).
BUMPS = ((-0.5, 0.5, 1.0, 0.3), (0.55, 0.4, -0.9, 0.28), (-0.45, -0.5, -0.7, 0.25), (0.4, -0.5, 0.8, 0.3))
#: Where a function may have a pole: fractions of pi and plain numbers, from −π to π.
PROBES = np.concatenate((np.arange(-12, 13) / 4, np.arange(-1200, 1201) * (np.pi / 1200)))
#: Beyond this a function is taken for one that goes to infinity, which floating point only nearly does.
LARGEST = 1e9

#: What can be learned from each generator, the usual target first; that of "function" may be any expression in x.
TARGETS: dict[str, tuple[str, ...]] = {
    "truth-table": tuple(LOGIC),
    "quadrants": ("quadrant",),
    "gaussians": ("2 clouds", "3 clouds", "4 clouds"),
    "circles": ("ring",),
    "moons": ("moon",),
    "spirals": ("2 arms", "3 arms", "5 arms"),
    "plane": ("height",),
    "bumps": ("height",),
    "function": ("sin(x)",),
}


def truth_table(target: str, rows: int, noise: float, seed: int) -> Dataset:
    """A logical function of x1, x2 …: all its rows, the last input changing fastest, again and again up to ``rows``."""
    inputs, ones = LOGIC[_known("truth-table", target)]
    number = np.arange(max(rows, 2**inputs)) % 2**inputs
    bits = (number[:, None] >> np.arange(inputs)[::-1] & 1).astype(np.float64)
    label = np.isin(bits.sum(axis=1), ones).astype(np.intp)
    X = bits + _noise(noise, np.random.default_rng([seed, GENERATE]), bits.shape)
    return _classified("truth-table", target, X, label, ("0", "1"))


def quadrants(target: str, rows: int, noise: float, seed: int) -> Dataset:
    """The square −1..1, where the class is whether x1 and x2 have the same sign: exclusive or, spread out."""
    _known("quadrants", target)
    rng, label = _generator("quadrants", rows, 2, seed), _turns(rows, 2)
    X = rng.uniform(0.05, 1.0, (len(label), 2)) * rng.choice((-1.0, 1.0), (len(label), 1))
    X[label == 0, 1] *= -1
    return _classified("quadrants", target, X + _noise(noise, rng, X.shape), label, ("differing signs", "same sign"))


def gaussians(target: str, rows: int, noise: float, seed: int) -> Dataset:
    """Round clouds of standard deviation 0.4, their middles evenly spaced on the unit circle."""
    count = int(_known("gaussians", target).split()[0])
    rng, label = _generator("gaussians", rows, count, seed), _turns(rows, count)
    angle = 2 * np.pi * (label / count + 1 / 8)
    X = np.column_stack((np.cos(angle), np.sin(angle))) + rng.normal(0.0, 0.4, (len(label), 2))
    return _classified("gaussians", target, X + _noise(noise, rng, X.shape), label, _numbered("cloud", count))


def circles(target: str, rows: int, noise: float, seed: int) -> Dataset:
    """Two rings around one middle, with the radii 0.5 and 1."""
    _known("circles", target)
    rng, label = _generator("circles", rows, 2, seed), _turns(rows, 2)
    radius, angle = np.where(label, 1.0, 0.5), rng.uniform(0.0, 2 * np.pi, len(label))
    X = np.column_stack((radius * np.cos(angle), radius * np.sin(angle)))
    return _classified("circles", target, X + _noise(noise, rng, X.shape), label, ("inner ring", "outer ring"))


def moons(target: str, rows: int, noise: float, seed: int) -> Dataset:
    """Two half circles of radius 1, each with a horn in the other's bay."""
    _known("moons", target)
    rng, label = _generator("moons", rows, 2, seed), _turns(rows, 2)
    angle = rng.uniform(0.0, np.pi, len(label))
    x1 = np.where(label, 1 - np.cos(angle), np.cos(angle))
    x2 = np.where(label, 0.5 - np.sin(angle), np.sin(angle))
    X = np.column_stack((x1, x2))
    return _classified("moons", target, X + _noise(noise, rng, X.shape), label, ("upper moon", "lower moon"))


def spirals(target: str, rows: int, noise: float, seed: int) -> Dataset:
    """Arms that wind outwards from the middle to the unit circle, about 0.4 apart."""
    arms = int(_known("spirals", target).split()[0])
    rng, label = _generator("spirals", rows, arms, seed), _turns(rows, arms)
    radius = rng.uniform(0.1, 1.0, len(label))
    angle = 2 * np.pi * (label / arms + 2.5 / arms * radius)
    X = np.column_stack((radius * np.cos(angle), radius * np.sin(angle)))
    return _classified("spirals", target, X + _noise(noise, rng, X.shape), label, _numbered("arm", arms))


def plane(target: str, rows: int, noise: float, seed: int) -> Dataset:
    """The height 1 + 2 x1 − 3 x2 of a tilted plane over the square −1..1."""
    _known("plane", target)
    rng = _generator("plane", rows, 2, seed)
    X = rng.uniform(-1.0, 1.0, (rows or PLANE_ROWS, 2))
    height = 1 + 2 * X[:, 0] - 3 * X[:, 1]
    return _measured("plane", target, X, height + _noise(noise, rng, height.shape))


def bumps(target: str, rows: int, noise: float, seed: int) -> Dataset:
    """The height of two Gaussian hills and two valleys, :data:`BUMPS`, over the square −1..1."""
    _known("bumps", target)
    rng = _generator("bumps", rows, 2, seed)
    X = rng.uniform(-1.0, 1.0, (rows or PLANE_ROWS, 2))
    x1, x2, top, width = np.array(BUMPS).T
    square = (X[:, :1] - x1) ** 2 + (X[:, 1:] - x2) ** 2
    height = np.exp(-square / (2 * width**2)) @ top
    return _measured("bumps", target, X, height + _noise(noise, rng, height.shape))


def function(target: str, rows: int, noise: float, seed: int) -> Dataset:
    """An expression in x, for x from −π to π: one feature, x.

    Raises ExpressionError for text that is no expression, and DataError for one that has other names, that is not a
    finite number everywhere or that is the same everywhere.
    """
    expression = parse(target)
    if other := sorted(expression.names - {"x"}):
        raise DataError(f"data.target = {quoted(target)}: {quoted(other[0])} is not known; the one variable is x")
    rng = _generator("function", rows, 2, seed)
    X = rng.uniform(-np.pi, np.pi, (rows or LINE_ROWS, 1))
    probes = np.concatenate((PROBES, X[:, 0]))
    with np.errstate(all="ignore"):
        values = np.broadcast_to(expression.evaluate({"x": probes}, NUMPY_FUNCTIONS), probes.shape)
    bad = ~(np.abs(values) <= LARGEST)
    if bad.any():
        where = int(np.argmax(bad))
        raise DataError(
            f"data.target = {quoted(target)}: is {values[where]:.3g} at x = {probes[where]:.4g}; "
            "must be a finite number for every x from -pi to pi"
        )
    if np.ptp(values) == 0:
        raise DataError(f"data.target = {quoted(target)}: is {values[0]:.3g} for every x, so there is nothing to learn")
    height = values[-len(X) :]
    return _measured("function", target, X, height + _noise(noise, rng, height.shape))


def _known(name: str, target: str) -> str:
    """The target, if the generator of this name has it. Raises DataError."""
    targets = TARGETS[name]
    if target not in targets:
        allowed = ", ".join(targets)
        raise DataError(f"data.target = {quoted(target)}: {name} has the targets {allowed}{closest(target, targets)}")
    return target


def _generator(name: str, rows: int, least: int, seed: int) -> Rng:
    """What draws the samples. Raises DataError for a number of rows below the least, other than 0."""
    if rows and rows < least:
        raise DataError(f"data.rows = {rows}: {name} needs at least {least}")
    return np.random.default_rng([seed, GENERATE])


def _turns(rows: int, classes: int) -> NDArray[np.intp]:
    """The class of each sample, in turn."""
    return np.arange(rows or PLANE_ROWS) % classes


def _noise(deviation: float, rng: Rng, shape: tuple[int, ...]) -> Array:
    return rng.normal(0.0, deviation, shape)


def _numbered(what: str, count: int) -> tuple[str, ...]:
    return tuple(f"{what} {number}" for number in range(1, count + 1))


def _classified(name: str, target: str, X: Array, label: NDArray[np.intp], classes: tuple[str, ...]) -> Dataset:
    """A classification; ``label`` says for each sample which of the classes it belongs to."""
    binary = len(classes) == 2
    T = label.astype(np.float64).reshape(-1, 1) if binary else np.eye(len(classes))[label]
    outputs = (target,) if binary else classes
    return _made(name, target, X, T, BINARY if binary else MULTI_CLASS, outputs, classes)


def _measured(name: str, target: str, X: Array, height: Array) -> Dataset:
    """A regression of one output."""
    return _made(name, target, X, height.reshape(-1, 1), REGRESSION, (target,), ())


def _made(
    name: str, target: str, X: Array, T: Array, task: str, outputs: tuple[str, ...], classes: tuple[str, ...]
) -> Dataset:
    features = ("x",) if X.shape[1] == 1 else tuple(f"x{number}" for number in range(1, X.shape[1] + 1))
    return Dataset(
        name=name,
        X=X,
        T=T,
        task=task,
        columns=tuple(Column(feature) for feature in features),
        target=target,
        outputs=outputs,
        classes=classes,
        source="made by this program",
        licence="none needed",
    )


GENERATORS: dict[str, Callable[[str, int, float, int], Dataset]] = {
    "truth-table": truth_table,
    "quadrants": quadrants,
    "gaussians": gaussians,
    "circles": circles,
    "moons": moons,
    "spirals": spirals,
    "plane": plane,
    "bumps": bumps,
    "function": function,
}
