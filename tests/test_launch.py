"""A trainer outlives whoever started it; where it cannot be started, nothing is left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from nntui import launch, paths
from nntui.config import RunConfig
from nntui.store import catalog, folder
from nntui.store.schema import RunError

ENDLESS = RunConfig().with_settings(["test_fraction=0", "epochs=1000000000"])

#: Starts a run, prints its id, and ends at once.
START = """
from nntui import launch
from nntui.config import RunConfig
config = RunConfig().with_settings(["test_fraction=0", "epochs=1000000000"])
print(launch.start_run(config, preset="xor")[0].name, flush=True)
"""


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "waited in vain"
        time.sleep(0.005)


def test_the_trainer_has_a_session_of_its_own_and_is_known_to_the_run() -> None:
    run, trainer = launch.start_run(ENDLESS, preset="xor", name="mine")
    assert run.parent == paths.runs_dir()
    assert os.getsid(trainer.pid) == trainer.pid
    record = catalog.open_run(run)
    assert (record.pid, record.name, record.preset) == (trainer.pid, "mine", "xor")
    assert record.live
    trainer.terminate()
    trainer.wait(60)


def test_the_trainer_reads_nothing_and_writes_to_its_log() -> None:
    run, trainer = launch.start_run(ENDLESS, preset="xor")
    handles = {number: os.path.realpath(f"/proc/{trainer.pid}/fd/{number}") for number in (0, 1, 2)}
    trainer.terminate()
    trainer.wait(60)
    if sys.platform == "linux":
        log = str((run / folder.LOG).resolve())
        assert handles == {0: os.devnull, 1: log, 2: log}


def test_the_trainer_goes_on_when_its_starter_is_gone() -> None:
    starter = subprocess.Popen([sys.executable, "-c", START], stdout=subprocess.PIPE, text=True, start_new_session=True)
    output, _ = starter.communicate(timeout=60)
    run = paths.runs_dir() / output.strip()
    step = catalog.open_run(run).step
    wait_until(lambda: catalog.open_run(run).step > step)
    assert catalog.open_run(run).state == "running"


def test_modules_of_the_current_folder_are_not_the_trainers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("numpy", "json", "nntui"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong module')")
    monkeypatch.chdir(tmp_path)
    _, trainer = launch.start_run(ENDLESS.with_value("training.steps", 5), preset="xor")
    assert trainer.wait(60) == 0


def test_without_an_interpreter_no_run_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(FileNotFoundError):
        launch.start_run(ENDLESS, preset="xor")
    assert list(paths.runs_dir().iterdir()) == []


def test_a_trainer_that_cannot_be_recorded_is_ended_and_its_run_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []

    def refuse(run: Path, pid: int, created: float) -> None:
        started.append(psutil.Process(pid))
        raise RunError("no room")

    monkeypatch.setattr(folder, "set_process", refuse)
    with pytest.raises(RunError, match="no room"):
        launch.start_run(ENDLESS, preset="xor")
    assert list(paths.runs_dir().iterdir()) == []
    assert [process.is_running() for process in started] == [False]


def test_an_unwritable_place_is_told_and_nothing_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NNTUI_HOME", str(tmp_path / "file"))
    with pytest.raises(RunError, match="cannot make a run here"):
        launch.start_run(ENDLESS, preset="xor")


def test_the_trainer_says_how_it_is_called() -> None:
    done = subprocess.run([sys.executable, "-m", "nntui.trainer"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "usage: python -m nntui.trainer FOLDER [--leashed]\n")


def test_a_trainer_of_no_run_fails_and_leaves_nothing(tmp_path: Path) -> None:
    folder_of_nothing = tmp_path / "empty"
    folder_of_nothing.mkdir()
    argv = [sys.executable, "-m", "nntui.trainer", str(folder_of_nothing)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "holds no run" in done.stderr
    assert list(folder_of_nothing.iterdir()) == []
