"""The dashboard as a person has it: ``nntui`` in a real terminal, with a real trainer, killed, hung up and resized."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from nntui import paths
from nntui.store import catalog
from nntui.store.records import RunRecord
from tests.pty_terminal import Terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")

Start = Callable[..., Terminal]

NNTUI = [sys.executable, "-m", "nntui"]
TRAIN = [*NNTUI, "train", "xor", "--set", "epochs=1000000000"]
BRAILLE = re.compile("[\u2801-\u28ff]")
#: Alternate screen, mouse, bracketed paste: what a terminal must be without again.
APPLICATION_MODES = {1049, 1000, 1003, 1006, 2004}


def latest() -> tuple[Path, RunRecord]:
    return catalog.find_run(paths.runs_dir())


def trainer() -> psutil.Process:
    pid = latest()[1].pid
    assert pid is not None
    return psutil.Process(pid)


def goes_on() -> bool:
    """Whether the run's trainer lives and makes steps."""
    before = latest()[1]
    assert before.state == "running"
    limit = time.monotonic() + 20
    while time.monotonic() < limit:
        if latest()[1].step > before.step:
            return trainer().is_running()
        time.sleep(0.02)
    return False


@pytest.fixture
def watched(terminal: Start, nntui_home: Path) -> Terminal:
    """A terminal with the dashboard of a run that goes on until it is stopped."""
    shown = terminal(TRAIN, env={"NNTUI_HOME": str(nntui_home)})
    shown.wait_for(BRAILLE)
    shown.wait_for("running")
    return shown


def test_the_first_dots_appear_and_the_figures_move(watched: Terminal) -> None:
    screen = watched.wait_for("training goes on")
    for words in ("1 Loss", "2 Gradients", "3 Knobs", "4 Layers", "5 Predictions"):
        screen = watched.wait_for(words)
    step = re.compile(r"step ([\d,]+)")
    first = step.findall(screen)[0]
    watched.wait_for(lambda: step.findall(watched.screen)[0] != first)


def test_q_leaves_a_clean_terminal_and_says_that_training_goes_on(watched: Terminal) -> None:
    watched.send("q")
    assert watched.wait_exit() == 0
    run = latest()[1]
    assert f"{run.name} ({run.id}) goes on training. Watch it: nntui watch {run.id}" in watched.screen
    assert not watched.modes & APPLICATION_MODES
    assert 25 in watched.modes
    assert watched.cooked
    assert goes_on()


def test_a_run_is_paused_and_turned_from_the_keys(watched: Terminal) -> None:
    watched.send(" ")
    watched.wait_for("paused")
    assert latest()[1].state == "paused"
    before = latest()[1].config["training"]["lr"]
    watched.send("]")
    watched.wait_for(lambda: latest()[1].config["training"]["lr"] > before)
    watched.wait_for("▲")
    watched.send(" ")
    watched.wait_for("running")
    watched.send("sy")
    watched.wait_for("stopped at step")
    assert latest()[1].state == "stopped"


def test_keys_that_arrive_together_set_the_value_that_was_typed(watched: Terminal) -> None:
    watched.send("\r0.06\x7f5\r")
    watched.wait_for(lambda: latest()[1].config["training"]["lr"] == 0.05)
    assert latest()[1].state == "running"  # no full stop has reached it
    watched.wait_for(re.compile(r"lr +0\.05 "))
    watched.send("\r0.02\r[[")
    watched.wait_for(lambda: latest()[1].config["training"]["lr"] == 0.0125)


def test_a_hang_up_ends_the_viewer_and_not_the_trainer(watched: Terminal) -> None:
    watched.hang_up()
    watched.wait_exit(10)
    assert not psutil.pid_exists(watched.pid) or psutil.Process(watched.pid).status() == psutil.STATUS_ZOMBIE
    assert goes_on()


def test_a_killed_viewer_does_not_take_the_trainer_with_it(watched: Terminal) -> None:
    os.kill(watched.pid, signal.SIGKILL)
    assert watched.wait_exit() == -signal.SIGKILL
    assert goes_on()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_restores_the_terminal_and_training_goes_on(watched: Terminal, number: signal.Signals) -> None:
    os.kill(watched.pid, number)
    watched.wait_exit(10)
    assert not watched.modes & APPLICATION_MODES
    assert 25 in watched.modes
    assert watched.cooked
    assert "Traceback" not in watched.screen
    assert goes_on()


