from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from nntui.data import generators
from nntui.data.dataset import BINARY, MULTI_CLASS, REGRESSION, DataError, Dataset
from nntui.data.generators import BUMPS, GENERATORS, LOGIC, TARGETS
from nntui.data.split import SPLIT
from nntui.engine.network import _DROPOUT
from nntui.errors import UserError
from nntui.trainer.batches import ORDER

Array = NDArray[np.float64]
ALL = [(name, target) for name, targets in TARGETS.items() for target in targets]
DRAWN = [(name, target) for name, target in ALL if name != "truth-table"]


def made(name: str, target: str = "", rows: int = 0, noise: float = 0.0, seed: int = 0) -> Dataset:
    return GENERATORS[name](target or TARGETS[name][0], rows, noise, seed)


def labels(data: Dataset) -> NDArray[np.intp]:
    """The class of each sample."""
    return data.T[:, 0].astype(np.intp) if data.task == BINARY else data.T.argmax(axis=1)


def best_half_plane(data: Dataset) -> float:
    """The share of samples on their class's side of the best line through the plane, from a fine fan of them.

    That is the most that one logistic unit can get right.
    """
    is_one, best = labels(data) == 1, 0.0
    for angle in np.linspace(0, np.pi, 60, endpoint=False):
        order = np.argsort(data.X @ (np.cos(angle), np.sin(angle)))
        ones_left = np.concatenate(([0], np.cumsum(is_one[order])))
        zeros_left = np.arange(len(order) + 1) - ones_left
        right = zeros_left + is_one.sum() - ones_left
        best = max(best, right.max() / len(order), 1 - right.min() / len(order))
    return best


def own_neighbours(data: Dataset) -> float:
    """The share of samples whose nearest other sample is of their own class."""
    distance = np.linalg.norm(data.X[:, None] - data.X[None], axis=2) + np.diag(np.full(len(data.X), np.inf))
    return float((labels(data)[distance.argmin(axis=1)] == labels(data)).mean())


@pytest.mark.parametrize(("name", "target"), ALL)
@pytest.mark.parametrize("rows", [0, 40])
def test_every_problem_fits_together(name: str, target: str, rows: int) -> None:
    data = made(name, target, rows, noise=0.1)
    assert (data.name, data.target) == (name, target)
    assert data.X.dtype == data.T.dtype == np.float64
    assert np.isfinite(data.X).all()
    assert np.isfinite(data.T).all()
    assert data.X.shape == (len(data.T), len(data.features))
    assert data.T.shape == (len(data.X), len(data.outputs))
    assert len(set(data.features)) == len(data.features)
    assert data.image is None
    assert data.value_range is None
    assert data.source
    assert data.licence
    if rows:
        assert len(data.X) == rows
    if data.task == REGRESSION:
        assert (data.outputs, data.classes) == ((target,), ())
    elif data.task == BINARY:
        assert len(data.classes) == 2
        assert data.outputs == (target,)
        assert set(np.unique(data.T)) == {0.0, 1.0}
    else:
        assert data.task == MULTI_CLASS
        assert data.outputs == data.classes
        assert len(data.classes) == int(target[0])
        assert (np.sort(data.T, axis=1) == np.eye(len(data.classes))[-1]).all()


@pytest.mark.parametrize(("name", "target"), [(n, t) for n, t in DRAWN if n not in ("plane", "bumps", "function")])
def test_classes_are_balanced(name: str, target: str) -> None:
    for rows in (0, 31):
        counts = np.bincount(labels(made(name, target, rows)))
        assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize(("name", "target"), DRAWN)
def test_the_seed_alone_decides(name: str, target: str) -> None:
    one, again, other = (made(name, target, 50, 0.1, seed) for seed in (3, 3, 4))
    assert one.X.tobytes() == again.X.tobytes()
    assert one.T.tobytes() == again.T.tobytes()
    assert not np.array_equal(one.X, other.X)


