from __future__ import annotations

import math
import tracemalloc
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import DTypeLike, NDArray

from nntui.engine import ACTIVATIONS, Network, make_optimizer, network
from tests.engine.cases import EVERY_KIND, PAIRS, batch, train

Array = NDArray[Any]


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


@pytest.mark.parametrize(("activation", "loss", "output"), EVERY_KIND)
def test_the_training_loss_is_the_evaluated_loss_without_penalty(activation: str, loss: str, output: str) -> None:
    X, T = batch(9, 4, 3, output=output)
    net = Network((4, 5, 3, 3), activation=activation, loss=loss, output=output, dtype=np.float64)
    assert net.backward(X, T, l1=0.3, l2=0.7) == pytest.approx(net.loss(X, T), rel=1e-14)


@pytest.mark.parametrize(("l1", "l2"), [(0.0, 0.25), (0.125, 0.0), (0.125, 0.25)])
def test_the_penalty_adds_the_slope_of_l1_and_l2_to_the_gradient_of_the_weights(l1: float, l2: float) -> None:
    X, T = batch(9, 4, 1)
    net = Network((4, 3, 1), dtype=np.float64)
    net.layers[0].W[0, 0] = 0
    net.backward(X, T)
    plain = [(layer.dW.copy(), layer.db.copy()) for layer in net.layers]
    net.backward(X, T, l1, l2)
    for layer, (dW, db) in zip(net.layers, plain, strict=True):
        np.testing.assert_allclose(layer.dW, dW + l1 * np.sign(layer.W) + l2 * layer.W, rtol=1e-14)
        np.testing.assert_array_equal(layer.db, db)


def test_batches_of_changing_size_give_the_gradients_of_a_fresh_network() -> None:
    X, T = batch(12, 4, 1)
    net = Network((4, 5, 1), dtype=np.float64)
    for samples in (12, 5, 1, 12, 7, 3, 2, 12, 5):
        fresh = Network((4, 5, 1), dtype=np.float64)
        assert net.backward(X[:samples], T[:samples]) == fresh.backward(X[:samples], T[:samples])
        np.testing.assert_array_equal(net.gradients, fresh.gradients)


