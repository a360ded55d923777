"""What there is: runs, reports, presets, folders."""

from __future__ import annotations

import math
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nntui import config
from nntui.cli import main
from nntui.store import catalog, folder, room
from tests.cli.conftest import Nntui
from tests.tui import recorded

Runs = Callable[[], list[dict[str, Any]]]


def test_no_runs_are_no_error(nntui: Nntui, runs: Runs) -> None:
    done = nntui("runs")
    assert (done.returncode, done.stdout) == (0, "")
    assert "nntui train" in done.stderr
    assert runs() == []


def test_runs_are_listed_newest_first(demo: Path, nntui: Nntui, runs: Runs, nntui_home: Path) -> None:
    settings = config.RunConfig().to_dict()
    newer = folder.create(nntui_home / "runs", name="\x1b[2Jnew", preset="xor", config=settings)
    found = runs()
    assert [one["id"] for one in found] == [newer.name, demo.name]
    assert found[0]["state"] == "starting"
    assert found[0]["loss"] is None
    assert 0 <= time.time() - found[0]["created"] < 600
    assert found[1]["state"] == "finished"
    assert isinstance(found[1]["pid"], int)
    assert found[1]["folder"] == str(demo)
    header, first, second = nntui("runs").stdout.splitlines()
    assert header.split() == ["id", "name", "state", "step", "loss", "size", "age"]
    assert first.split()[0] == newer.name
    assert second.split()[:4] == [demo.name, "demo", "finished", "3,000"]
    assert "\x1b" not in first


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("note", b"a"),
        ("elapsed", math.inf),
        ("origin_step", "x"),
        ("config", "{}"),
        ("config", '{"data": {}, "model": {}, "training": "x"}'),
        ("config", '{"data": {}, "model": {}, "training": {}}'),
        ("config", '{"data": {}, "model": {}, "training": {"steps": "x", "epochs": [], "lr": {}}}'),
        ("layers", '[{"name": "a", "inputs": "x", "outputs": 1, "activation": "relu", "parameters": 3}]'),
    ],
)
def test_a_damaged_run_hides_no_other_and_is_told_of_in_one_line(
    nntui_home: Path, capsys: pytest.CaptureFixture[str], column: str, value: object
) -> None:
    bad = recorded.finished(nntui_home / "runs", recorded.table(), run_id="bad")
    recorded.finished(nntui_home / "runs", recorded.table(), run_id="good")
    recorded.execute(bad, f"UPDATE run SET {column} = ?", value)
    for arguments in ([], ["--json"], ["--sort", "time"], ["note!=a"]):
        assert main(["runs", *arguments]) == 0
        assert "good" in capsys.readouterr().out
    readable = catalog.list_runs(nntui_home / "runs")[-1][1].state != "unreadable"
    for command in (["show", "bad"], ["compare", "good", "bad"], ["watch", "bad"], ["replay", "bad"]):
        code = main(command)
        told = capsys.readouterr().err
        assert "a fault of nntui" not in told
        assert code == 2 or readable
        assert len(told.splitlines()) == 1 or readable


def test_a_run_that_waits_for_room_is_told(nntui: Nntui, runs: Runs, nntui_home: Path) -> None:
    waiting = folder.create(nntui_home / "runs", name="", preset="xor", config=config.RunConfig().to_dict())
    room.tell(waiting, lacks=True)
    listed = nntui("runs")
    assert listed.stdout.splitlines()[1].split()[:3] == [waiting.name, "xor", "waits"]
    assert listed.stderr == f"{waiting.name} waits: no room on the disk\n"
    assert (runs()[0]["state"], runs()[0]["waits_for_room"]) == ("starting", True)
    assert "waits at step 0, epoch 0, after 0:00 of training: no room on the disk" in nntui("show", "latest").stdout


def test_show_reports_the_whole_run(demo: Path, nntui: Nntui) -> None:
    done = nntui("show", demo.name[:5])
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    for part in (
        "finished at step 3,000",
        "training.lr          1 ",
        "layer 1  2 → 3  sigmoid              9",
        "total                               13",
        "loss by step",
        "gradient norm by step, log axis: line layer 1, x output",
        "worst predictions at step 3,000 (0 of 4 wrong)",
    ):
        assert part in done.stdout
    charts = done.stdout[done.stdout.index("loss by step") :]
    assert max(map(len, charts.splitlines())) <= 80


def test_show_fits_a_narrow_terminal(demo: Path, nntui: Nntui) -> None:
    done = nntui("show", "demo", env={"COLUMNS": "50"})
    charts = done.stdout[done.stdout.index("loss by step") :]
    assert max(map(len, charts.splitlines())) <= 50