@pytest.mark.parametrize(("name", "target"), ALL)
def test_noise_has_its_standard_deviation_and_moves_nothing_else(name: str, target: str) -> None:
    clean, noisy = made(name, target, 20_000), made(name, target, 20_000, noise=0.25)
    still, moved = ("X", "T") if clean.task == REGRESSION else ("T", "X")
    np.testing.assert_array_equal(getattr(clean, still), getattr(noisy, still))
    noise = getattr(noisy, moved) - getattr(clean, moved)
    assert noise.std() == pytest.approx(0.25, rel=0.03)
    assert noise.mean() == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(
    ("target", "column"),
    [
        ("xor", "0110"),
        ("and", "0001"),
        ("or", "0111"),
        ("nand", "1110"),
        ("nor", "1000"),
        ("xnor", "1001"),
        ("parity-3", "01101001"),
        ("parity-4", "0110100110010110"),
        ("majority-3", "00010111"),
    ],
)
def test_truth_tables(target: str, column: str) -> None:
    inputs = LOGIC[target][0]
    data = made("truth-table", target)
    assert data.X.tolist() == [[float(bit) for bit in row] for row in product((0, 1), repeat=inputs)]
    assert "".join(str(int(t)) for t in data.T[:, 0]) == column
    assert data.features == ("x1", "x2", "x3", "x4")[:inputs]
    assert data.classes == ("0", "1")


def test_a_truth_table_is_repeated_but_never_cut() -> None:
    table = made("truth-table", "xor")
    assert len(made("truth-table", "xor", rows=3).X) == 4
    longer = made("truth-table", "xor", rows=10)
    np.testing.assert_array_equal(longer.X, np.concatenate((table.X, table.X, table.X[:2])))
    np.testing.assert_array_equal(longer.T, np.concatenate((table.T, table.T, table.T[:2])))


def test_quadrants_go_by_the_signs() -> None:
    data = made("quadrants", rows=400)
    np.testing.assert_array_equal(data.X[:, 0] * data.X[:, 1] > 0, data.T[:, 0] == 1)
    quadrant = (data.X[:, 0] > 0) * 2 + (data.X[:, 1] > 0)
    assert np.bincount(quadrant).min() > 70
    assert np.abs(data.X).max() <= 1
    assert data.classes == ("differing signs", "same sign")


@pytest.mark.parametrize("count", [2, 3, 4])
def test_gaussians_are_round_clouds_apart(count: int) -> None:
    data = made("gaussians", f"{count} clouds", rows=count * 2000)
    middles = np.array([data.X[labels(data) == k].mean(axis=0) for k in range(count)])
    for k in range(count):
        assert np.cov(data.X[labels(data) == k].T) == pytest.approx(0.16 * np.eye(2), abs=0.015)
    np.testing.assert_allclose(np.linalg.norm(middles, axis=1), 1, atol=0.03)
    apart = [np.linalg.norm(a - b) for i, a in enumerate(middles) for b in middles[:i]]
    assert min(apart) == pytest.approx(2 * np.sin(np.pi / count), abs=0.05)
    nearest = np.linalg.norm(data.X[:, None] - middles, axis=2).argmin(axis=1)
    assert (nearest == labels(data)).mean() > 0.9
    assert data.classes == tuple(f"cloud {k + 1}" for k in range(count))


def test_circles_have_their_radii_and_no_line_parts_them() -> None:
    data = made("circles", rows=400)
    np.testing.assert_allclose(np.linalg.norm(data.X, axis=1), np.where(data.T[:, 0] == 1, 1, 0.5))
    assert data.classes == ("inner ring", "outer ring")
    assert best_half_plane(data) < 0.75
    assert own_neighbours(data) == 1.0


def test_moons_reach_into_each_other() -> None:
    data = made("moons", rows=400)
    upper, lower = data.X[data.T[:, 0] == 0], data.X[data.T[:, 0] == 1]
    np.testing.assert_allclose(np.linalg.norm(upper, axis=1), 1)
    np.testing.assert_allclose(np.linalg.norm(lower - (1, 0.5), axis=1), 1)
    assert upper[:, 1].min() >= 0
    assert lower[:, 1].max() <= 0.5
    assert 0.8 < best_half_plane(data) < 0.95
    assert own_neighbours(data) == 1.0


