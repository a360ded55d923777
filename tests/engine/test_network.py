from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import DTypeLike, NDArray

from nntui.data import Standardizer, load, split
from nntui.engine import ACTIVATIONS, LOSSES, Network, make_optimizer, network

Array = NDArray[Any]

EVERY_KIND = [(activation, loss) for activation in ACTIVATIONS for loss in LOSSES]


def batch(samples: int, inputs: int, outputs: int, dtype: DTypeLike = np.float64, seed: int = 0) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((samples, inputs))
    T = rng.random((samples, outputs)) < 0.5
    return X.astype(dtype), T.astype(dtype)


def train(net: Network, X: Array, T: Array, steps: int, lr: float) -> None:
    optimizer = make_optimizer("sgd", net.parameters)
    for _ in range(steps):
        net.backward(X, T)
        optimizer.step(net.parameters, net.gradients, lr)


def test_layers_are_views_that_cover_the_flat_vectors() -> None:
    net = Network((4, 3, 2, 1), activation="relu")
    assert [layer.name for layer in net.layers] == ["layer 1", "layer 2", "output"]
    assert [layer.activation for layer in net.layers] == ["relu", "relu", "sigmoid"]
    assert [(layer.inputs, layer.outputs) for layer in net.layers] == [(4, 3), (3, 2), (2, 1)]
    net.parameters[:] = np.arange(len(net.parameters))
    net.gradients[:] = -net.parameters
    np.testing.assert_array_equal(np.concatenate([layer.parameters for layer in net.layers]), net.parameters)
    for layer in net.layers:
        np.testing.assert_array_equal(np.concatenate([layer.W.ravel(), layer.b]), layer.parameters)
        np.testing.assert_array_equal(layer.dW, -layer.W)
        np.testing.assert_array_equal(layer.db, -layer.b)
        np.testing.assert_array_equal(layer.gradients, -layer.parameters)


def test_the_same_seed_gives_the_same_bits() -> None:
    X, T = batch(16, 5, 2, np.float32)
    runs = []
    for _ in range(2):
        net = Network((5, 7, 2), seed=3)
        train(net, X, T, 50, 0.1)
        runs.append(net.parameters.tobytes())
    assert runs[0] == runs[1]
    assert Network((5, 7, 2), seed=4).parameters.tobytes() != Network((5, 7, 2), seed=3).parameters.tobytes()


def test_both_precisions_start_at_the_same_weights() -> None:
    single, double = (Network((5, 7, 2), seed=3, dtype=dtype) for dtype in (np.float32, np.float64))
    np.testing.assert_array_equal(single.parameters, double.parameters.astype(np.float32))


@pytest.mark.parametrize(("activation", "loss"), EVERY_KIND)
def test_the_training_loss_is_the_evaluated_loss_without_penalty(activation: str, loss: str) -> None:
    X, T = batch(9, 4, 2)
    net = Network((4, 5, 3, 2), activation=activation, loss=loss, dtype=np.float64)
    assert net.backward(X, T, l2=0.7) == pytest.approx(net.loss(X, T), rel=1e-14)


def test_the_penalty_adds_l2_times_the_weights_to_the_gradient() -> None:
    X, T = batch(9, 4, 1)
    net = Network((4, 3, 1), dtype=np.float64)
    net.backward(X, T)
    plain = [(layer.dW.copy(), layer.db.copy()) for layer in net.layers]
    net.backward(X, T, l2=0.25)
    for layer, (dW, db) in zip(net.layers, plain, strict=True):
        np.testing.assert_allclose(layer.dW, dW + 0.25 * layer.W, rtol=1e-14)
        np.testing.assert_array_equal(layer.db, db)


@pytest.mark.parametrize(("activation", "loss"), EVERY_KIND)
def test_a_step_in_steady_state_allocates_nothing(activation: str, loss: str) -> None:
    net = Network((64, 256, 64, 1), activation=activation, loss=loss)
    X, T = batch(128, 64, 1, np.float32)
    norms = np.empty(len(net.layers))
    net.backward(X, T, l2=0.1)
    tracemalloc.start()
    try:
        for _ in range(100):
            net.backward(X, T, l2=0.1)
            net.gradient_norms(norms)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4096  # the smallest buffer of this step, (128, 64) float32, has 32 KiB


def test_workspaces_of_former_batch_sizes_are_given_back() -> None:
    net = Network((8, 256, 1))
    X, T = batch(1050, 8, 1, np.float32)
    tracemalloc.start()
    try:
        for samples in range(1000, 1050):
            net.backward(X[:samples], T[:samples])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    one_workspace = 3 * 1050 * 257 * 4
    assert peak < (network.WORKSPACES + 2) * one_workspace


