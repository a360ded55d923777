"""Metrics and weights as files."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from tests.cli.conftest import Nntui


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


def test_weights_have_the_shapes_of_the_layers(demo: Path, nntui: Nntui, tmp_path: Path) -> None:
    file = tmp_path / "weights.safetensors"
    assert nntui("export", "demo", str(file)).returncode == 0
    arrays = load_file(file)
    assert {name: array.shape for name, array in arrays.items()} == {
        "input.mean": (2,),
        "input.scale": (2,),
        "layer 1.W": (2, 3),
        "layer 1.b": (3,),
        "output.W": (3, 1),
        "output.b": (1,),
    }


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("metrics.npz", "must be .csv (metrics) or .safetensors (weights)"),
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


def test_force_replaces_a_file(demo: Path, nntui: Nntui, tmp_path: Path) -> None:
    file = tmp_path / "there.csv"
    file.write_text("old")
    assert nntui("export", "demo", str(file), "--force").returncode == 0
    assert file.read_text().startswith("step,")
