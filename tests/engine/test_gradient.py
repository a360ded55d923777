"""What :meth:`Network.gradient` takes, and what it gives: the way of loops that count microseconds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import DTypeLike, NDArray

from nntui.engine import ACTIVATIONS, Network, make_optimizer, with_ones
from tests.engine.cases import EVERY_KIND, PAIRS, batch
from tests.engine.memory import peak_of

Array = NDArray[Any]
Layout = Callable[[Array], Array]


def every_second_row(array: Array) -> Array:
    """The same rows, as a view of an array with others between them."""
    wide = np.full((2 * len(array), array.shape[1]), 7, array.dtype)
    wide[::2] = array
    return wide[::2]


def rows_of_columns(array: Array) -> Array:
    """The same rows, as a batch of a longer data set that lies column by column."""
    longer = np.full((len(array) + 5, array.shape[1]), 7, array.dtype, order="F")
    longer[2:-3] = array
    return longer[2:-3]


LAYOUTS: dict[str, Layout] = {
    "by rows": np.ascontiguousarray,
    "by columns": np.asfortranarray,
    "transposed twice": lambda array: array.T.copy().T.T.T,
    "every second row": every_second_row,
    "some rows of columns": rows_of_columns,
    "backwards": lambda array: array[::-1].copy()[::-1],
}
#: Those without gaps in the memory, which no product copies.
WHOLE: tuple[Layout, ...] = (np.ascontiguousarray, np.asfortranarray)


def results(net: Network, X: Array, T: Array) -> tuple[Array, Array, float]:
    """The logits, the gradient and the loss of a batch."""
    net.gradients[:] = np.nan  # what is left from before must not matter
    with np.errstate(over="ignore"):
        Z = net.gradient(X, T)
        return Z.copy(), net.gradients.copy(), net.batch_loss(Z, T)


def network(kind: tuple[str, str, str], dtype: DTypeLike, sizes: tuple[int, ...] = (4, 5, 3, 3)) -> Network:
    activation, loss, output = kind
    net = Network(sizes, activation=activation, loss=loss, output=output, seed=1, dtype=dtype)
    net.parameters += np.random.default_rng(2).normal(0, 0.3, net.parameters.shape)  # biases that are not 0
    return net


def assert_close(found: tuple[Array, Array, float], expected: tuple[Array, Array, float], dtype: DTypeLike) -> None:
    eps = float(np.finfo(dtype).eps)
    for ours, theirs in zip(map(np.asarray, found), map(np.asarray, expected), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=200 * eps, atol=50 * eps)


def test_a_column_of_ones_is_the_last_one_and_the_data_lie_column_by_column() -> None:
    X = np.arange(6, dtype=np.float32).reshape(3, 2)
    found = with_ones(X)
    np.testing.assert_array_equal(found, [[0, 1, 1], [2, 3, 1], [4, 5, 1]])
    assert found.dtype == np.float32
    assert found.flags.f_contiguous
    found[:] = 7
    assert X[0, 1] == 1
    assert with_ones(X[:0]).shape == (0, 3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", EVERY_KIND)
def test_with_and_without_the_column_of_ones_all_layouts_give_the_same(
    kind: tuple[str, str, str], dtype: DTypeLike
) -> None:
    X, T = batch(9, 4, 3, dtype, output=kind[2])
    net = network(kind, dtype)
    expected = results(net, X, T)
    for lay_x in LAYOUTS.values():
        for lay_t in LAYOUTS.values():
            assert_close(results(net, lay_x(X), lay_t(T)), expected, dtype)
            assert_close(results(net, lay_x(with_ones(X)), lay_t(T)), expected, dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("ones", [False, True])
def test_the_layout_of_the_targets_changes_no_bit(ones: bool, dtype: DTypeLike) -> None:
    for kind in [("tanh", *pair) for pair in PAIRS]:
        X, T = batch(9, 4, 3, dtype, output=kind[2])
        X, net = with_ones(X) if ones else X, network(kind, dtype)
        expected = results(net, X, T)
        for lay in LAYOUTS.values():
            for found, bits in zip(results(net, X, lay(T)), expected, strict=True):
                np.testing.assert_array_equal(np.asarray(found), bits)


@given(
    sizes=st.lists(st.integers(1, 9), min_size=2, max_size=5),
    samples=st.integers(1, 20),
    pair=st.sampled_from(PAIRS),
    activation=st.sampled_from(list(ACTIVATIONS)),
    layouts=st.tuples(*[st.sampled_from(list(LAYOUTS.values()))] * 2),
    dtype=st.sampled_from([np.float32, np.float64]),
    seed=st.integers(0, 99),
)
@settings(deadline=None, max_examples=100)
def test_networks_and_batches_of_any_size_give_the_same_with_and_without_ones(
    sizes: list[int],
    samples: int,
    pair: tuple[str, str],
    activation: str,
    layouts: tuple[Layout, Layout],
    dtype: DTypeLike,
    seed: int,
) -> None:
    X, T = batch(samples, sizes[0], sizes[-1], dtype, seed, pair[1])
    net = network((activation, *pair), dtype, tuple(sizes))
    lay_x, lay_t = layouts
    expected = results(net, X, T)
    assert_close(results(net, lay_x(with_ones(X)), lay_t(T)), expected, dtype)


@pytest.mark.parametrize(("activation", "loss", "output"), EVERY_KIND)
def test_double_precision_is_not_held_to_the_digits_of_single(activation: str, loss: str, output: str) -> None:
    """The slope of the mean loss along a direction, by a difference that only double precision resolves."""
    X, T = batch(9, 4, 3, output=output)
    net = network((activation, loss, output), np.float64)
    direction = np.random.default_rng(3).standard_normal(net.parameters.shape)
    slope = float(results(net, X, T)[1].dot(direction))
    start, costs = net.parameters.copy(), []
    for h in (1e-5, -1e-5):
        net.parameters[:] = start + h * direction
        costs.append(results(net, X, T)[2])
    assert (costs[0] - costs[1]) / 2e-5 == pytest.approx(slope, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("ones", [False, True])
def test_the_logits_are_a_batch_s_until_the_next_one(ones: bool) -> None:
    X, T = batch(10, 4, 3, output="softmax")
    net = network(("tanh", "cross-entropy", "softmax"), np.float64)
    expected, X = net.forward(X), with_ones(X) if ones else X
    for start, stop in [(0, 4), (4, 8), (8, 10), (0, 10), (3, 4)]:
        Z = net.gradient(X[start:stop], T[start:stop])
        assert Z.shape == (stop - start, 3)
        np.testing.assert_allclose(Z, expected[start:stop], rtol=1e-13, atol=1e-15)
        cost = net.batch_loss(Z, T[start:stop])
        assert cost == pytest.approx(net.losses_of(Z, T[start:stop]).mean(), rel=1e-14)
        np.testing.assert_allclose(Z, expected[start:stop], rtol=1e-13, atol=1e-15)  # the loss leaves them be
    kept = net.gradient(X[:4], T[:4])
    net.gradient(X[4:8], T[4:8])
    np.testing.assert_allclose(kept, expected[4:8], rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", EVERY_KIND)
def test_batches_by_rows_or_columns_with_or_without_ones_allocate_nothing(
    kind: tuple[str, str, str], dtype: DTypeLike
) -> None:
    net = network(kind, dtype, (64, 256, 64, 10))
    X, T = batch(128, 64, 10, dtype, output=kind[2])
    with np.errstate(over="ignore"):
        for data in (lay(array) for lay in WHOLE for array in (X, with_ones(X))):
            for targets in (lay(T) for lay in LAYOUTS.values()):

                def step(data: Array = data, targets: Array = targets) -> None:
                    net.batch_loss(net.gradient(data, targets), targets)

                assert peak_of(step, 5) < 4096  # an array of the outputs, (128, 10), has 5 KiB or more


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_targets_of_a_single_output_in_any_layout_allocate_nothing(dtype: DTypeLike) -> None:
    net = Network((6, 8, 1), dtype=dtype)
    X, T = batch(2000, 6, 1, dtype)
    for targets in (lay(T) for lay in LAYOUTS.values()):

        def step(targets: Array = targets) -> None:
            net.batch_loss(net.gradient(X, targets), targets)

        assert peak_of(step, 5) < 4096  # the targets have 8 KiB or more


def test_inputs_of_double_precision_are_refused_by_a_network_of_single_and_change_nothing() -> None:
    X, T = batch(6, 4, 3)
    net = Network((4, 5, 3))
    for data in (X, with_ones(X)):
        with pytest.raises(ValueError, match="output array is not acceptable"):
            net.gradient(data, T.astype(np.float32))
    assert not net.gradients.any()


@pytest.mark.parametrize("data", [np.float32, np.float64])
def test_inputs_of_less_precision_and_targets_of_any_are_right(data: DTypeLike) -> None:
    X, T = (array.astype(np.float32) for array in batch(6, 4, 3))
    net = network(("tanh", "cross-entropy", "sigmoid"), data)
    expected = results(net, X.astype(data), T.astype(data))
    for other in (np.float32, np.float64, np.int64, np.bool_):
        for lay in LAYOUTS.values():
            assert_close(results(net, X, lay(T.astype(other))), expected, data)


@pytest.mark.parametrize("columns", [1, 3, 6])
def test_inputs_with_other_columns_are_refused(columns: int) -> None:
    net = Network((4, 5, 1))
    with pytest.raises(ValueError, match="not aligned"):
        net.gradient(np.ones((6, columns), np.float32), np.ones((6, 1), np.float32))


def test_a_batch_without_rows_or_with_targets_of_another_shape_is_refused() -> None:
    X, T = batch(6, 4, 3, np.float32)
    net = Network((4, 5, 3))
    for data in (X, with_ones(X)):
        with pytest.raises(ValueError, match=r"T has the shape \(3, 6\): must be \(6, 3\)"):
            net.gradient(data, T.T)
        with pytest.raises(ValueError, match="X has no rows"):
            net.gradient(data[:0], T[:0])


def overflowing() -> tuple[Network, Array, Array]:
    X, T = np.full((2, 3), 1e30, np.float32), np.zeros((2, 1), np.float32)
    net = Network((3, 4, 1), activation="identity", output="identity", loss="squared-error")
    net.parameters[:] = 1e5
    return net, X, T


def test_the_warnings_of_a_gradient_a_loss_and_a_penalty_are_the_caller_s() -> None:
    net, X, T = overflowing()
    Z = net.gradient(X * 1e-30, T)
    Z[:] = 1e30
    told: list[Callable[[], object]] = [
        lambda: net.batch_loss(Z, T),
        lambda: net.add_penalty(0.0, 1e38),
        lambda: net.gradient(X, T),
        lambda: net.gradient(with_ones(X), T),
    ]
    for call in told:
        with np.errstate(over="raise"), pytest.raises(FloatingPointError, match="overflow"):
            call()
        with np.errstate(over="ignore", invalid="ignore"):
            call()


def test_what_a_script_calls_is_silent_whatever_the_caller_asks() -> None:
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        for optimizer in ("sgd", "adam"):
            net, X, T = overflowing()
            assert not np.isfinite(net.backward(X, T, l1=1e38, l2=1e38))
            Z = net.forward(X)
            assert not np.isfinite(Z).any()
            assert not np.isfinite(net.losses_of(Z, T)).any()
            net.predict(X)
            net.step(X, T, optimizer=optimizer, lr=1e30)
            assert not np.isfinite(net.fit(X, T, epochs=2, optimizer=optimizer, lr=1e30)).any()


def test_a_gradient_is_right_again_after_one_that_was_not_finite() -> None:
    X, T = batch(6, 4, 3, np.float32, output="softmax")
    net = network(("gelu", "cross-entropy", "softmax"), np.float32)
    for data in (X, with_ones(X)):
        before = results(net, data, T)
        with np.errstate(invalid="ignore"):
            net.gradient(np.full_like(data, np.nan), T)
        assert np.isnan(net.gradients).all()
        for found, expected in zip(results(net, data, T), before, strict=True):
            np.testing.assert_array_equal(np.asarray(found), expected)


def test_a_training_with_the_column_of_ones_is_that_without() -> None:
    X, T = batch(12, 4, 2)
    plain, quick = (Network((4, 6, 2), dropout=0.3, dtype=np.float64) for _ in range(2))
    for net, data in ((plain, X), (quick, with_ones(X))):
        optimizer = make_optimizer("adam", net.parameters)
        for _ in range(50):
            net.gradient(data, T)
            net.add_penalty(0.01, 0.01)
            optimizer.step(net.parameters, net.gradients, 0.01)
    assert np.abs(plain.parameters - Network((4, 6, 2), dtype=np.float64).parameters).max() > 0.1
    np.testing.assert_allclose(quick.parameters, plain.parameters, rtol=1e-8, atol=1e-10)
