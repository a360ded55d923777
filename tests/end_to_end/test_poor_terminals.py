"""The dashboard in terminals that have few colours, none, or nothing but ASCII: what is sent, and that it is enough."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nntui import paths
from nntui.store import catalog
from tests.pty_terminal import Terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")

Start = Callable[..., Terminal]

#: Images and a chart: what has most colours.
TRAIN = [sys.executable, "-m", "nntui", "train", "digits", "--set", "epochs=1000000000"]
STANDARD = {str(base + colour) for base in (30, 40, 90, 100) for colour in range(8)}


def used(terminal: Start, home: Path, **env: str) -> tuple[Terminal, set[str]]:
    """A run watched, paused, turned and left; the terminal after it, and the codes of its styles until then."""
    shown = terminal(TRAIN, env={"NNTUI_HOME": str(home), **env})
    shown.wait_for("running")
    shown.wait_for("right")  # the caption of the predictions: images are shown
    shown.send(" ")
    shown.wait_for("paused")
    before = catalog.find_run(paths.runs_dir())[1].config["training"]["lr"]
    shown.send("]")
    shown.wait_for(lambda: catalog.find_run(paths.runs_dir())[1].config["training"]["lr"] > before)
    shown.send("?")
    shown.wait_for("esc closes")
    shown.send("\x1b")
    shown.wait_for("3 Knobs")
    styles = set(shown.styles)  # leaving may cut what a slow terminal has not read
    shown.send("q")
    assert shown.wait_exit() == 0
    assert "goes on training" in shown.screen
    return shown, styles


def colours(styles: set[str]) -> set[str]:
    """Those that are no attributes."""
    return {code for code in styles if len(code) > 1}


def test_sixteen_colours(terminal: Start, nntui_home: Path) -> None:
    styles = used(terminal, nntui_home, TERM="xterm-16color", COLORTERM="")[1]
    assert len(colours(styles)) > 4
    assert colours(styles) <= STANDARD


def test_256_colours(terminal: Start, nntui_home: Path) -> None:
    assert colours(used(terminal, nntui_home, COLORTERM="")[1]) == {"38;5", "48;5"}


def test_no_colours(terminal: Start, nntui_home: Path) -> None:
    styles = used(terminal, nntui_home, NO_COLOR="1")[1]
    assert not colours(styles)
    assert {"1", "2", "7"} <= styles  # what stands out and what is faint is told all the same


@pytest.mark.parametrize("name", ["LANG", "LC_ALL"])
def test_nothing_but_ascii(terminal: Start, nntui_home: Path, name: str) -> None:
    assert used(terminal, nntui_home, **{name: "C"})[0].ascii