def test_the_viewer_has_no_child_left_and_the_trainer_is_nobodys(watched: Terminal) -> None:
    process = trainer()
    assert os.getsid(process.pid) == process.pid  # a session of its own: no hang-up reaches it
    watched.send("q")
    watched.wait_exit()
    assert [p.pid for p in psutil.process_iter() if watched.pid in (p.pid, p.ppid())] == []
    assert process.is_running()


def test_a_killed_trainer_has_crashed(watched: Terminal) -> None:
    process = trainer()
    watched.wait_for(lambda: latest()[1].step > 0)
    process.kill()
    watched.wait_for(re.compile(r"crashed +xor +at step [1-9][\d,]*: "))
    watched.wait_for("crashed at step")
    watched.send("q")
    assert watched.wait_exit() == 0
    assert "goes on" not in watched.screen


def test_the_window_is_resized_while_it_trains(watched: Terminal) -> None:
    for columns, rows in ((80, 24), (40, 12), (20, 5), (1, 1), (40, 12), (120, 40)):
        watched.resize(columns, rows)
        if columns >= 40:
            watched.wait_for("1 Loss")
            watched.wait_for(BRAILLE)
        elif columns == 20:
            watched.wait_for("too small")
    watched.wait_for("5 Predictions")
    assert goes_on()


def test_two_viewers_see_what_either_does(watched: Terminal, terminal: Start, nntui_home: Path) -> None:
    other = terminal([*NNTUI, "watch"], columns=80, rows=24, env={"NNTUI_HOME": str(nntui_home)})
    other.wait_for("running")
    watched.send(" ")
    watched.wait_for("paused")
    other.wait_for("paused")
    other.send(" ")
    watched.wait_for("running")


def test_a_command_from_a_shell_is_seen(watched: Terminal) -> None:
    done = subprocess.run([*NNTUI, "set", "latest", "lr=0.5"], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    watched.wait_for(re.compile(r"lr +0\.5 "))


def test_a_terminal_without_braille_gets_ascii(terminal: Start, nntui_home: Path) -> None:
    env = {"NNTUI_HOME": str(nntui_home), "PYTHONIOENCODING": "ascii", "LANG": "C", "PYTHONUTF8": "0"}
    shown = terminal(TRAIN, env=env)
    screen = shown.wait_for("running")
    shown.wait_for("1 Loss")
    assert screen.isascii()
    assert "\\u" not in screen
    assert "?" not in screen.replace("? help", "")


def test_the_start_screen_starts_a_run(terminal: Start, nntui_home: Path) -> None:
    shown = terminal(NNTUI, columns=80, rows=24, env={"NNTUI_HOME": str(nntui_home)})
    shown.wait_for("Presets")
    shown.wait_for("deep-binary")
    shown.send("\r")
    shown.wait_for("running")
    shown.wait_for(BRAILLE)
    shown.send("\x1b")
    shown.wait_for("Presets")
    shown.wait_for("1 of 1")
    shown.send("q")
    assert shown.wait_exit() == 0
    assert "goes on training" in shown.screen


def test_a_run_that_has_ended_is_shown_and_left_without_a_word(terminal: Start, nntui_home: Path) -> None:
    made = subprocess.run(
        [*NNTUI, "train", "xor", "--steps", "200", "--json"], capture_output=True, check=False, timeout=60
    )
    assert made.returncode == 0
    shown = terminal([*NNTUI, "watch"], env={"NNTUI_HOME": str(nntui_home)})
    shown.wait_for("finished")
    shown.wait_for(BRAILLE)
    shown.send("q")
    assert shown.wait_exit() == 0
    assert "goes on" not in shown.screen


def test_a_ghost_ends_when_its_viewer_is_killed(watched: Terminal) -> None:
    watched.send("g")
    watched.wait_for("⏎ takes it")
    watched.send("\r")
    watched.wait_for("adopts, esc drops")
    (ghost,) = [pair for pair in catalog.list_runs(paths.runs_dir()) if pair[1].archived]
    pid = ghost[1].pid
    assert pid is not None
    assert psutil.Process(pid).is_running()
    os.kill(watched.pid, signal.SIGKILL)
    limit = time.monotonic() + 60
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < limit
        time.sleep(0.02)
    assert catalog.open_run(ghost[0]).state == "stopped"
    assert goes_on()


def test_what_another_program_wiped_away_is_painted_anew(watched: Terminal) -> None:
    watched.send(" ")
    watched.wait_for("paused")
    watched.wipe()
    assert "Predictions" not in watched.screen
    watched.send("?")  # what lies around the help has not changed, and is not sent
    watched.wait_for("The knobs")
    assert "1 Loss" not in watched.screen
    watched.send("\x0c")
    watched.wait_for("1 Loss")
