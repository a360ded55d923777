"""Where a person sits at a terminal, the dashboard opens; where not, or not wanted, it does not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import COMMAND, Nntui
from tests.tui import recorded

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")

#: The command line with a dashboard that says which folder it was given, and leaves with exit code 7.
PROGRAM = """
import sys, types
screen = types.ModuleType("nntui.tui.app")
def opened(run, own, read_only=False):
    print(f"dashboard of {run and run.name}, {own.budget}, {own.theme or 'no theme'}, {own.marker}",
          *["read-only"] * read_only, flush=True)
    return 7
screen.open_dashboard = opened
def compared(runs, own, read_only=False):
    print("comparison of", *sorted(run.name for run in runs), *["read-only"] * read_only, flush=True)
    return 7
screen.open_comparison = compared
sys.modules["nntui.tui.app"] = screen
from nntui.cli import main
code = main(sys.argv[1:])
print(f"left with {code}", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def at_terminal(terminal: Callable[..., Any]) -> Callable[..., str]:
    """What stands on the screen when the command has ended."""

    def run(*arguments: str) -> str:
        started = terminal([sys.executable, "-c", PROGRAM, *arguments])
        shown: str = started.wait_for("left with")
        return shown

    return run


def test_alone_it_opens_the_start_screen(at_terminal: Callable[..., str]) -> None:
    assert at_terminal().split("\n")[:2] == ["dashboard of None, 7800, no theme, auto", "left with 7"]


def test_train_makes_a_run_and_opens_it(at_terminal: Callable[..., str], runs: Callable[[], Any]) -> None:
    shown = at_terminal("train", "xor", "--steps", "5")
    [run] = runs()
    assert shown.split("\n")[:2] == [f"dashboard of {run['id']}, 7800, no theme, auto", "left with 7"]


def test_watch_opens_the_latest_run(demo: Path, at_terminal: Callable[..., str]) -> None:
    assert f"dashboard of {demo.name}" in at_terminal("watch")


def test_a_budget_reaches_the_screen(
    demo: Path, at_terminal: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNTUI_BUDGET", "3k")
    assert f"dashboard of {demo.name}, 3072" in at_terminal("watch")
    assert "dashboard of None, 1536" in at_terminal("--budget", "1.5k")
    assert f"dashboard of {demo.name}, 1740" in at_terminal("watch", "--slow")
    assert ", 4096" in at_terminal("train", "xor", "--steps", "5", "--budget", "4k")


def test_theme_and_marker_reach_the_screen(
    demo: Path, at_terminal: Callable[..., str], nntui_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (nntui_home / "settings.toml").write_text('marker = "quadrant"\nbudget = "5k"\n')
    monkeypatch.setenv("NNTUI_THEME", "nord")
    assert f"dashboard of {demo.name}, 5120, nord, quadrant" in at_terminal("watch")
    assert ", 5120, nntui-light, ascii" in at_terminal("--theme", "nntui-light", "--marker", "ascii")
    options = ("--theme", "nntui-dark", "--marker", "braille", "--budget", "none")
    assert ", None, nntui-dark, braille" in at_terminal("train", "xor", "--steps", "5", *options)


@pytest.mark.parametrize(
    "words",
    [
        ("--budget", "4 k"),
        ("--theme", "nrod"),
        ("--slow", "train", "xor"),
        ("--theme", "nord", "train", "xor"),
        ("train", "xor", "--slow", "--budget", "4k"),
        ("train", "xor", "--theme", "nrod"),
        ("train", "xor", "--marker", "dots"),
    ],
)
def test_a_screen_that_cannot_be_is_not_opened_and_no_run_is_made(
    at_terminal: Callable[..., str], runs: Callable[[], Any], words: tuple[str, ...]
) -> None:
    shown = at_terminal(*words)
    assert "left with 2" in shown
    assert "dashboard" not in shown
    assert runs() == []


@pytest.mark.parametrize("content", ['marker = "dots"', "budget = 3", '[keys]\n"a run: stop" = "spce"', "[keys"])
def test_settings_that_cannot_be_make_no_run(
    at_terminal: Callable[..., str], runs: Callable[[], Any], nntui_home: Path, content: str
) -> None:
    nntui_home.mkdir(exist_ok=True)
    (nntui_home / "settings.toml").write_text(content)
    shown = at_terminal("train", "xor", "--steps", "5")
    assert "settings.toml: " in shown.replace("\n", "")
    assert "left with 2" in shown
    assert runs() == []


def test_plain_and_json_open_nothing(at_terminal: Callable[..., str]) -> None:
    assert "dashboard" not in at_terminal("train", "xor", "--steps", "5", "--plain")
    assert "dashboard" not in at_terminal("train", "xor", "--steps", "5", "--json")


def written_to_terminal(*arguments: str, env: dict[str, str]) -> bytes:
    """All that a command writes to a terminal."""
    import pty

    master, slave = pty.openpty()
    clean = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    process = subprocess.Popen([*COMMAND, *arguments], stdin=slave, stdout=slave, env=clean | env)
    os.close(slave)
    written = b""
    with suppress(OSError):  # the terminal is gone when the program has ended
        while part := os.read(master, 65536):
            written += part
    os.close(master)
    assert process.wait(60) == 0
    return written


def test_charts_have_colours_only_at_a_terminal_that_wants_them(demo: Path, nntui: Nntui) -> None:
    assert "\x1b" not in nntui("show", "demo").stdout
    assert b"\x1b[38" in written_to_terminal("show", "demo", env={})
    assert b"\x1b" not in written_to_terminal("show", "demo", env={"NO_COLOR": "1"})


def test_a_viewer_can_be_told_only_to_look(demo: Path, at_terminal: Callable[..., str]) -> None:
    assert "auto read-only" in at_terminal("watch", "--read-only")
    assert "read-only" not in at_terminal("watch").split("\n")[0]


def test_watch_opens_several_runs_beside_each_other(nntui_home: Path, at_terminal: Callable[..., str]) -> None:
    for number in range(3):
        recorded.Recording(nntui_home / "runs", recorded.table(), run_id=f"run{number}", name="some").end()
    assert "comparison of run0 run2" in at_terminal("watch", "run2", "run0")
    assert "comparison of run0 run1 run2 read-only" in at_terminal("watch", "so*", "--read-only")
    assert "dashboard of run1" in at_terminal("watch", "run[1]")