def test_evaluating_does_not_disturb_training() -> None:
    X, T = batch(16, 5, 2, np.float32)
    alone, watched = Network((5, 7, 2), dropout=0.4), Network((5, 7, 2), dropout=0.4)
    optimizers = [make_optimizer("momentum", net.parameters) for net in (alone, watched)]
    for _ in range(20):
        for net, optimizer in zip((alone, watched), optimizers, strict=True):
            net.backward(X, T)
            if net is watched:
                net.predict(X[:3])
                net.loss(X, T)
                net.layer_norms(net.parameters)
                net.norms_of(net.gradients[None])
                net.first_nonfinite(X, 1 - T)
                net.twin(np.float64).backward(X, T)
            optimizer.step(net.parameters, net.gradients, 0.1)
    assert alone.parameters.tobytes() == watched.parameters.tobytes()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_evaluation_of_many_samples_is_the_same_in_chunks(monkeypatch: pytest.MonkeyPatch, activation: str) -> None:
    X, T = batch(50, 5, 3, output="softmax")
    net = Network((5, 7, 3), activation=activation, output="softmax", dtype=np.float64)
    logits, cost = net.forward(X), net.loss(X, T)
    monkeypatch.setattr(network, "CHUNK", 7 * 8)
    np.testing.assert_allclose(net.forward(X), logits, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(net.forward(X[:1]), logits[:1], rtol=1e-12, atol=1e-13)
    assert net.loss(X, T) == pytest.approx(cost, rel=1e-13)
    assert net.forward(X[:0]).shape == (0, 3)


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


def test_a_twin_is_the_same_network_in_another_precision_without_dropout() -> None:
    X, T = batch(9, 4, 2)
    kind: dict[str, Any] = {"activation": ("leaky-relu", "silu"), "output": "softmax", "loss": "huber"}
    net = Network((4, 5, 6, 2), **kind, leak=0.4, huber_delta=0.1, dropout=0.5)
    twin = net.twin(np.float64)
    assert twin.dtype == np.float64
    assert facts(twin) == {**facts(net), "dropout": 0.0}
    assert twin.loss(X, T) == pytest.approx(net.loss(X, T), rel=1e-5)
    np.testing.assert_array_equal(twin.parameters, net.parameters)
    twin.parameters[:] = 0
    assert net.parameters.any()


def test_predictions_of_a_sigmoid_are_probabilities_and_yes_or_no() -> None:
    X, _ = batch(20, 3, 1)
    net = Network((3, 4, 1), dtype=np.float64)
    P = net.predict_proba(X)
    np.testing.assert_allclose(P, 1 / (1 + np.exp(-net.forward(X))), rtol=1e-14)
    np.testing.assert_array_equal(net.predict(X), P >= 0.5)
    assert Network((3, 1), init="zeros").predict(X[:1]) == 1  # P is 0.5
    net.layers[1].b[:] = np.nan
    assert np.isnan(net.predict(X)).all()


def test_predictions_of_a_softmax_are_probabilities_and_the_number_of_the_class() -> None:
    X, _ = batch(20, 3, 4)
    net = Network((3, 5, 4), output="softmax", dtype=np.float64)
    Z = np.exp(net.forward(X))
    np.testing.assert_allclose(net.predict_proba(X), Z / Z.sum(axis=1, keepdims=True), rtol=1e-13)
    np.testing.assert_array_equal(net.predict(X), Z.argmax(axis=1))
    assert len(set(net.predict(X).tolist())) > 1


def test_predictions_of_the_identity_are_the_output() -> None:
    X, _ = batch(20, 3, 2)
    net = Network((3, 4, 2), output="identity", loss="squared-error", dtype=np.float64)
    np.testing.assert_array_equal(net.predict_proba(X), net.forward(X))
    np.testing.assert_array_equal(net.predict(X), net.forward(X))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1e-30, 1e-20, 1.0, 1e20, 1e30])
def test_norms_are_those_of_each_layer_whatever_their_size(size: float, dtype: DTypeLike) -> None:
    net = Network((5, 7, 3, 2), dtype=dtype)
    net.gradients[:] = np.random.default_rng(0).standard_normal(net.gradients.size) * size
    net.parameters[:] = 2 * net.gradients
    norms, expected = np.empty(3), [np.linalg.norm(layer.gradients.astype(np.float64)) for layer in net.layers]
    net.gradient_norms(norms)
    np.testing.assert_allclose(norms, expected, rtol=1e-6)
    np.testing.assert_allclose(net.layer_norms(net.parameters), 2 * norms, rtol=1e-6)
    np.testing.assert_allclose(net.norms_of(np.stack([net.gradients, net.parameters])), [norms, 2 * norms], rtol=1e-6)


def test_squares_beyond_double_precision_give_no_warning() -> None:
    net = Network((2, 3, 1), dtype=np.float64)
    net.gradients[:] = 1e200
    assert np.isposinf(net.norms_of(net.gradients[None])).all()
    norms = np.empty(2)
    net.gradient_norms(norms)
    np.testing.assert_allclose(norms, [3e200, 2e200])


def test_norms_of_what_is_not_finite_are_not_finite() -> None:
    net = Network((2, 3, 1))
    net.gradients[0], net.gradients[-1] = np.nan, -np.inf
    norms = np.empty(2)
    net.gradient_norms(norms)
    assert np.isnan(norms[0])
    assert norms[1] == np.inf
    np.testing.assert_array_equal(net.norms_of(net.gradients[None]), [norms])