@pytest.mark.parametrize("arms", [2, 3, 5])
def test_spirals_wind_around_each_other(arms: int) -> None:
    data = made("spirals", f"{arms} arms", rows=200 * arms)
    radius, angle = np.linalg.norm(data.X, axis=1), np.arctan2(data.X[:, 1], data.X[:, 0])
    assert 0.1 <= radius.min() < radius.max() <= 1
    # Wound back by the turns it has made at its radius, each arm is a ray, and the rays are evenly spaced.
    ray = (angle / (2 * np.pi) - 2.5 / arms * radius) * arms
    np.testing.assert_allclose((ray - labels(data) + arms / 2) % arms, arms / 2, atol=1e-9)
    assert own_neighbours(data) > 0.98
    if arms == 2:
        assert best_half_plane(data) < 0.75
    assert data.classes == tuple(f"arm {k + 1}" for k in range(arms))


def test_a_line_parts_two_clouds() -> None:
    assert best_half_plane(made("gaussians", "2 clouds")) > 0.97


def residue(data: Dataset) -> float:
    """The share of the targets' variance that the best plane leaves."""
    A = np.column_stack((data.X, np.ones(len(data.X))))
    rest = data.T - A @ np.linalg.lstsq(A, data.T)[0]
    return float(rest.var() / data.T.var())


def test_a_plane_is_a_plane_and_bumps_are_not() -> None:
    assert residue(made("plane")) < 1e-20
    assert residue(made("bumps")) > 0.5


def test_bumps_have_their_hills_and_valleys() -> None:
    data = made("bumps", rows=20_000)
    for x1, x2, height, _width in BUMPS:
        nearest = np.linalg.norm(data.X - (x1, x2), axis=1).argmin()
        assert data.T[nearest, 0] == pytest.approx(height, abs=0.15)


@pytest.mark.parametrize(
    ("target", "values"),
    [
        ("sin(x)", np.sin),
        ("x^2 - 1", lambda x: x**2 - 1),
        ("exp(-square(x)) * abs(x)", lambda x: np.exp(-(x**2)) * np.abs(x)),
        ("sign(x)", np.sign),
    ],
)
def test_a_function_is_its_expression(target: str, values: Callable[[Array], Array]) -> None:
    data = made("function", target, rows=300)
    np.testing.assert_allclose(data.T, values(data.X), rtol=1e-12, atol=1e-12)
    assert data.features == ("x",)
    assert -np.pi <= data.X.min() < -3
    assert 3 < data.X.max() <= np.pi


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (
            "1/x",
            "data.target = '1/x': is inf at x = 0; must be a finite number for every x from -pi to pi",
        ),
        (
            "log(x)",
            "data.target = 'log(x)': is nan at x = -3; must be a finite number for every x from -pi to pi",
        ),
        ("2 + 1", "data.target = '2 + 1': is 3 for every x, so there is nothing to learn"),
        ("y * 2", "data.target = 'y * 2': 'y' is not known; the one variable is x"),
    ],
)
def test_a_function_that_cannot_be_learned_is_refused(target: str, message: str) -> None:
    with pytest.raises(DataError) as caught:
        made("function", target)
    assert str(caught.value) == message


@pytest.mark.parametrize("target", ["tan(x)", "1/(x - 1)", "1/(x + pi/3)", "exp(exp(exp(x)))", "x^0.5", "2^(1000*x)"])
def test_poles_and_gaps_are_found(target: str) -> None:
    with pytest.raises(DataError, match="must be a finite number for every x"):
        made("function", target)


def test_text_that_is_no_function_is_told() -> None:
    with pytest.raises(UserError):
        made("function", "sin(")


@pytest.mark.parametrize(
    ("name", "target", "rows", "message"),
    [
        ("circles", "", 1, "data.rows = 1: circles needs at least 2"),
        ("spirals", "5 arms", 4, "data.rows = 4: spirals needs at least 5"),
        ("function", "", 1, "data.rows = 1: function needs at least 2"),
        (
            "gaussians",
            "3 cloud",
            0,
            "data.target = '3 cloud': gaussians has the targets 2 clouds, 3 clouds, 4 clouds (did you mean 3 clouds?)",
        ),
        ("moons", "mo\nn", 0, "data.target = 'mo\\nn': moons has the targets moon (did you mean moon?)"),
    ],
)
def test_what_cannot_be_made_is_told_in_one_line(name: str, target: str, rows: int, message: str) -> None:
    with pytest.raises(DataError) as caught:
        made(name, target, rows)
    assert str(caught.value) == message


def test_the_streams_of_a_seed_differ() -> None:
    assert len({generators.GENERATE, SPLIT, ORDER, _DROPOUT}) == 4