def test_batches_of_changing_size_give_the_gradients_of_a_fresh_network() -> None:
    X, T = batch(12, 4, 1)
    net = Network((4, 5, 1), dtype=np.float64)
    for samples in (12, 5, 1, 12, 7, 3, 2, 12, 5):
        fresh = Network((4, 5, 1), dtype=np.float64)
        assert net.backward(X[:samples], T[:samples]) == fresh.backward(X[:samples], T[:samples])
        np.testing.assert_array_equal(net.gradients, fresh.gradients)


def test_evaluating_does_not_disturb_training() -> None:
    X, T = batch(16, 5, 2, np.float32)
    alone, watched = Network((5, 7, 2)), Network((5, 7, 2))
    optimizers = [make_optimizer("momentum", net.parameters) for net in (alone, watched)]
    for _ in range(20):
        for net, optimizer in zip((alone, watched), optimizers, strict=True):
            net.backward(X, T)
            if net is watched:
                net.forward(X)
                net.predict(X[:3])
                net.loss(X, T)
                net.weight_norms()
                net.first_nonfinite(X, 1 - T)
            optimizer.step(net.parameters, net.gradients, 0.1)
    assert alone.parameters.tobytes() == watched.parameters.tobytes()


def test_evaluation_of_many_samples_is_the_same_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    X, _ = batch(50, 5, 2)
    net = Network((5, 7, 2), dtype=np.float64)
    whole = net.forward(X)
    monkeypatch.setattr(network, "CHUNK", 7 * 8)
    np.testing.assert_allclose(net.forward(X), whole, rtol=1e-13)


def test_evaluation_of_many_samples_takes_bounded_memory() -> None:
    net = Network((1, 1024, 1), activation="relu")
    X = np.ones((20_000, 1), np.float32)
    tracemalloc.start()
    try:
        net.forward(X)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 24e6  # the hidden layer's activations for all samples at once are 82 MB


def test_predictions_under_cross_entropy_are_probabilities_and_classes() -> None:
    X, _ = batch(20, 3, 1)
    net = Network((3, 4, 1), dtype=np.float64)
    P = net.predict_proba(X)
    np.testing.assert_allclose(P, 1 / (1 + np.exp(-net.forward(X))), rtol=1e-14)
    np.testing.assert_array_equal(net.predict(X), P >= 0.5)


def test_predictions_under_squared_error_are_the_output() -> None:
    X, _ = batch(20, 3, 2)
    net = Network((3, 4, 2), loss="squared-error", dtype=np.float64)
    np.testing.assert_array_equal(net.predict_proba(X), net.forward(X))
    np.testing.assert_array_equal(net.predict(X), net.forward(X))


def test_norms_are_those_of_each_layer() -> None:
    X, T = batch(16, 5, 2)
    net = Network((5, 7, 2), dtype=np.float64)
    net.backward(X, T)
    norms = np.empty(2)
    net.gradient_norms(norms)
    np.testing.assert_allclose(norms, [np.linalg.norm(layer.gradients) for layer in net.layers])
    np.testing.assert_allclose(net.weight_norms(), [np.linalg.norm(layer.parameters) for layer in net.layers])


@pytest.mark.parametrize(("activation", "loss"), EVERY_KIND)
@given(exponent=st.integers(-38, 38), seed=st.integers(0, 5))
@settings(deadline=None, max_examples=15)
def test_parameters_of_any_size_give_no_warning(activation: str, loss: str, exponent: int, seed: int) -> None:
    X, T = batch(6, 3, 2, np.float32)
    net = Network((3, 4, 4, 2), activation=activation, loss=loss, init="normal", seed=seed)
    net.parameters[:] = np.clip(net.parameters, -3, 3) * np.float32(10.0**exponent)
    assert np.isfinite(net.parameters).all()
    net.backward(X, T, l2=1e3)
    net.gradient_norms(np.empty(3))
    net.weight_norms()
    net.loss(X, T)
    net.predict(X)
    net.first_nonfinite(X, T)


@pytest.mark.parametrize("name", ["layer 1", "layer 2", "output"])
def test_the_layer_with_non_finite_parameters_is_named(name: str) -> None:
    X, T = batch(4, 3, 1, np.float32)
    net = Network((3, 4, 4, 1))
    for layer in net.layers:
        if layer.name >= name:
            layer.b[0] = np.inf
    assert net.first_nonfinite(X, T) == name


