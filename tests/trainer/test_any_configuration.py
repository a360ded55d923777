"""Whatever a configuration asks for: it trains, or one line says why it cannot. Nothing else may come of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nntui import config, knobs
from nntui.config import RunConfig
from nntui.errors import UserError
from nntui.knobs import KNOBS
from nntui.trainer.checkpoints import load_model, save_checkpoint
from nntui.trainer.loop import Loop
from nntui.trainer.problem import Problem, make_problem
from nntui.trainer.recall import make_loop
from tests.trainer.conftest import turn

STEPS = 40

#: What is asked of each data set besides its own targets.
FEATURES = {
    "truth-table": ["x1*x2", "x1", "log(x1)"],
    "function": ["x", "x^2", "sin(x)", "1/x", "exp(900*x)"],
    "iris": ["`petal length`", "sqrt(`petal width`)", "none"],
    **{name: ["x1", "x2", "x1^2", "x1*x2", "exp(x1)"] for name in ("quadrants", "moons", "spirals", "bumps")},
}
EXPRESSIONS = ["sin(x)", "x^2", "1/x", "log(x)", "3", "x^99", "abs(x)*sin(3*x) + 100"]


@st.composite
def data(draw: st.DrawFn) -> dict[str, Any]:
    source = draw(st.sampled_from(list(knobs.TARGETS)))
    targets = EXPRESSIONS if source == "function" else list(knobs.TARGETS[source])
    made: dict[str, Any] = {"source": source, "target": draw(st.sampled_from(["", *targets]))}
    made["rows"] = draw(st.sampled_from([0, 1, 2, 7, 50]) if source != "cat-sketches" else st.sampled_from([2, 7, 20]))
    made["noise"] = draw(st.sampled_from([0.0, 0.3, 100.0]))
    made["test_fraction"] = draw(st.sampled_from([0.0, 0.2, 0.9]))
    made["standardize"] = draw(st.booleans())
    made["image_size"] = draw(st.sampled_from([0, 1, 9])) if source in ("digits", "cat-sketches") else 0
    if source in FEATURES and draw(st.booleans()):
        made["features"] = draw(st.lists(st.sampled_from(FEATURES[source]), max_size=3, unique=True))
    return made


@st.composite
def models(draw: st.DrawFn) -> dict[str, Any]:
    layers = draw(st.lists(st.integers(1, 9), max_size=3))
    activation = draw(st.lists(st.sampled_from(knobs.ACTIVATIONS), min_size=1, max_size=max(1, len(layers))))
    return {
        "layers": layers,
        "activation": activation if len(activation) in (1, len(layers)) else activation[:1],
        "init": draw(st.sampled_from(knobs.INITIALIZERS)),
        "output": draw(st.sampled_from(["auto", "auto", *knobs.OUTPUTS])),
        "loss": draw(st.sampled_from(["auto", "auto", *knobs.LOSSES])),
        "dropout": draw(st.sampled_from([0.0, 0.0, 0.3, 0.95])),
        "leak": draw(st.sampled_from([0.0, 0.01, 1.0])),
        "huber_delta": draw(st.sampled_from([1e-6, 1.0, 1e6])),
        "dtype": draw(st.sampled_from(knobs.DTYPES)),
    }


trainings = st.fixed_dictionaries(
    {
        "optimizer": st.sampled_from(knobs.OPTIMIZERS),
        "lr": st.sampled_from([1e-9, 0.01, 0.5, 1000.0]),
        "schedule": st.sampled_from(knobs.SCHEDULES),
        "schedule_epochs": st.sampled_from([1, 3, 10**15]),
        "schedule_factor": st.sampled_from([0.001, 0.5, 1.0]),
        "warmup": st.sampled_from([0.0, 0.0, 2.5, 1e15]),
        "momentum": st.sampled_from([0.0, 0.9, 0.9999]),
        "beta1": st.sampled_from([0.0, 0.9, 0.99999]),
        "beta2": st.sampled_from([0.0, 0.999, 0.99999]),
        "weight_decay": st.sampled_from([0.0, 0.01, 10.0]),
        "l1": st.sampled_from([0.0, 0.0, 0.01, 1000.0]),
        "l2": st.sampled_from([0.0, 0.0, 0.01, 1000.0]),
        "clip_norm": st.sampled_from([0.0, 0.0, 1e-3, 1e9]),
        "clip_value": st.sampled_from([0.0, 0.0, 1e-3, 1e9]),
        "patience": st.sampled_from([0, 0, 1, 5, 10**15]),
        "batch_size": st.sampled_from([0, 1, 7, 64, 10**9]),
        "epochs": st.sampled_from([1, 3, 10**15]),
        "steps": st.sampled_from([0, 0, 1, 25, 10**15]),
        "seed": st.sampled_from([0, 1, 10**15]),
    }
)


def begin(tables: dict[str, Any]) -> tuple[RunConfig, Problem, Loop] | None:
    """A run before its first step; none where one line says why it cannot be."""
    try:
        made = config.from_dict(tables)
        problem = make_problem(made)
        return made, problem, make_loop(made, problem)
    except UserError as error:
        text = str(error)
        assert text
        assert text.isprintable()
        assert len(text) < 800
        return None


@given(source=data(), model=models(), training=trainings)
@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_any_configuration_trains_or_is_refused_in_one_line(
    source: dict[str, Any], model: dict[str, Any], training: dict[str, Any]
) -> None:
    begun = begin({"data": source, "model": model, "training": training})
    if begun is None:
        return
    _, problem, loop = begun
    due = min(STEPS, loop.remaining)
    happened = loop.run(STEPS)
    assert happened.steps.tolist() == list(range(1, len(happened.steps) + 1))
    finite = np.isfinite(happened.losses) & np.isfinite(happened.norms).all(axis=1)
    if happened.diverged is None:
        assert len(happened.steps) == due or loop.stalled
        assert finite.all()
    else:
        assert finite[:-1].all()
        names = [*(layer.name for layer in loop.network.layers), "loss"]
        told = [f"NaN or infinity, first in {name}" for name in names]
        assert happened.diverged in told if not finite[-1] else happened.diverged.startswith("the loss has exploded")
    assert 0 <= loop.rate <= training["lr"]
    P = problem.scale.inverse(loop.network.predict_proba(problem.inputs(np.arange(len(problem.dataset.X)))))
    assert P.shape == problem.dataset.T.shape


@given(source=data(), model=models(), training=trainings, turned=st.data())
@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
def test_any_live_knob_can_be_turned_to_any_rung_or_is_refused(
    source: dict[str, Any], model: dict[str, Any], training: dict[str, Any], turned: st.DataObject, tmp_path: Path
) -> None:
    begun = begin({"data": source, "model": model, "training": training | {"epochs": 10**6, "steps": 0}})
    if begun is None:
        return
    made, problem, loop = begun
    task = problem.dataset.task
    live = [knob for knob in KNOBS.values() if knob.live]
    for knob in turned.draw(st.lists(st.sampled_from(live), min_size=1, max_size=6)):
        if loop.run(5).diverged or loop.stalled:
            break
        before = loop.network.parameters.copy()
        try:
            value = turned.draw(st.sampled_from([*(knob.choices or knob.ladder)]))
            changed = made.with_value(knob.key, (value,) if isinstance(knob.default, tuple) else value)
            config.check_answer(changed, task)
        except UserError:
            pass
        else:
            made = changed
            turn(loop, made, task)
        np.testing.assert_array_equal(loop.network.parameters, before)
    save_checkpoint(tmp_path, loop, problem, made)
    model_again = load_model(tmp_path)
    rows = np.arange(min(50, len(problem.dataset.X)))
    expected = problem.scale.inverse(loop.network.predict_proba(problem.inputs(rows)))
    np.testing.assert_array_equal(model_again.predict(problem.dataset.X[rows]), expected)


@pytest.mark.parametrize("source", list(knobs.TARGETS))
def test_every_target_of_every_data_set_learns_something(source: str) -> None:
    for target in knobs.TARGETS[source]:
        rows = ["rows=60", "image_size=8"] if source == "cat-sketches" else []
        made = RunConfig().with_settings(
            [f"source={source}", f"target={target}", "test_fraction=0", "layers=16", *rows]
        )
        made = made.with_settings(["optimizer=adam", "lr=0.02", "epochs=150"])
        problem = make_problem(made)
        loop = make_loop(made, problem)
        happened = loop.run(150)
        assert happened.losses[-1] < 0.7 * happened.losses[0], target
