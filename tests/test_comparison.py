"""In what runs differ, which belong together, and which ended best."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nntui import comparison
from nntui.config import RunConfig
from nntui.store.records import RunRecord
from tests.test_runfilter import RUN


def run(*settings: str, **latest: Any) -> RunRecord:
    return replace(RUN, config=RunConfig().with_settings(list(settings)).to_dict(), latest=latest)


def test_only_what_is_not_the_same_differs() -> None:
    runs = [run("lr=0.1", "layers=3", "seed=1"), run("lr=0.1", "layers=3,2", "seed=2")]
    assert comparison.differences(runs) == {"layers": ["[3]", "[3, 2]"], "seed": ["1", "2"]}
    assert comparison.differences(runs[:1]) == comparison.differences([]) == {}


def test_a_knob_that_is_called_as_a_figure_is_cannot_be_taken_for_it() -> None:
    runs = [run("steps=3", "source=plane", "target=height", f"loss={loss}") for loss in ("huber", "squared-error")]
    assert comparison.differences(runs) == {"model.loss": ["huber", "squared-error"]}
    assert comparison.differences([runs[0], run("steps=4")])["training.steps"] == ["3", "4"]
    assert not {"loss", "steps", "epochs"} & comparison.differences([run(), run("steps=9", "epochs=3")]).keys()


def test_runs_that_differ_only_in_their_seed_belong_together() -> None:
    runs = [run("seed=1"), run("lr=0.5"), run("seed=2"), run("lr=0.5", "seed=9"), run("lr=0.5", "dropout=0.1")]
    assert comparison.groups(runs) == [[0, 2], [1, 3], [4]]


def test_metrics_are_what_was_recorded_those_that_all_runs_know_first() -> None:
    runs = [run(loss=1.0, lr=0.1, grad_norm=[1.0]), run(bleu=3.0, val_loss=2.0, done=True, loss=None)]
    assert comparison.metrics(runs) == ["loss", "val_loss", "bleu"]


def test_final_values_are_mean_and_deviation_of_the_finite() -> None:
    runs = [run(loss=1.0), run(loss=3.0), run(loss=math.nan), run(), run(loss=5.0)]
    found = comparison.final(runs, "loss")
    assert found == comparison.Final(3.0, 2.0, 3, 4)
    assert comparison.final(runs, "accuracy") is None
    assert comparison.final(runs[:1], "loss") == comparison.Final(1.0, None, 1, 1)
    alone = comparison.final(runs[2:3], "loss")
    assert alone is not None
    assert math.isnan(alone.mean)
    assert (alone.spread, alone.n, alone.runs) == (None, 0, 1)


@pytest.mark.parametrize(("metric", "best"), [("loss", 1.0), ("val_accuracy", 3.0), ("r2", 3.0), ("bleu", 1.0)])
def test_the_best_is_the_least_but_of_scores_the_greatest(metric: str, best: float) -> None:
    assert comparison.best(metric, [3.0, None, 1.0, math.nan, math.inf]) == best


@pytest.mark.parametrize("values", [[], [None], [1.0], [1.0, 1.0], [1.0, math.nan]])
def test_where_nothing_is_better_nothing_is_best(values: list[float | None]) -> None:
    assert comparison.best("loss", values) is None


@given(st.lists(st.none() | st.floats()), st.sampled_from(["loss", "accuracy"]))
def test_ranks_put_the_best_first_and_what_is_no_number_last(values: list[float | None], metric: str) -> None:
    ranked = sorted(values, key=lambda value: comparison.rank(metric, value))
    finite = [value is not None and math.isfinite(value) for value in ranked]
    assert finite == sorted(finite, reverse=True)
    best = comparison.best(metric, values)
    assert best is None or ranked[0] == best