def test_the_layer_whose_sums_overflow_is_named() -> None:
    X, T = batch(4, 3, 1, np.float32)
    net = Network((3, 4, 4, 1), activation="identity")
    net.layers[0].W[:] = net.layers[1].W[:] = 1e30
    assert net.first_nonfinite(X, T) == "layer 2"


def test_the_layer_whose_gradient_overflows_is_named_and_the_gradients_are_kept() -> None:
    X, T = np.full((1, 1), 1e30, np.float32), np.ones((1, 1), np.float32)
    net = Network((1, 1, 1), activation="identity", loss="squared-error", init="zeros")
    net.layers[1].W[:] = 1e30
    net.gradients[:] = 7
    assert net.first_nonfinite(X, T) == "layer 1"
    assert (net.gradients == 7).all()
    assert net.first_nonfinite(X, np.full_like(T, np.inf)) == "output"


def test_the_loss_is_named_when_no_layer_is_at_fault() -> None:
    X, T = np.zeros((4, 1), np.float32), np.zeros((4, 1), np.float32)
    net = Network((1, 1))
    net.layers[0].b[:] = 3e38
    assert net.backward(X, T) == np.inf
    assert net.first_nonfinite(X, T) == "loss"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"activation": "rleu"}, "activation = 'rleu': must be one of sigmoid, tanh, relu"),
        ({"loss": "mse"}, "loss = 'mse': must be one of cross-entropy, squared-error"),
        ({"init": "glorot"}, "init = 'glorot': must be one of zeros, normal, xavier, he"),
    ],
)
def test_unknown_names_are_refused_with_the_known_ones(options: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Network((2, 1), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("sizes", [(3,), (3, 0, 1), ()])
def test_impossible_sizes_are_refused(sizes: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="sizes = "):
        Network(sizes)


def test_targets_of_another_shape_are_refused() -> None:
    X, T = batch(4, 3, 1)
    net = Network((3, 1))
    for wrong in (T[:, 0], T[:1]):
        with pytest.raises(ValueError, match=r"must be \(4, 1\)"):
            net.backward(X, wrong)
        with pytest.raises(ValueError, match=r"must be \(4, 1\)"):
            net.loss(X, wrong)
    with pytest.raises(ValueError, match="no rows"):
        net.backward(X[:0], T[:0])


def test_three_sigmoid_units_learn_exclusive_or() -> None:
    data = load("xor")
    net = Network((2, 3, 1), activation="sigmoid")
    train(net, data.X, data.T, 3000, 5.0)
    np.testing.assert_array_equal(net.predict(data.X), data.T)


def test_one_unit_learns_to_tell_malignant_tumours() -> None:
    data = load("breast-cancer")
    rows, held_out = split(data.T, 0.2, seed=0)
    scaling = Standardizer.fit(data.X[rows])
    net = Network((30, 1), init="zeros")
    train(net, scaling.transform(data.X[rows], np.float32), data.T[rows], 300, 0.3)
    assert (net.predict(scaling.transform(data.X[held_out])) == data.T[held_out]).mean() >= 0.95


@pytest.mark.oracle
@pytest.mark.parametrize(("activation", "loss"), EVERY_KIND)
@pytest.mark.parametrize("sizes", [(3, 1), (4, 5, 2), (7, 6, 5, 4, 1)])
def test_loss_and_gradients_are_those_of_pytorch(activation: str, loss: str, sizes: tuple[int, ...]) -> None:
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    X, T = batch(11, sizes[0], sizes[-1], seed=len(sizes))
    net = Network(sizes, activation=activation, loss=loss, seed=1, dtype=np.float64)
    cost = net.backward(X, T, l2=0.3)

    W = [torch.tensor(layer.W, requires_grad=True) for layer in net.layers]
    b = [torch.tensor(layer.b, requires_grad=True) for layer in net.layers]
    activate = {
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": torch.relu,
        "leaky-relu": functional.leaky_relu,
        "identity": lambda z: z,
    }[activation]
    A = torch.tensor(X)
    for i in range(len(W)):
        Z = A @ W[i] + b[i]
        A = activate(Z)
    if loss == "cross-entropy":
        expected = functional.binary_cross_entropy_with_logits(Z, torch.tensor(T), reduction="sum") / len(X)
    else:
        expected = functional.mse_loss(Z, torch.tensor(T), reduction="sum") / (2 * len(X))
    (expected + 0.15 * sum((w**2).sum() for w in W)).backward()

    assert cost == pytest.approx(expected.item(), rel=1e-12)
    for layer, w, bias in zip(net.layers, W, b, strict=True):
        np.testing.assert_allclose(layer.dW, w.grad.numpy(), rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(layer.db, bias.grad.numpy(), rtol=1e-12, atol=1e-14)
