"""What the figures of a run warn of: made-up histories, and networks that were really trained wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nntui import diagnosis, launch, presets
from nntui.diagnosis import Finding
from nntui.store import catalog
from nntui.store.reader import Reader
from nntui.store.records import Curve, LayerRecord, RunRecord

#: Steps of a made-up run, and of each of its buckets.
STEPS, BUCKET = 2400, 100
BUCKETS = STEPS // BUCKET
FALLING = np.linspace(0.7, 0.2, BUCKETS)


def run(activation: str = "tanh", layers: int = 3, **changes: Any) -> RunRecord:
    """A run in its 2400th step."""
    made = tuple(LayerRecord(f"layer {i}", 8, 8, activation, 72) for i in range(1, layers))
    output = LayerRecord("output", 8, 1, "sigmoid", 9)
    fields: dict[str, Any] = dict.fromkeys(("id", "name", "preset", "title", "reason", "host"), "")
    fields |= dict.fromkeys(("created", "heartbeat", "progress", "steps_per_s", "elapsed"), 0.0)
    fields |= {"state": "running", "pid": 1, "step": STEPS, "epoch": 1, "steps_left": 0, "layers": (*made, output)}
    return RunRecord(**fields | {"latest": {"accuracy": 0.7}} | changes)


def curve(name: str, values: Any, bad: Sequence[int] = ()) -> Curve:
    """A curve of one value, or of one for each bucket, some of which were not finite at one step."""
    mean = np.broadcast_to(np.asarray(values, np.float32), BUCKETS).copy()
    last = np.arange(1, BUCKETS + 1) * BUCKET
    broken = np.isin(np.arange(BUCKETS), bad).astype(np.int64)
    return Curve(name, last - BUCKET + 1, last, np.full(BUCKETS, BUCKET), mean, mean, mean, mean, broken)


def healthy(record: RunRecord) -> dict[str, Curve]:
    """Histories with nothing to be said of them."""
    curves = [curve("loss", FALLING), curve("val_loss", FALLING + 0.05)]
    for layer in record.layers:
        figures = {"grad_norm": 0.1, "update_ratio": 1e-3, "dead": 0.0, "saturated": 0.1}
        curves += [curve(f"{kind}/{layer.name}", value) for kind, value in figures.items()]
    return {one.name: one for one in curves}


def found(record: RunRecord, *changed: Curve) -> tuple[Finding, ...]:
    return diagnosis.findings(record, healthy(record) | {one.name: one for one in changed})


def only(record: RunRecord, *changed: Curve) -> Finding:
    """The only finding."""
    findings = found(record, *changed)
    assert len(findings) == 1, findings
    return findings[0]


def test_nothing_is_said_of_a_healthy_run() -> None:
    assert found(run()) == ()


def test_the_series_that_are_looked_at_are_named() -> None:
    assert set(diagnosis.series(run())) == set(healthy(run()))


def test_a_gradient_that_vanishes_is_measured_against_the_outputs() -> None:
    finding = only(run(layers=4), curve("grad_norm/layer 1", 2.5e-6), curve("grad_norm/layer 2", 5e-5))
    assert (finding.kind, finding.layers) == (diagnosis.VANISHING, (0, 1))
    assert finding.text == "layer 1: gradient 2.5e-6, 1/40,000 of the output's, and 1 more alike"
    assert finding.advice == "try activation relu with init he, or fewer layers"


def test_against_a_gradient_that_vanishes_below_relu_another_activation_is_no_help() -> None:
    finding = only(run("relu"), curve("grad_norm/layer 1", 0.0))
    assert finding.text == "layer 1: no gradient at all"
    assert "activation" not in finding.advice


def test_a_gradient_that_grows_explodes() -> None:
    finding = only(run(), curve("grad_norm/layer 2", np.geomspace(0.1, 1e4, BUCKETS)), curve("grad_norm/output", 10.0))
    assert (finding.kind, finding.layers) == (diagnosis.EXPLODING, (1,))
    assert finding.text.startswith("layer 2: gradient 4,020, ")
    assert "times that of the beginning" in finding.text
    assert finding.advice == "lower lr, or set clip_norm to 1"


def test_a_gradient_that_grows_from_layer_to_layer_explodes() -> None:
    finding = only(run(), curve("grad_norm/layer 1", 500.0))
    assert (finding.kind, finding.text) == (diagnosis.EXPLODING, "layer 1: gradient 500, 5,000 times the output's")


def test_of_a_run_whose_numbers_are_none_nothing_else_is_said() -> None:
    dead = curve("dead/layer 1", 1.0)
    finding = only(run(), curve("grad_norm/layer 2", 0.1, bad=[BUCKETS - 1]), dead)
    assert (finding.kind, finding.text) == (diagnosis.EXPLODING, "the gradient of layer 2 was not finite")
    diverged = only(run(state="diverged", reason="the loss is no number", step=3), dead)
    assert (diverged.kind, diverged.text) == (diagnosis.EXPLODING, "the loss is no number")


def test_what_was_not_finite_long_ago_is_forgiven() -> None:
    assert found(run(), curve("loss", FALLING, bad=[0, 3])) == ()


@pytest.mark.parametrize(("share", "told"), [(0.39, False), (0.5, True)])
def test_many_dead_units_are_told(share: float, told: bool) -> None:
    findings = found(run("relu"), curve("dead/layer 2", share))
    assert [(f.kind, f.layers) for f in findings] == ([(diagnosis.DEAD, (1,))] if told else [])
    if told:
        assert findings[0].text == "layer 2: 50% of the units are dead"
        assert findings[0].advice == "lower lr, or turn activation to leaky-relu"


def test_full_saturation_is_told_of_hidden_layers_while_something_is_left_to_learn() -> None:
    saturated = [curve("saturated/layer 1", 0.75), curve("saturated/output", 1.0)]
    finding = only(run(), *saturated)
    assert (finding.kind, finding.layers) == (diagnosis.SATURATED, (0,))
    assert finding.text == "layer 1: 75% of the activations are at their limit"
    assert only(run(config={"data": {"standardize": False}}), *saturated).advice.startswith("set standardize to true")
    assert found(run(latest={"accuracy": 1.0}), *saturated) == ()


def test_a_loss_that_stands_still_is_stalled() -> None:
    standing = curve("loss", np.concatenate((FALLING[: BUCKETS // 2], np.full(BUCKETS // 2, 0.45))))
    finding = only(run(), standing)
    assert (finding.kind, finding.layers) == (diagnosis.STALLED, ())
    assert finding.text == "loss 0.45, no lower than a quarter of the run before"
    assert found(run(latest={"accuracy": 1.0}), standing) == ()
    assert found(run(step=99), standing) == ()


def test_what_might_be_turned_depends_on_why_it_stands_still() -> None:
    standing = curve("loss", 0.45)
    tiny = [curve(f"update_ratio/{layer.name}", 1e-8) for layer in run().layers]
    assert only(run(), standing, *tiny).advice == "raise lr: a step moves the weights by 1.0e-8 of their length"
    assert "turn activation to tanh" in only(run("identity"), standing).advice
    assert "give it hidden layers" in only(run(layers=1), standing).advice


def test_steps_that_throw_the_weights_about_are_told() -> None:
    finding = only(run(), curve("update_ratio/output", 0.25))
    assert (finding.kind, finding.layers, finding.advice) == (diagnosis.LARGE_STEPS, (2,), "lower lr")
    assert finding.text == "output: each step moves the weights by 25% of their length"


def test_validation_that_rises_while_training_falls_is_overfitting() -> None:
    finding = only(run(), curve("val_loss", np.linspace(0.4, 0.8, BUCKETS)))
    assert (finding.kind, finding.layers) == (diagnosis.OVERFITTING, ())
    assert finding.text.startswith("validation loss 0.7")
    assert "was 0.4" in finding.text
    assert "dropout" in finding.advice


def test_one_step_raises_nothing() -> None:
    latest = {"grad_norm": [1e-9, 1.0, 1.0], "update_ratio": [5.0] * 3, "dead": [1.0] * 3, "saturated": [1.0] * 3}
    assert found(run(latest=latest)) == ()
    assert {f.kind for f in diagnosis.findings(run(latest=latest), {})} >= {diagnosis.VANISHING, diagnosis.DEAD}


def test_of_a_run_that_recorded_less_less_is_said() -> None:
    record = run(latest={"grad_norm": [None, 0.1], "dead": []})
    assert diagnosis.findings(record, {}) == ()
    assert diagnosis.findings(replace(record, layers=()), {}) == ()


values = st.floats(width=32) | st.sampled_from([0.0, float("nan"), float("inf"), 1e-30, 1e30])


@given(
    st.integers(1, 5),
    st.sampled_from(["running", "diverged", "finished"]),
    st.lists(st.lists(values, min_size=4, max_size=4), min_size=6, max_size=6),
    st.sets(st.integers(0, 23)),
)
def test_every_finding_is_a_line_of_a_known_kind(
    layers: int, state: str, drawn: list[list[float]], bad: set[int]
) -> None:
    """Each kind of series has a value a quarter, or is not there."""
    record = run(layers=layers, state=state)
    kinds = dict(zip(("loss", "val_loss", "grad_norm", "update_ratio", "dead", "saturated"), drawn, strict=True))
    curves = {
        name: curve(name, np.repeat(kinds[name.partition("/")[0]], BUCKETS // 4), list(bad))
        for name in healthy(record)
        if kinds[name.partition("/")[0]][0] != 0
    }
    for finding in diagnosis.findings(record, curves):
        assert finding.kind in diagnosis.KINDS
        assert (finding.text + finding.advice).isprintable()
        assert set(finding.layers) <= set(range(layers))


# Networks that were trained


@pytest.fixture
def trained(nntui_home: Path) -> Callable[..., tuple[Finding, ...]]:
    """The findings of a run of a preset with some settings, once it has ended."""

    def train(preset: str, *settings: str) -> tuple[Finding, ...]:
        folder, trainer = launch.start_run(presets.find(preset).load().with_settings([*settings]), preset=preset)
        trainer.wait(120)
        record = catalog.open_run(folder)
        with closing(Reader(folder)) as reader:
            return diagnosis.findings(record, reader.curves(diagnosis.series(record), 0, record.step, 24))

    return train


Trained = Callable[..., tuple[Finding, ...]]


def test_ten_layers_of_sigmoids_vanish(trained: Trained) -> None:
    findings = trained("deep-binary", "layers=[8,8,8,8,8,8,8,8,8]", "activation=sigmoid", "steps=400")
    first = next(finding for finding in findings if finding.kind == diagnosis.VANISHING)
    assert first.layers[0] < 3
    assert "activation relu" in first.advice


def test_a_rate_that_is_far_too_high_explodes(trained: Trained) -> None:
    (finding,) = trained("bumps", "lr=50", "optimizer=sgd", "steps=1000")
    assert finding.kind == diagnosis.EXPLODING
    assert "lower lr" in finding.advice


def test_units_whose_bias_nothing_overcomes_are_dead(trained: Trained, tmp_path: Path) -> None:
    weights = tmp_path / "dead.npz"
    shapes = {"layer 1.W": (2, 8), "layer 1.b": 8, "output.W": (8, 1), "output.b": 1}
    arrays = {name: np.full(shape, 0.1) for name, shape in shapes.items()} | {"layer 1.b": np.full(8, -10.0)}
    np.savez(weights, allow_pickle=False, **arrays)
    settings = ("source=circles", "layers=[8]", "activation=relu", f"weights={weights}", "steps=300", "lr=0.01")
    dead = next(finding for finding in trained("xor", *settings) if finding.kind == diagnosis.DEAD)
    assert dead.layers == (0,)
    assert "100% of the units are dead" in dead.text


def test_one_unit_stalls_before_exclusive_or(trained: Trained) -> None:
    (finding,) = trained("xor-one-unit", "lr=0.5", "steps=3000")
    assert (finding.kind, finding.layers) == (diagnosis.STALLED, ())
    assert finding.text.startswith("loss 0.693")
    assert "give it hidden layers" in finding.advice


def test_of_a_network_that_learns_well_nothing_is_said(trained: Trained) -> None:
    assert trained("digits", "steps=400") == ()
