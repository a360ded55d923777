"""Every task from its data to predictions: classes, numbers, several outputs, images, crossed features, own files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nntui import config, outcomes
from nntui.config import RunConfig
from nntui.errors import UserError
from nntui.knob import ConfigError
from nntui.trainer.checkpoints import load_model, save_checkpoint
from nntui.trainer.loop import CAPACITY, Loop
from nntui.trainer.problem import Problem, make_problem
from nntui.trainer.recall import make_loop
from nntui.trainer.telemetry import score
from nntui.trainer.weights import initial_network


def configure(*settings: str) -> RunConfig:
    return RunConfig().with_settings(settings)


def learn(settings: RunConfig) -> tuple[Loop, Problem]:
    """A run from the first step to the last."""
    problem = make_problem(settings)
    loop = make_loop(settings, problem)
    while not loop.finished:
        assert loop.run(CAPACITY).diverged is None
    return loop, problem


def worth(settings: RunConfig) -> float:
    """The score of a run on its held-out rows, at its end."""
    loop, problem = learn(settings)
    assert loop.held_out
    return score(loop.network, *loop.held_out, problem.dataset.task)


TASKS = {
    "binary": ("source=moons", "noise=0.1", "epochs=300"),
    "crosses": ("source=quadrants", "features=x1*x2,x1,x2", "epochs=100"),
    "multi-class": ("source=iris", "epochs=100"),
    "sigmoids": ("source=iris", "output=sigmoid", "epochs=100"),
    "images": ("source=digits", "image_size=32", "batch_size=64", "epochs=5"),
    "colours": ("source=cat-sketches", "image_size=12", "rows=60", "epochs=10"),
    "regression": ("source=bumps", "epochs=300"),
    "raw regression": ("source=plane", "standardize=false", "epochs=300"),
    "function": ("source=function", "target=100*x^2 + 5", "epochs=300"),
}


@pytest.mark.parametrize("settings", TASKS.values(), ids=TASKS)
def test_a_checkpoint_predicts_as_the_live_network(settings: tuple[str, ...], tmp_path: Path) -> None:
    made = configure("layers=8", "optimizer=adam", "lr=0.01", *settings)
    loop, problem = learn(made)
    save_checkpoint(tmp_path, loop, problem, made)
    model = load_model(tmp_path)
    dataset = problem.dataset
    P = model.predict(dataset.X)
    live = loop.network.predict_proba(problem.inputs(np.arange(len(dataset.X))))
    np.testing.assert_array_equal(P, problem.scale.inverse(live))
    assert P.shape == dataset.T.shape
    assert (model.task, model.target, model.outputs, model.classes, model.features, model.step) == (
        dataset.task,
        dataset.target,
        dataset.outputs,
        dataset.classes,
        dataset.features,
        loop.step,
    )
    if dataset.task == "regression":
        assert outcomes.r2(P, dataset.T) > 0.8, "in the target's own units"
    else:
        assert outcomes.right(P, dataset.T, dataset.task).mean() > 0.6


# Regression


def test_a_regression_learns_targets_on_a_common_scale() -> None:
    problem = make_problem(configure("source=diabetes", "dtype=float64"))
    T = problem.targets(problem.train)
    np.testing.assert_allclose(T.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(T.std(axis=0), 1, rtol=1e-12)
    np.testing.assert_allclose(problem.scale.inverse(T), problem.dataset.T[problem.train], rtol=1e-12)
    raw = make_problem(configure("source=diabetes", "standardize=false", "dtype=float64"))
    np.testing.assert_array_equal(raw.targets(raw.train), raw.dataset.T[raw.train])


@pytest.mark.parametrize("source", ["bumps", "diabetes", "plane"])
def test_of_the_squared_error_r2_is_what_twice_the_loss_leaves(source: str) -> None:
    loop, problem = learn(configure(f"source={source}", "layers=4", "lr=0.05", "epochs=50", "dtype=float64"))
    loss = loop.network.loss(loop.batches.X, loop.batches.T)
    assert score(loop.network, loop.batches.X, loop.batches.T, "regression") == pytest.approx(1 - 2 * loss, rel=1e-12)
    P = problem.scale.inverse(loop.network.predict_proba(loop.batches.X))
    assert outcomes.r2(P, problem.dataset.T[problem.train]) == pytest.approx(1 - 2 * loss, rel=1e-9)


def test_a_regression_with_its_loss_turned_to_huber_has_the_same_score() -> None:
    loop, _ = learn(configure("source=bumps", "layers=4", "loss=huber", "huber_delta=0.1", "lr=0.05", "epochs=50"))
    before = score(loop.network, loop.batches.X, loop.batches.T, "regression")
    loop.network.configure(loss="squared-error")
    assert score(loop.network, loop.batches.X, loop.batches.T, "regression") == before


# What does not suit


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (("source=iris", "output=identity", "loss=cross-entropy"), "needs the output sigmoid or softmax"),
        (("source=bumps", "output=sigmoid"), "a regression needs identity"),
        (("source=bumps", "output=softmax"), "a regression needs identity"),
        (("source=bumps", "loss=cross-entropy"), "needs the output sigmoid or softmax"),
        (("source=moons", "output=softmax"), "is for more than two classes"),
        (("source=moons", "output=identity", "loss=cross-entropy"), "needs the output sigmoid or softmax"),
    ],
)
def test_an_output_or_a_loss_that_does_not_suit_is_refused(settings: tuple[str, ...], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        configure(*settings)


@pytest.mark.parametrize("missing", ["error", "drop", "mean"])
def test_a_task_found_out_from_a_file_is_held_to_the_output(missing: str, tmp_path: Path) -> None:
    table = tmp_path / "rows.csv"
    table.write_text("a,b,y\n" + "\n".join(f"{n},{n % 3},{n / 7:.3f}" for n in range(30)))
    found = configure(f"source={table}", "output=sigmoid", f"missing={missing}")
    with pytest.raises(UserError, match="a regression needs identity"):
        make_problem(found)
    with pytest.raises(UserError, match="needs the output sigmoid or softmax"):
        make_problem(configure(f"source={table}", "loss=cross-entropy"))


def test_a_target_beyond_the_networks_precision_is_refused_with_its_row(tmp_path: Path) -> None:
    table = tmp_path / "rows.csv"
    table.write_text("a,y\n" + "\n".join(f"{n},{n * 1e38}" for n in range(30)))
    made = configure(f"source={table}", "standardize=false", "test_fraction=0")
    with pytest.raises(UserError, match=r"row 5: the target 'y' is 4e\+38, which float32 cannot hold"):
        make_loop(made, make_problem(made))
    for mended in ("dtype=float64", "standardize=true"):
        made = made.with_settings([mended])
        assert make_loop(made, make_problem(made)).run(1).steps.size == 1


# Own files beside a preset


def preset(folder: Path, data: str, rest: str = "") -> RunConfig:
    path = folder / "mine.toml"
    path.write_text(f"[data]\n{data}\n{rest}\n[training]\noptimizer = 'adam'\nlr = 0.02\nepochs = 400\n")
    return config.load(path)


def test_a_table_is_looked_for_beside_its_preset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    lines = ["size,colour,price,kind"]
    for _ in range(200):
        size, colour = rng.normal(), rng.choice(["red", "blue"])
        price = 3 * size + (colour == "red")
        lines.append(f"{size:.4f},{colour},{price:.4f},{'big' if price > 0.5 else 'small'}")
    lines[3] = ",".join(["", *lines[3].split(",")[1:]])
    (tmp_path / "rows.csv").write_text("\n".join(lines))
    monkeypatch.chdir("/")
    made = preset(tmp_path, 'source = "rows.csv"\nmissing = "mean"')
    assert made.data.source == str(tmp_path / "rows.csv")
    loop, problem = learn(made)
    assert problem.preparation.names == ("size", "colour=blue", "colour=red", "price")
    assert problem.dataset.classes == ("big", "small")
    assert loop.held_out
    assert score(loop.network, *loop.held_out, "binary") > 0.9

    several = preset(
        tmp_path, 'source = "rows.csv"\ntarget = "price"\nfeatures = ["size", "`colour=red`"]\nmissing = "drop"'
    )
    assert worth(several) > 0.99
    relative = RunConfig().to_dict() | {"data": {"source": "sub/rows.csv"}}
    assert config.from_dict(relative).data.source == "sub/rows.csv", "only a file has a folder to look beside"


def test_several_columns_are_learned_together(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(150, 2))
    lines = ["a,b,sum,difference"] + [f"{a:.5f},{b:.5f},{1000 * (a + b):.5f},{a - b:.5f}" for a, b in X]
    (tmp_path / "rows.csv").write_text("\n".join(lines))
    made = preset(tmp_path, 'source = "rows.csv"\ntarget = "sum,difference"')
    loop, problem = learn(made)
    assert problem.dataset.outputs == ("sum", "difference")
    assert loop.network.sizes == (2, 2)
    P = problem.scale.inverse(loop.network.predict_proba(loop.batches.X))
    T = problem.dataset.T[problem.train]
    assert np.abs(T[:, 0]).mean() > 100
    for output in (0, 1):
        assert outcomes.r2(P[:, [output]], T[:, [output]]) > 0.99
    assert worth(made) > 0.99


def test_arrays_are_looked_for_beside_their_preset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    X = rng.normal(size=(120, 4, 3))
    y = X.mean(axis=(1, 2)) > 0
    np.savez(tmp_path / "rows.npz", X=X, y=y.astype(int))
    monkeypatch.chdir("/")
    loop, problem = learn(preset(tmp_path, 'source = "rows.npz"'))
    assert problem.dataset.image == (4, 3, 1)
    assert loop.network.sizes == (12, 1)
    assert loop.held_out
    assert score(loop.network, *loop.held_out, "binary") > 0.9


def test_a_path_of_the_home_folder_is_looked_for_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rows.csv").write_text("a,y\n" + "\n".join(f"{n},{n % 2}" for n in range(20)))
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "presets").mkdir()
    assert len(make_problem(preset(tmp_path / "presets", 'source = "~/rows.csv"')).dataset.X) == 20
    assert configure("source=~/rows.csv").data.source == str(tmp_path / "rows.csv")


def test_a_file_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.csv: there is no such file") as caught:
        make_problem(preset(tmp_path, 'source = "none.csv"'))
    assert len(str(caught.value).splitlines()) == 1


# Sizes


def test_resized_digits_have_the_parameters_of_a_well_known_example() -> None:
    made = configure("source=digits", "image_size=32", "layers=500")
    problem = make_problem(made)
    assert problem.dataset.image == (32, 32, 1)
    assert initial_network(made, problem).parameters.size == 517_510


def test_more_parameters_than_fit_a_memory_are_refused_before_they_are_made() -> None:
    with pytest.raises(ConfigError, match=r"3,600,\d\d\d,\d\d\d parameters; must be at most"):
        configure("source=moons", "layers=60000,60000")
    made = configure("source=cat-sketches", "rows=10", "layers=60000")
    with pytest.raises(UserError, match=r"737,\d\d\d,\d\d\d parameters; must be at most"):
        initial_network(made, make_problem(made))