@pytest.mark.parametrize(("activation", "loss", "output"), EVERY_KIND)
@given(exponent=st.integers(-38, 38), seed=st.integers(0, 5))
@settings(deadline=None, max_examples=10)
def test_parameters_of_any_size_give_no_warning(
    activation: str, loss: str, output: str, exponent: int, seed: int
) -> None:
    X, T = batch(6, 3, 2, np.float32, output=output)
    net = Network((3, 4, 4, 2), activation=activation, loss=loss, output=output, init="normal", dropout=0.2, seed=seed)
    net.parameters[:] = np.clip(net.parameters, -3, 3) * np.float32(10.0**exponent)
    assert np.isfinite(net.parameters).all()
    net.backward(X, T, l1=1e3, l2=1e3)
    net.gradient_norms(np.empty(3))
    net.norms_of(net.gradients[None])
    net.layer_norms(net.parameters)
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
    net = Network((1, 1, 1), activation="identity", output="identity", loss="squared-error", init="zeros")
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
        ({"activation": ("tanh", "relu")}, r"activation = \('tanh', 'relu'\): must be one name or 1"),
        ({"output": "tanh"}, "output = 'tanh': must be one of sigmoid, softmax, identity"),
        ({"loss": "mse"}, "loss = 'mse': must be one of cross-entropy, squared-error, huber"),
        ({"output": "identity"}, "loss = 'cross-entropy': needs the output sigmoid or softmax, not identity"),
        ({"init": "glorot"}, "init = 'glorot': must be one of zeros, "),
        ({"init": ("he", "he", "he")}, "init = .*: must be one name or 2"),
        ({"leak": -1.0}, "leak = -1.0: must be from 0 to 1"),
        ({"loss": "huber", "huber_delta": -1.0}, "huber_delta = -1.0: must be a number above 0"),
        ({"dropout": 1.0}, "dropout = 1.0: must be from 0 up to, but not, 1"),
        ({"dropout": math.nan}, "dropout = nan: must be from 0 up to, but not, 1"),
        ({"dtype": np.int64}, "dtype = int64: must be float32 or float64"),
    ],
)
def test_what_is_unknown_or_out_of_range_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Network((2, 3, 1), **options)


@pytest.mark.parametrize("sizes", [(3,), (3, 0, 1), (), (3, 2.5, 1)])
def test_impossible_sizes_are_refused(sizes: Sequence[int]) -> None:
    with pytest.raises(ValueError, match=r"sizes = .*: must be two or more whole numbers from 1"):
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


def test_each_layer_has_an_activation_and_an_initializer_of_its_own() -> None:
    net = Network((40, 30, 20, 1), activation=("relu", "gelu"), init=("he", "zeros", "normal"), dtype=np.float64)
    assert [layer.activation for layer in net.layers] == ["relu", "gelu", "sigmoid"]
    assert net.layers[0].W.std() == pytest.approx(math.sqrt(2 / 40), rel=0.1)
    assert not net.layers[1].W.any()
    assert net.layers[2].W.std() == pytest.approx(1, rel=0.5)
    X = np.random.default_rng(0).standard_normal((6, 40))
    net.layers[1].W[:] = 0.1
    A = np.maximum(X @ net.layers[0].W, 0) @ net.layers[1].W
    A = 0.5 * A * (1 + np.tanh(math.sqrt(2 / math.pi) * (A + 0.044715 * A**3)))
    np.testing.assert_allclose(net.forward(X), A @ net.layers[2].W, rtol=1e-12)


SIZES = st.lists(st.integers(1, 9), min_size=2, max_size=6)
ANY_PAIR, SEEDS = st.sampled_from(PAIRS), st.integers(0, 99)


