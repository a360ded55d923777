"""``nntui train`` and ``nntui watch`` without a terminal, with real trainers."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.cli.conftest import COMMAND, Nntui, wait_until

Runs = Callable[[], list[dict[str, Any]]]

KEYS = {"step", "epoch", "loss", "val_loss", "accuracy", "val_accuracy", "lr", "grad_norm", "steps_per_s"}
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line, parse_constant=pytest.fail) for line in text.splitlines()]


def test_json_tells_start_progress_and_end(nntui: Nntui, runs: Runs) -> None:
    done = nntui("train", "xor", "--steps", "40", "--seed", "3", "--name", "short", "--json")
    assert done.returncode == 0, done.stderr
    start, *progress, end = events(done.stdout)
    assert start["event"] == "start"
    assert start["name"] == "short"
    assert start["config"]["training"]["seed"] == 3
    assert [one["event"] for one in progress] == ["progress"] * len(progress) != []
    assert all(one.keys() >= KEYS for one in (*progress, end))
    assert [one["step"] for one in progress] == sorted(one["step"] for one in progress)
    assert end["event"] == "end"
    assert end["state"] == "finished"
    assert end["step"] == 40
    assert end["loss"] > 0
    assert end["val_loss"] is None
    assert len(end["grad_norm"]) == 2
    [run] = runs()
    assert (run["id"], run["name"], run["preset"], run["step"]) == (start["run"], "short", "xor", 40)
    assert run["loss"] == end["loss"]


def test_steps_end_a_run_whatever_the_epochs_say(nntui: Nntui) -> None:
    done = nntui("train", "xor", "--set", "epochs=5", "--steps", "25", "--json")
    assert events(done.stdout)[-1]["step"] == 25


def test_epochs_end_a_run_whatever_the_steps_say(nntui: Nntui) -> None:
    done = nntui("train", "xor", "--set", "steps=5", "--epochs", "25", "--json")
    assert events(done.stdout)[-1]["epoch"] == 25


def test_without_a_terminal_it_prints_lines_and_a_chart_within_80_columns(nntui: Nntui) -> None:
    done = nntui("train", "logistic", "--epochs", "50")
    assert done.returncode == 0, done.stderr
    assert "finished at step 50" in done.stdout
    assert "loss by step: line training, x validation" in done.stdout
    chart = done.stdout[done.stdout.index("loss by step") :].splitlines()
    assert max(map(len, chart)) <= 80
    assert re.search("[\u2801-\u28ff]", done.stdout)
    assert "\x1b" not in done.stdout


def test_divergence_exits_1_and_names_the_step(nntui: Nntui) -> None:
    done = nntui("train", "logistic", "--set", "lr=1000", "--set", "l2=1000", "--json")
    assert done.returncode == 1
    end = events(done.stdout)[-1]
    assert end["state"] == "diverged"
    assert "the loss has exploded" in end["reason"]
    assert done.stderr == f"nntui: run {end['run']} diverged at step {end['step']}: {end['reason']}\n"
    assert len(done.stderr.splitlines()) == 1


def test_a_trainer_that_cannot_begin_says_why(nntui: Nntui, tmp_path: Path) -> None:
    (tmp_path / "safetensors.py").write_text("raise ImportError('no safetensors today')")
    done = nntui("train", "xor", "--json", env={"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 1
    assert events(done.stdout)[-1]["state"] == "crashed"
    assert "no safetensors today" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@posix
@pytest.mark.parametrize("mode", ["--json", "--plain"])
def test_ctrl_c_stops_the_run_in_good_order(mode: str, runs: Runs) -> None:
    process = start("train", "xor", mode, "--set", "epochs=1000000000")
    wait_until(lambda: bool(found := runs()) and found[0]["step"] > 0)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    [run] = runs()
    assert run["state"] == "stopped"
    if mode == "--json":
        end = events(out)[-1]
        assert (end["event"], end["state"], end["step"]) == ("end", "stopped", run["step"])
    else:
        assert "stopped at step" in out
        assert "loss by step" in out


@posix
def test_a_second_ctrl_c_leaves_at_once(nntui: Nntui, runs: Runs) -> None:
    process = start("train", "xor", "--json", "--set", "epochs=1000000000")
    wait_until(lambda: bool(found := runs()) and found[0]["step"] > 0)
    nntui("pause", "latest")
    trainer = psutil.Process(runs()[0]["pid"])
    trainer.suspend()
    try:
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert "stopping" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode == 130
    finally:
        trainer.resume()


def test_a_reader_that_leaves_leaves_the_run_training(runs: Runs) -> None:
    process = start("train", "xor", "--json", "--set", "epochs=1000000000")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert "training goes on" in process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 0
    assert runs()[0]["state"] in ("starting", "running")


def test_detach_prints_the_id_alone_and_returns(nntui: Nntui, runs: Runs) -> None:
    done = nntui("train", "xor", "--detach", "--set", "epochs=1000000000")
    assert done.returncode == 0
    assert done.stderr == ""
    [run] = runs()
    assert done.stdout == run["id"] + "\n"
    wait_until(lambda: runs()[0]["step"] > 0)
    assert runs()[0]["state"] == "running"


def test_a_toml_file_is_a_preset_without_a_name(nntui: Nntui, runs: Runs, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('title = "Mine"\n[data]\nsource = "truth-table"\n[model]\nlayers = [2]\n[training]\nsteps = 3\n')
    assert nntui("train", str(file), "--json").returncode == 0
    assert (runs()[0]["preset"], runs()[0]["title"], runs()[0]["step"]) == ("mine", "Mine", 3)


@posix
def test_watch_follows_to_the_end_and_says_when_the_trainer_was_killed(live: str, runs: Runs) -> None:
    process = start("watch", live)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("running")
    os.kill(runs()[0]["pid"], signal.SIGKILL)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "crashed at step" in out
    [run] = runs()
    assert run["state"] == "crashed"
    assert run["step"] > 0
    assert f"nntui: run {live} crashed at step {run['step']}: the trainer ended without a word\n" in err


@posix
def test_ctrl_c_of_watch_leaves_the_run_training(live: str, runs: Runs) -> None:
    process = start("watch", live)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert runs()[0]["state"] == "running"


def test_watch_of_a_past_run_is_its_summary(demo: Path, nntui: Nntui) -> None:
    done = nntui("watch")
    assert done.returncode == 0
    assert "finished at step 3,000" in done.stdout
