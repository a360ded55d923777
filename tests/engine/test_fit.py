"""The engine as a library: what a script or a notebook does with it."""

from __future__ import annotations

import doctest
import math
import tracemalloc
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nntui import engine
from nntui.engine import OPTIMIZERS, Network, make_optimizer
from nntui.engine.targets import as_targets
from tests.engine.cases import batch

Array = NDArray[Any]

XOR = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]


def three_clouds(samples: int = 90) -> tuple[Array, Array]:
    rng = np.random.default_rng(0)
    labels = np.arange(samples) % 3
    return np.array([[0, 2], [2, -1], [-2, -1]])[labels] + rng.normal(0, 0.5, (samples, 2)), labels


def test_it_learns_exclusive_or_from_lists() -> None:
    X, y = XOR
    net = Network((2, 4, 1), activation="tanh", seed=0)
    history = net.fit(X, y, epochs=300, lr=0.05)
    assert len(history) == 300
    assert history[0] > 0.6
    assert history[-1] < 0.05
    assert net.predict(X)[:, 0].tolist() == y
    np.testing.assert_array_equal(net.predict_proba(X) > 0.5, np.array(y)[:, None] == 1)


@pytest.mark.parametrize("loss", ["cross-entropy", "squared-error", "huber"])
def test_it_learns_three_classes_from_their_numbers(loss: str) -> None:
    X, labels = three_clouds()
    net = Network((2, 8, 3), activation="relu", output="softmax", loss=loss)
    history = net.fit(X[:60], labels[:60], epochs=60, lr=0.02)
    assert history[-1] < history[0] / 4
    predicted = net.predict(X[60:])
    assert predicted.shape == (30,)
    assert (predicted == labels[60:]).mean() > 0.95
    np.testing.assert_allclose(net.predict_proba(X).sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize("loss", ["squared-error", "huber"])
def test_it_learns_a_sine(loss: str) -> None:
    x = np.linspace(-3, 3, 100)
    net = Network((1, 16, 16, 1), activation="tanh", output="identity", loss=loss)
    net.fit(x[:, None], np.sin(x), epochs=300, lr=0.01)
    assert np.abs(net.predict(x[:, None])[:, 0] - np.sin(x)).max() < 0.15


def test_the_example_in_the_documentation_works() -> None:
    X, y = XOR
    scope: dict[str, Any] = {"X": X, "y": y, "X_new": X[:2]}
    assert engine.__doc__ is not None
    for example in doctest.DocTestParser().get_examples(engine.__doc__):
        exec(example.source, scope)
    assert len(scope["history"]) == 300
    assert scope["network"].predict(X)[:, 0].tolist() == y


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_steps_are_those_of_the_optimizer_with_its_memory(optimizer: str) -> None:
    X, T = batch(8, 4, 1)
    stepped, expected = (Network((4, 5, 1), dtype=np.float64) for _ in range(2))
    method = make_optimizer(optimizer, expected.parameters)
    for _ in range(5):
        cost = stepped.step(X, T[:, 0], optimizer=optimizer, lr=0.02, l2=0.1)
        assert cost == expected.backward(X, T, l2=0.1)
        method.step(expected.parameters, expected.gradients, 0.02)
    np.testing.assert_array_equal(stepped.parameters, expected.parameters)


def test_another_optimizer_starts_with_an_empty_memory() -> None:
    X, T = batch(8, 4, 1)
    net = Network((4, 5, 1), dtype=np.float64)
    net.step(X, T, optimizer="adam")
    net.step(X, T, optimizer="momentum")
    fresh = Network((4, 5, 1), dtype=np.float64)
    fresh.parameters[:] = net.parameters
    assert net.step(X, T, optimizer="adam", lr=0.1) == fresh.step(X, T, optimizer="adam", lr=0.1)
    np.testing.assert_array_equal(net.parameters, fresh.parameters)


def test_an_epoch_goes_once_through_all_rows_and_tells_their_mean_loss() -> None:
    X, T = batch(10, 3, 1)
    net = Network((3, 1), dtype=np.float64)
    assert net.fit(X, T, epochs=2, batch_size=4, lr=1e-300) == pytest.approx([net.loss(X, T)] * 2, rel=1e-12)


def test_batches_are_as_large_as_said_and_drawn_anew_by_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.arange(10.0)[:, None]
    seen: list[list[float]] = []

    def spied(net: Network, X: Array, T: Array, l1: float = 0.0, l2: float = 0.0) -> float:
        seen.append(X[:, 0].tolist())
        return 0.0

    monkeypatch.setattr(Network, "backward", spied)
    net = Network((1, 1))
    for seed in (0, 0, 1):
        net.fit(rows, rows > 4, epochs=2, batch_size=4, seed=seed)
    assert [len(batch) for batch in seen] == [4, 4, 2] * 6
    epochs = [[*seen[i], *seen[i + 1], *seen[i + 2]] for i in range(0, 18, 3)]
    assert all(sorted(epoch) == rows[:, 0].tolist() for epoch in epochs)
    assert epochs[0] != epochs[1]
    assert epochs[:2] == epochs[2:4] != epochs[4:]


def test_the_same_seeds_give_the_same_bits_and_fitting_again_goes_on() -> None:
    X, labels = three_clouds()
    options: dict[str, Any] = {"output": "softmax", "dropout": 0.2}
    nets = [Network((2, 6, 3), seed=seed, **options) for seed in (5, 5, 6)]
    for net in nets:
        net.fit(X, labels, epochs=3, seed=1)
    assert nets[0].parameters.tobytes() == nets[1].parameters.tobytes() != nets[2].parameters.tobytes()
    assert nets[0].fit(X, labels, epochs=3)[0] < Network((2, 6, 3), seed=5, **options).fit(X, labels, epochs=3)[0]


def test_labels_and_one_hot_rows_are_the_same_and_inputs_are_not_touched() -> None:
    X, labels = three_clouds()
    before = X.copy(), labels.copy()
    by_label, by_row = (Network((2, 6, 3), output="softmax") for _ in range(2))
    assert by_label.fit(X, labels, epochs=3) == by_row.fit(X, np.eye(3)[labels], epochs=3)
    assert by_label.parameters.tobytes() == by_row.parameters.tobytes()
    np.testing.assert_array_equal(X, before[0])
    np.testing.assert_array_equal(labels, before[1])


def test_truth_values_are_targets() -> None:
    X, T = batch(10, 3, 2)
    net, same = Network((3, 2)), Network((3, 2))
    assert net.fit(X, T == 1, epochs=2) == same.fit(X, T, epochs=2)


def test_nan_among_the_inputs_is_seen_in_the_loss_of_a_step() -> None:
    X, T = batch(4, 2, 1)
    X[0, 0] = math.nan
    net = Network((2, 3, 1))
    assert math.isnan(net.step(X, T))
    assert np.isnan(net.predict(X)).all()


def test_numbers_beyond_single_precision_give_no_warning() -> None:
    net = Network((1, 1), output="identity", loss="squared-error")
    assert not math.isfinite(net.step([[1e300], [1.0]], [1e300, 0.0]))


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        ([[0.0], [math.nan]], [0, 1], r"X\[1, 0\] = nan: must be a finite number of float32"),
        ([[1e300], [1.0]], [0, 1], r"X\[0, 0\] = inf"),
        ([[0.0], [1.0]], [0, -math.inf], r"y\[1, 0\] = -inf"),
    ],
)
def test_fit_refuses_values_that_are_not_finite(X: Any, y: Any, message: str) -> None:
    net = Network((1, 1), output="identity", loss="squared-error")
    before = net.parameters.copy()
    with pytest.raises(ValueError, match=message):
        net.fit(X, y)
    assert (net.parameters == before).all()