@given(st.data(), SIZES, st.integers(1, 20), ANY_PAIR, SEEDS, st.sampled_from([0.0, 0.5]))
@settings(deadline=None, max_examples=100)
def test_any_network_learns_in_single_as_in_double_precision_and_the_same_way_again(
    data: st.DataObject, sizes: list[int], samples: int, pair: tuple[str, str], seed: int, dropout: float
) -> None:
    layers = len(sizes) - 2
    activation = data.draw(st.lists(st.sampled_from(list(ACTIVATIONS)), min_size=layers, max_size=layers))
    X, T = batch(samples, sizes[0], sizes[-1], np.float32, seed, pair[1])

    def trained(dtype: DTypeLike, dropout: float) -> Network:
        net = Network(
            sizes, activation=activation, loss=pair[0], output=pair[1], seed=seed, dropout=dropout, dtype=dtype
        )
        train(net, X.astype(dtype), T.astype(dtype), 3, 0.05)
        return net

    single, double = trained(np.float32, 0.0), trained(np.float64, 0.0)
    np.testing.assert_allclose(single.parameters, double.parameters, rtol=1e-4, atol=1e-5)
    assert single.forward(X).dtype == np.float32
    assert single.forward(X).shape == single.predict_proba(X).shape == (samples, sizes[-1])
    np.testing.assert_allclose(single.forward(X), double.forward(X), rtol=1e-3, atol=1e-4)
    assert trained(np.float32, dropout).parameters.tobytes() == trained(np.float32, dropout).parameters.tobytes()


# Changing what is done with the parameters


def test_what_is_changed_while_training_is_as_if_it_had_always_been_so() -> None:
    X, T = batch(12, 4, 2)
    net = Network((4, 5, 3, 2), dtype=np.float64)
    train(net, X, T, 5, 0.1)
    parameters = net.parameters
    before = parameters.tobytes()
    settings = {"activation": ("leaky-relu", "silu"), "loss": "huber", "leak": 0.3, "huber_delta": 0.1}
    net.configure(**settings)  # type: ignore[arg-type]
    assert net.parameters is parameters
    assert parameters.tobytes() == before

    fresh = Network((4, 5, 3, 2), dtype=np.float64, **settings)  # type: ignore[arg-type]
    fresh.parameters[:] = parameters
    assert net.backward(X, T) == fresh.backward(X, T)
    np.testing.assert_array_equal(net.gradients, fresh.gradients)
    np.testing.assert_array_equal(net.forward(X), fresh.forward(X))
    assert [layer.activation for layer in net.layers] == ["leaky-relu", "silu", "sigmoid"]
    net.layers[0].W[0, 0] = 7
    assert parameters[0] == 7


def facts(net: Network) -> dict[str, Any]:
    names = [layer.activation for layer in net.layers]
    return {"activation": names, **{name: getattr(net, name) for name in CHANGES if name != "activation"}}


CHANGES = {"activation": "silu", "loss_name": "squared-error", "leak": 0.4, "huber_delta": 3.0, "dropout": 0.5}


@pytest.mark.parametrize("name", CHANGES)
def test_only_what_is_said_is_changed(name: str) -> None:
    net = Network((4, 5, 1), activation="leaky-relu", loss="huber", leak=0.2, huber_delta=2.0, dropout=0.1)
    before = facts(net)
    net.configure(**{name.removesuffix("_name"): CHANGES[name]})  # type: ignore[arg-type]
    assert {key for key, value in facts(net).items() if value != before[key]} == {name}


@pytest.mark.parametrize("wrong", [{"activation": "rleu"}, {"leak": 2.0}, {"huber_delta": 0.0}, {"dropout": 1.0}])
def test_a_change_that_is_refused_changes_nothing(wrong: dict[str, Any]) -> None:
    X, T = batch(6, 4, 1)
    net, untouched = (
        Network((4, 5, 1), activation="leaky-relu", loss="huber", output="identity", huber_delta=0.5, dtype=np.float64)
        for _ in range(2)
    )
    with pytest.raises(ValueError, match="must be"):
        net.configure(**{"loss": "huber", "activation": "relu", **wrong})
    assert facts(net) == facts(untouched)
    assert net.backward(X, T) == untouched.backward(X, T)
    np.testing.assert_array_equal(net.gradients, untouched.gradients)
