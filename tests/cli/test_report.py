"""``nntui show``: what is told of a run that has ended, whatever it predicts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nntui.cli.report import report
from nntui.store import catalog
from tests.tui import recorded
from tests.tui.recorded import Shape

Show = Callable[[Shape], str]


def told(folder: Path) -> str:
    return report(folder, catalog.open_run(folder))


@pytest.fixture
def show(tmp_path: Path) -> Show:
    """The report of a recorded run."""
    return lambda shape: told(recorded.finished(tmp_path / "runs", shape))


def section(text: str, start: str) -> list[list[str]]:
    """The words of the lines below the one that starts so, up to a blank line."""
    lines = text.splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith(start))
    end = next((i for i in range(first, len(lines)) if not lines[i]), len(lines))
    return [line.split() for line in lines[first + 1 : end]]


def test_parameters_are_counted_by_layer_and_in_all(show: Show) -> None:
    text = show(recorded.images())
    rows = section(text, "layer ")[:4]
    assert [row[-1] for row in rows] == ["1,300", "147", "8", "1,455"]
    assert rows[0][2:6] == ["64", "→", "20", "relu"]
    assert "rule of thumb: 10 samples for each parameter, 14,550; here it learns from 48" in text


def test_only_knobs_that_matter_are_told(show: Show) -> None:
    keys = [row[0] for row in section(show(recorded.images()), "key ")]
    assert {"training.lr", "data.source", "model.activation"} <= set(keys)
    assert {"training.beta1", "training.momentum", "model.leak", "model.huber_delta"}.isdisjoint(keys)


def test_knobs_of_the_chosen_optimizer_are_told(show: Show) -> None:
    rows = {row[0]: row[1] for row in section(show(recorded.heights()), "key ")}
    assert (rows["training.optimizer"], rows["training.beta2"]) == ("adam", "0.999")


def test_every_knob_is_told_of_a_run_that_this_version_could_not_make(tmp_path: Path) -> None:
    folder = recorded.finished(tmp_path / "runs", recorded.table())
    recorded.execute(
        folder, "UPDATE run SET config = ?", '{"data": {"source": "gone"}, "model": {}, "training": {"lr": 0.5}}'
    )
    rows = {row[0]: row[1] for row in section(told(folder), "key ")}
    assert (rows["data.source"], rows["training.lr"]) == ("gone", "0.5")
    assert "training.beta1" in rows


def test_of_two_classes_target_and_probability_are_told(show: Show) -> None:
    text = show(recorded.images())
    assert "worst predictions at step 2,000 (10 of 60 wrong)" in text
    header, first, *rest = section(text, "worst predictions")
    assert header == ["row", "part", "target", "P(odd)", "verdict"]
    assert first == ["28", "training", "odd", "0.4060", "wrong"]
    assert len(rest) == 9


def test_of_several_classes_target_and_prediction_are_told(show: Show) -> None:
    text = show(recorded.species())
    assert "(4 of 30 wrong)" in text
    header, first, *_ = section(text, "worst predictions")
    assert header == ["row", "part", "target", "predicted", "P(predicted)", "P(target)", "verdict"]
    assert first == ["28", "held", "out", "versicolor", "virginica", "0.5544", "0.4258", "wrong"]


def test_of_numbers_the_error_and_r2_are_told(show: Show) -> None:
    shape = recorded.heights()
    text = show(shape)
    assert "(R² 0.9408 of 40 rows)" in text
    header, first, *_ = section(text, "worst predictions")
    assert header == ["row", "part", "height", "predicted", "error"]
    target, predicted, error = map(float, first[2:])
    assert target == pytest.approx(shape.T[int(first[0]) - 1, 0])
    assert predicted - target == pytest.approx(error)


def test_of_many_outputs_the_first_are_told(show: Show) -> None:
    shape = recorded.heights()
    several = replace(shape, T=np.hstack([shape.T] * 5), outputs=tuple("abcde"))
    header, first, *_ = section(show(several), "worst predictions")
    assert [name for name in header if len(name) == 1] == ["a", "b", "c"]
    assert len(first) == len(header)


def test_a_run_of_an_older_version_is_binary(tmp_path: Path) -> None:
    folder = recorded.finished(tmp_path / "runs", recorded.images())
    recorded.execute(folder, "UPDATE run SET data = json_remove(data, '$.task', '$.outputs')")
    assert "(10 of 60 wrong)" in told(folder)


def test_what_the_figures_warn_of_is_told_with_what_one_might_turn(tmp_path: Path) -> None:
    recording = recorded.Recording(tmp_path / "runs", recorded.images(), old=True)
    recording.train(2000)
    recording.commit(latest=recording.status.latest | {"dead": [0.75, 0.1, 0.0]})
    header, *rows = section(told(recording.end()), "what to look at")
    assert header == ["warning", "because", "what", "one", "might", "turn"]
    dead = " ".join(next(row for row in rows if row[0] == "dead"))
    assert dead == "dead layer 1: 75% of the units are dead lower lr, or turn activation to leaky-relu"


def test_where_nothing_is_to_be_warned_of_nothing_is_told(show: Show) -> None:
    assert "what to look at" not in show(recorded.table())