@pytest.mark.parametrize("lr", [0.0, -0.1, math.nan, math.inf, "0.1", None])
def test_a_rate_that_is_no_finite_number_above_0_is_refused(lr: Any) -> None:
    net = Network((3, 1))
    for learn in (net.fit, net.step):
        with pytest.raises(ValueError, match=r"lr = .*: must be a finite number above 0"):
            learn(X3, [0, 1, 1, 0], lr=lr)


@pytest.mark.parametrize("count", [0, -1, 2.5, "3", math.nan])
@pytest.mark.parametrize("name", ["epochs", "batch_size"])
def test_a_count_that_is_no_whole_number_from_1_is_refused(name: str, count: Any) -> None:
    with pytest.raises(ValueError, match=f"{name} = .*: must be a whole number from 1"):
        Network((3, 1)).fit(X3, [0, 1, 1, 0], **{name: count})
    whole: Any = {name: np.int64(1)}
    assert len(Network((3, 1)).fit(X3, [0, 1, 1, 0], **whole)) >= 1


def test_backward_takes_no_inputs_of_another_width() -> None:
    net = Network((3, 1))
    for width in (2, 4):
        with pytest.raises(ValueError, match=r"X has the shape .*: must be \(samples, 3\)"):
            net.backward(np.zeros((4, width)), np.zeros((4, 1)))


