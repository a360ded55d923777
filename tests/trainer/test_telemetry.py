"""What a trainer's slices and evaluations become in the run folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from nntui.config import RunConfig
from nntui.store import folder
from nntui.store.reader import Reader
from nntui.store.writer import Writer
from nntui.trainer import pace, tables
from nntui.trainer.loop import Loop
from nntui.trainer.pace import Pace
from nntui.trainer.problem import Problem, make_problem
from nntui.trainer.recall import make_loop
from nntui.trainer.telemetry import Telemetry


@dataclass
class Bench:
    """A loop, its telemetry, and both ends of its run folder."""

    loop: Loop
    problem: Problem
    writer: Writer
    reader: Reader
    telemetry: Telemetry

    def last(self, name: str) -> float:
        """The newest value of a metric."""
        self.writer.commit()
        return float(self.reader.curves([name], 0, 10**6, 10**6)[name].final[-1])


Make = Callable[..., Bench]


@pytest.fixture
def make(nntui_home: Path) -> Iterator[Make]:
    made = []

    def bench(*settings: str) -> Bench:
        config = RunConfig().with_settings(settings)
        problem = make_problem(config)
        loop = make_loop(config, problem)
        run = folder.create(nntui_home / "runs", name="", preset="test", config=config.to_dict())
        writer = Writer(run)
        made.append(Bench(loop, problem, writer, Reader(run), Telemetry(writer, loop, problem)))
        return made[-1]

    yield bench
    for each in made:
        each.writer.close()
        each.reader.close()


CANCER = ("source=breast-cancer", "layers=4", "lr=0.1")


def test_every_step_has_its_loss_and_the_norm_of_each_layer(make: Make) -> None:
    bench = make(*CANCER)
    losses, norms = [], []
    for count in (3, 1, 5):
        happened = bench.loop.run(count)
        bench.telemetry.record(happened)
        losses += happened.losses.tolist()
        norms += happened.norms.tolist()
    bench.writer.commit()
    curves = bench.reader.curves(["loss", "grad_norm/layer 1", "grad_norm/output"], 1, 9, 100)
    np.testing.assert_array_equal(curves["loss"].first, np.arange(1, 10))
    np.testing.assert_array_equal(curves["loss"].mean, np.array(losses, np.float32))
    np.testing.assert_array_equal(curves["grad_norm/layer 1"].mean, np.array(norms, np.float32)[:, 0])
    np.testing.assert_array_equal(curves["grad_norm/output"].mean, np.array(norms, np.float32)[:, 1])
    assert bench.telemetry.latest["loss"] == losses[-1]
    assert bench.telemetry.latest["grad_norm"] == norms[-1]
    assert bench.telemetry.latest["lr"] == 0.1


def test_a_loss_that_is_no_number_is_null_in_the_figures_and_bad_in_the_curve(make: Make) -> None:
    bench = make(*CANCER)
    bench.loop.network.layers[0].W[...] = np.nan
    bench.telemetry.record(bench.loop.run(5))
    bench.telemetry.evaluate()
    bench.writer.commit()
    assert bench.telemetry.latest["loss"] is None
    assert bench.telemetry.latest["grad_norm"][0] is None
    assert bench.telemetry.latest["val_loss"] is None
    assert bench.reader.curves(["loss"], 0, 10, 10)["loss"].bad.tolist() == [1]


def test_layers_have_their_weight_norm_and_the_ratio_of_their_update(make: Make) -> None:
    bench = make(*CANCER)
    bench.loop.run(4)
    before = [layer.parameters.copy() for layer in bench.loop.network.layers]
    bench.loop.run(1)
    bench.telemetry.record_layers(123.0, 4.5, 6.5)
    for layer, old in zip(bench.loop.network.layers, before, strict=True):
        norm = np.linalg.norm(layer.parameters)
        assert bench.last(f"weight_norm/{layer.name}") == pytest.approx(norm, rel=1e-5)
        ratio = np.linalg.norm(layer.parameters - old) / norm
        assert bench.last(f"update_ratio/{layer.name}") == pytest.approx(ratio, rel=1e-3)
    assert bench.last("steps_per_s") == 123.0
    assert bench.last("lr") == pytest.approx(0.1)


def test_a_layer_of_zeros_has_no_endless_ratio(make: Make) -> None:
    bench = make("source=truth-table", "test_fraction=0", "standardize=false", "init=zeros")
    bench.loop.run(1)
    assert not bench.loop.network.parameters.any(), "for one unit the slope of XOR is 0 in every direction"
    bench.telemetry.record_layers(1.0, 1.0, 1.0)
    assert bench.last("update_ratio/output") == 0


def test_an_evaluation_is_of_all_training_and_all_held_out_rows(make: Make) -> None:
    bench = make(*CANCER)
    bench.loop.run(30)
    bench.telemetry.evaluate()
    network, problem = bench.loop.network, bench.problem
    for rows, name in ((problem.train, "accuracy"), (problem.test, "val_accuracy")):
        right = (network.predict(problem.inputs(rows)) == problem.targets(rows)).mean()
        assert bench.last(name) == pytest.approx(right)
        assert bench.telemetry.latest[name] == pytest.approx(right)
    test = problem.test
    assert bench.last("val_loss") == pytest.approx(network.loss(problem.inputs(test), problem.targets(test)))


def test_a_step_is_evaluated_once(make: Make) -> None:
    bench = make(*CANCER)
    for _ in range(3):
        bench.telemetry.evaluate()
    bench.loop.run(1)
    bench.telemetry.evaluate()
    bench.writer.commit()
    curve = bench.reader.curves(["accuracy"], 0, 1, 10)["accuracy"]
    assert (curve.last.tolist(), curve.count.tolist()) == ([0, 1], [1, 1])


def test_without_held_out_rows_there_is_nothing_to_validate(make: Make) -> None:
    bench = make("test_fraction=0")
    bench.telemetry.evaluate()
    bench.writer.commit()
    assert "accuracy" in bench.reader.series()
    assert not [name for name in bench.reader.series() if name.startswith("val")]


def test_the_run_tells_what_the_network_and_its_data_are(make: Make) -> None:
    bench = make("source=digits", "target=7", "layers=5")
    bench.telemetry.describe()
    bench.writer.commit()
    record = bench.reader.run()
    assert [(layer.name, layer.inputs, layer.outputs) for layer in record.layers] == [
        ("layer 1", 64, 5),
        ("output", 5, 1),
    ]
    assert sum(layer.parameters for layer in record.layers) == bench.loop.network.parameters.size
    assert record.data["classes"] == ["not 7", "7"]
    assert record.data["image"] == [8, 8, 1]
    assert record.data["train_rows"] == len(bench.problem.train)
    assert record.data["test_rows"] == len(bench.problem.test)
    assert record.data["shown_rows"] == 1797


def test_the_prediction_table_shows_raw_inputs_and_the_networks_outputs(make: Make) -> None:
    bench = make(*CANCER)
    bench.telemetry.keep_rows()
    bench.loop.run(10)
    bench.telemetry.evaluate()
    bench.writer.commit()
    rows, predictions = bench.reader.table("rows"), bench.reader.table("predictions")
    assert rows is not None
    assert predictions is not None
    assert predictions[0] == 10
    assert rows[1]["row"].tolist() == list(range(1, 570))
    np.testing.assert_array_equal(rows[1]["X"], bench.problem.dataset.X.astype(np.float32))
    np.testing.assert_array_equal(rows[1]["T"], bench.problem.dataset.T.astype(np.float32))
    assert np.flatnonzero(rows[1]["part"]).tolist() == bench.problem.test.tolist()
    expected = bench.loop.network.predict_proba(bench.problem.inputs(np.arange(569)))
    np.testing.assert_allclose(predictions[1]["P"], expected, rtol=1e-6)


@pytest.mark.parametrize(("limit", "value"), [("TABLE_ROWS", 200), ("TABLE_VALUES", 200 * 30)])
def test_of_large_data_the_held_out_rows_come_first(
    limit: str, value: int, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, limit, value)
    bench = make(*CANCER)
    bench.telemetry.keep_rows()
    bench.writer.commit()
    rows = bench.reader.table("rows")
    assert rows is not None
    shown = rows[1]["row"].tolist()
    assert len(shown) == 200
    assert set((bench.problem.test + 1).tolist()) <= set(shown)
    assert shown == sorted(shown)


def test_times_are_recorded_beside_the_layers(make: Make) -> None:
    bench = make(*CANCER, "batch_size=100")
    bench.loop.run(7)
    bench.telemetry.record_layers(123.0, 4.5, 6.5)
    assert bench.last("elapsed") == 4.5
    assert bench.last("wall") == 6.5
    assert bench.last("epoch") == pytest.approx(bench.loop.epochs_done)


def test_an_evaluation_tells_what_the_units_of_each_layer_do(make: Make) -> None:
    bench = make(*CANCER, "activation=relu")
    first = bench.loop.network.layers[0]
    first.W[:, 2], first.b[2] = 0, -1
    bench.telemetry.evaluate()
    X = bench.problem.inputs(bench.problem.train)
    X = X[np.linspace(0, len(X) - 1, 256).astype(int)]
    A = np.maximum(X @ first.W + first.b, 0)
    P = 1 / (1 + np.exp(-(A @ bench.loop.network.layers[1].W + bench.loop.network.layers[1].b)))
    assert bench.last("act_mean/layer 1") == pytest.approx(A.mean(), rel=1e-5)
    assert bench.last("act_std/layer 1") == pytest.approx(A.std(), rel=1e-5)
    assert bench.last("act_mean/output") == pytest.approx(P.mean(), rel=1e-5)
    assert bench.last("dead/layer 1") == 0.25
    assert bench.last("saturated/output") == pytest.approx(((P <= 0.01) | (P >= 0.99)).mean())
    assert bench.telemetry.latest["dead"] == [0.25, 0]
    assert bench.telemetry.latest["act_mean"] == pytest.approx([A.mean(), P.mean()], rel=1e-5)


def test_the_units_are_looked_at_once_a_step(make: Make) -> None:
    bench = make(*CANCER)
    bench.telemetry.evaluate()
    bench.telemetry.describe()
    bench.telemetry.evaluate()
    bench.loop.run(1)
    bench.telemetry.evaluate()
    bench.writer.commit()
    assert bench.reader.curves(["dead/output"], 0, 1, 10)["dead/output"].count.tolist() == [1, 1]


def test_the_table_of_weights_is_the_network(make: Make) -> None:
    bench = make(*CANCER)
    bench.loop.run(3)
    bench.telemetry.keep_weights(at_rest=False)
    bench.writer.commit()
    found = bench.reader.table("weights")
    assert found is not None
    step, arrays = found
    assert step == 3
    assert sorted(arrays) == ["layer 1.W", "layer 1.b", "output.W", "output.b"]
    for layer in bench.loop.network.layers:
        np.testing.assert_array_equal(arrays[f"{layer.name}.W"], layer.W)
        np.testing.assert_array_equal(arrays[f"{layer.name}.b"], layer.b)
        assert arrays[f"{layer.name}.W"].dtype == np.float32


def test_weights_are_kept_now_and_then_and_always_at_rest(make: Make) -> None:
    bench = make(*CANCER)
    kept = []
    for at_rest in (False, False, True):
        bench.loop.run(1)
        bench.telemetry.keep_weights(at_rest=at_rest)
        bench.writer.commit()
        kept.append(bench.reader.table_step("weights"))
    assert kept == [1, 1, 3]


def test_the_larger_a_table_the_less_often_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("nntui.trainer.pace.time.monotonic", lambda: now[0])
    one = Pace(0.5)
    assert one.due
    one.wrote(1000)
    now[0] += 0.4
    assert not one.due
    now[0] += 0.2
    assert one.due
    one.wrote(10 * pace.BYTES_PER_SECOND)
    now[0] += 9.9
    assert not one.due
    now[0] += 0.2
    assert one.due


def test_weights_that_are_spoiled_or_too_many_are_not_kept(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = make(*CANCER)
    bench.loop.network.parameters[0] = np.inf
    bench.telemetry.keep_weights(at_rest=True)
    bench.writer.commit()
    assert bench.reader.table_step("weights") is None
    bench.loop.network.parameters[0] = 1
    monkeypatch.setattr(tables, "TABLE_WEIGHTS", bench.loop.network.parameters.size - 1)
    bench.telemetry.keep_weights(at_rest=True)
    bench.writer.commit()
    assert bench.reader.table_step("weights") is None


@pytest.mark.parametrize("settings", [CANCER, ("source=diabetes", "layers=3")])
def test_the_history_has_the_loss_of_each_row_that_is_shown(settings: tuple[str, ...], make: Make) -> None:
    bench = make(*settings)
    bench.telemetry.evaluate()
    expected, rows = [], bench.telemetry._tables.shown
    for step in range(2):
        if step:
            bench.loop.run(1)
            let_history_be_due(bench)
            bench.telemetry.evaluate()
        network = bench.loop.network
        Z = network.forward(bench.problem.inputs(rows))
        expected.append(network.losses_of(Z, bench.problem.targets(rows)))
    bench.writer.commit()
    found = bench.reader.table("history")
    assert found is not None
    assert found[1]["steps"].tolist() == [0, 1]
    np.testing.assert_allclose(found[1]["loss"], np.column_stack(expected), rtol=1e-6)


def let_history_be_due(bench: Bench) -> None:
    """Lets the next point of the history be written at once."""
    bench.telemetry._tables._history_pace._due_at = 0.0
