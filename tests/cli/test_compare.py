"""Several runs in one table, without a screen."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from nntui.comparison import MOST
from tests.cli.conftest import Nntui
from tests.tui import recorded
from tests.tui.recorded import tuned


@pytest.fixture
def nets(nntui_home: Path) -> Path:
    """Three seeds of one network, of which the second has diverged, and another network."""
    runs = nntui_home / "runs"
    for seed in range(3):
        shape = tuned(recorded.table(), seed=seed)
        run = recorded.Recording(runs, shape, run_id=f"seed{seed}", name="net\x1b[2J", worse=2.0**seed)
        run.train(2000, bad=(2000,) if seed == 1 else ())
        run.end("diverged" if seed == 1 else "finished")
    recorded.execute(runs / "seed1", "UPDATE run SET latest = ?", json.dumps({"loss": math.nan, "accuracy": 0.5}))
    recorded.finished(runs, tuned(recorded.table(), lr=0.5), run_id="other", name="other", worse=1.5)
    return runs


def test_runs_stand_in_a_table_with_what_differs(nets: Path, nntui: Nntui) -> None:
    done = nntui("compare", "other", "seed*")
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    runs, groups = done.stdout.split("\n\n")
    header, *rows = map(str.split, runs.splitlines())
    assert header == ["id", "name", "state", "loss", "accuracy", "lr", "seed", "steps", "time"]
    assert [row[0] for row in rows] == ["other", "seed0", "seed1", "seed2"]
    assert rows[0][2:] == ["finished", "0.1739", "0.9762*", "0.5", "0", "2,000", "1:40"]
    assert rows[1][3] == "0.1159*"
    assert rows[2][3] == "nan"
    header, *rows = map(str.split, groups.splitlines())
    assert header == ["runs", "name", "n", "loss", "accuracy", "lr"]
    assert rows[1][:3] == ["seed0", "seed1", "seed2"]
    assert " 0.2898 ± 0.25 (2 of 3) " in groups
    assert "0.5*" not in groups


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("loss", ["seed0", "other", "seed2", "seed1"]),
        ("accuracy", ["seed0", "seed2", "other", "seed1"]),
        ("steps", ["seed0", "seed1", "seed2", "other"]),
    ],
)
def test_the_best_comes_first_and_what_is_no_number_last(nets: Path, nntui: Nntui, sort: str, first: list[str]) -> None:
    rows = nntui("compare", "seed*", "other", "--sort", sort).stdout.partition("\n\n")[0].splitlines()[1:]
    assert [row.split()[0] for row in rows] == first


def test_programs_read_json(nets: Path, nntui: Nntui) -> None:
    told = json.loads(nntui("compare", "seed*", "other", "--json", "--sort", "loss").stdout)
    assert [run["id"] for run in told["runs"]] == ["seed0", "other", "seed2", "seed1"]
    assert told["runs"][0]["differs"] == {"lr": "0.125", "seed": "0"}
    assert told["runs"][3]["metrics"]["loss"] is None
    assert [group["runs"] for group in told["groups"]] == [["other"], ["seed0", "seed2", "seed1"]]
    assert told["groups"][1]["metrics"]["loss"]["n"] == 2
    assert told["groups"][0]["metrics"]["loss"]["std"] is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("compare", "nosuch", "other"), "no run 'nosuch'"),
        (("compare", "moon*"), "no run is called moon*"),
        (("compare", "seed*", "--sort", "val_loss"), "--sort val_loss: must be one of loss, accuracy, steps, time"),
        (("compare", "seed*", "lss<1"), "lss: no such field (did you mean loss?)"),
        (("watch", "seed*"), "3 runs cannot be followed line by line; nntui compare prints them"),
        (("watch", "seed*", "nosuch"), "no run 'nosuch'"),
        (("compare",), "Missing argument"),
    ],
)
def test_what_cannot_be_had_is_told_in_a_line(nets: Path, nntui: Nntui, arguments: tuple[str, ...], said: str) -> None:
    done = nntui(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_more_than_a_screen_can_hold_are_compared_but_not_watched(nntui_home: Path, nntui: Nntui) -> None:
    for number in range(MOST + 1):
        recorded.Recording(nntui_home / "runs", recorded.table(), run_id=f"run{number}").end()
    assert len(nntui("compare", "run*").stdout.partition("\n\n")[0].splitlines()) == MOST + 2
    done = nntui("watch", "run*")
    assert done.returncode == 2
    assert "33 runs: at most 32 can be watched together" in done.stderr