def test_one_hot_rows_need_no_table_of_all_classes() -> None:
    tracemalloc.start()
    T = as_targets([0, 2999, 5], (3, 3000), "softmax", is_shares=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert T.argmax(axis=1).tolist() == [0, 2999, 5]
    assert peak < 10 * T.nbytes


X3 = np.zeros((4, 3))
BINARY = Network((3, 1))
CLASSES = Network((3, 2), output="softmax")
NUMBERS = Network((3, 2), output="identity", loss="squared-error")


@pytest.mark.parametrize(
    ("net", "X", "y", "message"),
    [
        (BINARY, np.zeros((4, 2)), [0, 1, 1, 0], r"X has the shape \(4, 2\): must be \(samples, 3\)"),
        (BINARY, np.zeros(3), [0], r"X has the shape \(3,\): must be \(samples, 3\)"),
        (BINARY, X3, [0, 1, 1], r"y has the shape \(3,\): must give \(4, 1\)"),
        (BINARY, X3, np.zeros((4, 2)), r"y has the shape \(4, 2\): must give \(4, 1\)"),
        (BINARY, X3, 1, r"y has the shape \(\): must give \(4, 1\)"),
        (BINARY, X3, [0, 1, 2, 0], "y: targets of a cross-entropy must be 0 or 1"),
        (BINARY, X3, [0, 1, math.nan, 0], "y: targets of a cross-entropy must be 0 or 1"),
        (BINARY, X3, ["no", "yes", "no", "no"], "y: targets of a cross-entropy must be 0 or 1"),
        (BINARY, X3[:0], [], "X has no rows: must have at least 1"),
        (CLASSES, X3, [0, 1, 2, 0], "y: must be numbers of classes, whole numbers from 0 to 1"),
        (CLASSES, X3, [0, 1, 0.5, 0], "y: must be numbers of classes, whole numbers from 0 to 1"),
        (CLASSES, X3, [0, 1, -1, 0], "y: must be numbers of classes, whole numbers from 0 to 1"),
        (CLASSES, X3, ["cat", "dog", "cat", "dog"], "y: must be numbers of classes, whole numbers from 0 to 1"),
        (CLASSES, X3, [[0, 1], [1, 0], [1, 1], [0, 1]], "y: must have one 1 in each row, that of the class"),
        (CLASSES, X3, [[0, 1], [1, 0], [0, 0], [0, 1]], "y: must have one 1 in each row, that of the class"),
        (NUMBERS, X3, [0.0, 1.0, 2.0, 3.0], r"y has the shape \(4,\): must give \(4, 2\)"),
        (NUMBERS, X3, np.full((4, 2), "a lot"), "could not convert string to float: .*a lot"),
        (BINARY, [["a", "b", "c"]], [1], "could not convert string to float: 'a'"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(net: Network, X: Any, y: Any, message: str) -> None:
    before = net.parameters.copy()
    for learn in (net.fit, net.step):
        if len(X):  # a step without rows says so in words of its own
            with pytest.raises(ValueError, match=message) as refused:
                learn(X, y)
            assert "\n" not in str(refused.value)
    with pytest.raises(ValueError, match=message):
        net.fit(X, y)
    np.testing.assert_array_equal(net.parameters, before)


def test_batches_of_nothing_unknown_optimizers_and_inputs_of_another_width_are_refused() -> None:
    y = [0, 1, 1, 0]
    for size in (0, -1):
        with pytest.raises(ValueError, match=f"batch_size = {size}: must be a whole number from 1"):
            BINARY.fit(X3, y, batch_size=size)
    with pytest.raises(ValueError, match="optimizer = 'adma': must be one of sgd, "):
        BINARY.fit(X3, y, optimizer="adma")
    with pytest.raises(ValueError, match="X has no rows"):
        BINARY.step(X3[:0], [])
    for evaluate in (BINARY.predict, BINARY.predict_proba, BINARY.forward):
        with pytest.raises(ValueError, match=r"X has the shape \(4, 2\): must be \(samples, 3\)"):
            evaluate(X3[:, :2])
