"""Metrics and networks as files."""

from __future__ import annotations

import csv
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from nntui import presets
from nntui.cli import main
from nntui.store import catalog
from nntui.store.folder import CHECKPOINTS
from nntui.trainer.checkpoints import Model, load_model
from nntui.trainer.problem import make_problem
from nntui.trainer.weights import initial_network
from tests.cli.conftest import Nntui
from tests.cli.models import train


@pytest.fixture
def iris(nntui_home: Path) -> Model:
    """The newest checkpoint of a short run called iris, in the data folder of this test."""
    place = train(nntui_home, ["features=`petal length`,`petal width`^2"], name="iris", preset="iris")
    return load_model(place / CHECKPOINTS)


def test_metrics_have_a_row_for_every_step(demo: Path, nntui: Nntui, tmp_path: Path) -> None:
    file = tmp_path / "metrics.csv"
    done = nntui("export", "demo", str(file))
    assert (done.returncode, done.stdout) == (0, "")
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    trained = [row for row in rows if row["loss"]]
    assert [int(row["step"]) for row in trained] == list(range(1, 3001))
    assert float(trained[0]["loss"]) > 0.5 > float(trained[-1]["loss"]) > 0
    assert trained[0]["loss_min"] == trained[0]["loss_max"] == trained[0]["loss"]
    assert float(rows[-1]["accuracy"]) == 1
    assert {"grad_norm/layer 1", "grad_norm/output", "lr"} <= rows[0].keys()


@pytest.mark.parametrize("ending", [".safetensors", ".npz", ".NPZ"])
def test_weights_are_those_of_the_newest_checkpoint(ending: str, iris: Model, tmp_path: Path) -> None:
    file = tmp_path / f"weights{ending}"
    assert main(["export", "iris", str(file)]) == 0
    if ending == ".safetensors":
        named: dict[str, Any] = load_file(file)
    else:
        with np.load(file) as opened:
            named = dict(opened)
    for layer in iris.network.layers:
        assert (named[f"{layer.name}.W"] == layer.W).all()
        assert (named[f"{layer.name}.b"] == layer.b).all()
    assert named["input.mean"].shape == (2,)


@pytest.mark.parametrize("ending", [".safetensors", ".npz"])
def test_a_run_can_start_at_the_weights_of_another(ending: str, iris: Model, tmp_path: Path) -> None:
    file = tmp_path / f"weights{ending}"
    assert main(["export", "iris", str(file)]) == 0
    settings = ["features=`petal length`,`petal width`^2", f"weights={file}", "seed=5"]
    config = presets.find("iris").load().with_settings(settings)
    network = initial_network(config, make_problem(config))
    assert network.parameters.tobytes() == iris.network.parameters.tobytes()


def test_an_onnx_model_predicts_what_nntui_predicts(iris: Model, tmp_path: Path) -> None:
    onnxruntime: Any = pytest.importorskip("onnxruntime")
    file = tmp_path / "iris.onnx"
    assert main(["export", "iris", str(file)]) == 0
    X = np.array([[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]], np.float32)
    P, classes = onnxruntime.InferenceSession(file).run(["P", "class"], {"X": X})
    expected = iris.predict(X)
    np.testing.assert_allclose(P, expected, rtol=1e-5, atol=1e-6)
    assert classes.tolist() == expected.argmax(axis=1).tolist()


def test_without_the_package_onnx_it_says_how_to_get_it(
    iris: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.delitem(sys.modules, "nntui.cli.onnx", raising=False)
    monkeypatch.delattr("nntui.cli.onnx", raising=False)
    assert main(["export", "iris", str(tmp_path / "iris.onnx")]) == 2
    assert capsys.readouterr().err == "nntui: an .onnx file needs the package onnx: pip install 'nntui[onnx]'\n"
    assert not list(tmp_path.glob("iris*"))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("metrics.parquet", "must be .csv (metrics), .onnx, .safetensors, .npz (network) or .zip (all)"),
        ("weights.safetensor", "did you mean .safetensors?"),
        ("metrics", "has no ending"),
        ("nowhere/metrics.csv", "cannot be written: No such file or directory"),
        ("there.csv", "is already there; --force replaces it"),
    ],
)
def test_a_file_that_cannot_be_written_is_told(name: str, told: str, demo: Path, nntui: Nntui, tmp_path: Path) -> None:
    (tmp_path / "there.csv").write_text("kept")
    done = nntui("export", "demo", str(tmp_path / name))
    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert (tmp_path / "there.csv").read_text() == "kept"
    assert not list(tmp_path.glob(".*"))


def test_without_a_checkpoint_there_is_no_network_to_write(
    iris: Model, nntui_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place, _ = catalog.find_run(nntui_home / "runs", "iris")
    (place / CHECKPOINTS / "latest.safetensors").unlink()
    assert main(["export", "iris", str(tmp_path / "iris.npz")]) == 2
    assert "no checkpoint yet" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.npz"))


def test_force_replaces_a_file(demo: Path, nntui: Nntui, tmp_path: Path) -> None:
    file = tmp_path / "there.csv"
    file.write_text("old")
    assert nntui("export", "demo", str(file), "--force").returncode == 0
    assert file.read_text().startswith("step,")


@pytest.mark.parametrize("command", ["export", "predict"])
def test_an_older_checkpoint_is_told(
    command: str,
    iris: Model,
    nntui_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = [command, "iris", *([str(tmp_path / "iris.npz")] if command == "export" else [])]
    assert main(arguments) == 0
    assert "checkpoint of step" not in capsys.readouterr().err
    place, record = catalog.find_run(nntui_home / "runs", "iris")
    killed = replace(record, step=record.step + 5)
    monkeypatch.setattr(catalog, "find_run", lambda runs, name: (place, killed))
    assert main([*arguments, *(["--force"] if command == "export" else [])]) == 0
    told = f"checkpoint of step {iris.step}; the run is at step {iris.step + 5}"
    assert told in capsys.readouterr().err