def test_show_of_a_run_that_has_not_begun(nntui: Nntui, nntui_home: Path) -> None:
    folder.create(nntui_home / "runs", name="new", preset="xor", config=config.RunConfig().to_dict())
    done = nntui("show", "new")
    assert done.returncode == 0, done.stderr
    assert "no step was trained" in done.stdout


def test_show_marks_changes(live: str, nntui: Nntui) -> None:
    nntui("set", live, "lr=0.5")
    nntui("stop", live)
    assert "lr 0.01 → 0.5" in nntui("show", live).stdout


def test_rm_removes_a_past_run(demo: Path, nntui: Nntui, runs: Runs) -> None:
    done = nntui("rm", "demo", demo.name, "latest")
    assert done.returncode == 0, done.stderr
    assert runs() == []
    assert not demo.exists()


def test_rm_removes_all_it_is_given_or_nothing(demo: Path, nntui: Nntui) -> None:
    done = nntui("rm", "demo", "nosuch")
    assert done.returncode == 2
    assert demo.exists()


def test_rm_does_not_choose_between_runs_of_one_name(nntui: Nntui, runs: Runs) -> None:
    for seed in "12":
        assert nntui("train", "xor", "--steps", "20", "--seed", seed, "--name", "twin", "--json").returncode == 0
    done = nntui("rm", "twin")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("nntui: 'twin' is the name of 2 runs: ")
    assert all(run["id"] in done.stderr for run in runs())
    assert nntui("rm", runs()[0]["id"]).returncode == 0
    assert nntui("rm", "twin").returncode == 0
    assert runs() == []


def test_rm_refuses_a_live_run_unless_forced(live: str, nntui: Nntui, runs: Runs, nntui_home: Path) -> None:
    refused = nntui("rm", live)
    assert refused.returncode == 2
    assert "--force" in refused.stderr
    assert runs()[0]["state"] == "running"
    assert nntui("rm", live, "--force").returncode == 0
    assert not any((nntui_home / "runs").iterdir())


def test_presets_are_listed_with_the_users_own(nntui: Nntui, nntui_home: Path) -> None:
    own = nntui_home / "presets"
    own.mkdir(parents=True)
    (own / "mine.toml").write_text('title = "My \x1b[1mown\\u001b"\n'.replace("\x1b", ""))
    (own / "broken.toml").write_text("title = ")
    done = nntui("presets")
    assert done.returncode == 0
    names = [line.split()[0] for line in done.stdout.splitlines()]
    assert names[0] == "name"
    assert {"xor", "logistic", "deep-binary", "mine"} <= set(names)
    assert "\x1b" not in done.stdout
    assert "broken.toml" in done.stderr


def test_a_preset_is_printed_as_toml_to_start_from(nntui: Nntui) -> None:
    tables = tomllib.loads(nntui("presets", "xor").stdout)
    assert tables["model"]["layers"] == [3]
    assert config.from_dict(tables).data.source == "truth-table"


def test_paths_name_the_folders(nntui: Nntui, nntui_home: Path) -> None:
    done = nntui("paths")
    assert str(nntui_home / "runs") in done.stdout
    assert not nntui_home.exists()


def test_runs_are_picked_sorted_named_and_put_away(demo: Path, nntui: Nntui, runs: Runs, nntui_home: Path) -> None:
    other = folder.create(nntui_home / "runs", name="other", preset="iris", config=config.RunConfig().to_dict())

    def listed(*arguments: str) -> list[str]:
        return [line.split()[0] for line in nntui("runs", *arguments).stdout.splitlines()[1:]]

    assert listed("preset=iris") == listed("state!=finished") == listed("oth") == [other.name]
    assert listed("loss<0.1", "steps>1k") == [demo.name]
    assert listed("--sort", "loss") == [demo.name, other.name]
    assert listed("--sort", "steps") == [other.name, demo.name]
    assert nntui("rename", "other", "better one").returncode == 0
    assert nntui("note", "better one", "with \x1b[31mAdam").returncode == 0
    line = nntui("runs", "adam").stdout.splitlines()[1]
    assert "better one" in line
    assert "\x1b" not in line
    assert "with" in line
    assert nntui("archive", other.name).returncode == 0
    assert [run["id"] for run in runs()] == [demo.name]
    assert listed("--all") == [other.name, demo.name]
    assert nntui("archive", other.name, "--undo").returncode == 0
    assert len(runs()) == 2
    assert runs()[0]["size"] > 10_000
    for arguments, words in {
        ("runs", "lss>1"): "did you mean loss?",
        ("runs", "--sort", "lss"): "did you mean loss?",
        ("rename", "demo", "latest"): "already means the newest run",
        ("note", "demo", "x" * 1001): "must be at most 1,000",
        ("archive", "nobody"): "no run 'nobody'",
    }.items():
        done = nntui(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert words in done.stderr
    assert nntui("runs", "nothing like this").stderr.startswith("none of 2 runs")
