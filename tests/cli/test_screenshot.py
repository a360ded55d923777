"""Pictures of a run's dashboard in files: now, at an earlier step, and what is refused."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.cli.conftest import Nntui
from tests.tui import recorded


def words(file: Path) -> str:
    """The text of a picture, its gaps as single spaces."""
    texts = ET.parse(file).iter("{http://www.w3.org/2000/svg}text")
    return " ".join(" ".join(text.text or "" for text in texts).split())


@pytest.fixture
def xor(nntui_home: Path) -> Path:
    """A finished run of 2000 steps whose learning rate was turned at step 400."""
    recording = recorded.Recording(nntui_home / "runs", recorded.table(), name="demo")
    recording.train(400)
    from nntui.store import commands

    commands.append(recording.folder, "set", "training.lr", "0.5")
    recording.answer()
    recording.train(1600)
    return recording.end()


def test_a_picture_shows_the_run_complete(xor: Path, nntui: Nntui, tmp_path: Path) -> None:
    file = tmp_path / "out.svg"
    done = nntui("screenshot", "demo", str(file))
    assert (done.returncode, done.stderr) == (0, f"wrote {file}\n")
    shown = words(file)
    for expected in ("finished", "2,000", "1 Loss", "2 Gradients", "training", "worst first", "lr 0.5", "nntui: demo"):
        assert expected in shown, shown
    assert re.search("[\u2801-\u28ff]", shown)


def test_a_picture_asks_the_network_for_nothing(xor: Path, nntui: Nntui, tmp_path: Path) -> None:
    assert nntui("screenshot", "demo", str(tmp_path / "out.svg")).returncode == 0
    text = (tmp_path / "out.svg").read_text(encoding="utf-8")
    assert "url(http" not in text
    assert "@font-face" not in text


def test_a_picture_of_an_earlier_step_knows_nothing_of_later_ones(xor: Path, nntui: Nntui, tmp_path: Path) -> None:
    file = tmp_path / "out.svg"
    assert nntui("screenshot", "demo", str(file), "--at", "300").returncode == 0
    shown = words(file)
    for expected in ("◂ past", "at step 300 of 2,000 · predictions of step 2,000 · esc: now", "step 300", "lr 0.125"):
        assert expected in shown, shown
    for untrue in ("● running", "not on this machine", " left", "training goes on", "4 Layers · step 300"):
        assert untrue not in shown, shown
    assert "▲" not in shown  # the knob was turned later
    assert nntui("screenshot", "demo", str(file), "--at", "400", "--force").returncode == 0
    assert "▲" in words(file)


def test_the_size_and_the_theme_are_as_asked(xor: Path, nntui: Nntui, tmp_path: Path) -> None:
    boxes = []
    for number, options in enumerate((["--size", "80x24"], ["--size", "200x60", "--theme", "textual-light"])):
        file = tmp_path / f"{number}.svg"
        assert nntui("screenshot", "demo", str(file), *options).returncode == 0
        text = file.read_text(encoding="utf-8")
        found = re.search(r'viewBox="0 0 ([0-9.]+) ([0-9.]+)"', text)
        assert found is not None
        boxes.append((float(found[1]), float(found[2]), text))
    assert boxes[0][0] < boxes[1][0]
    assert boxes[0][1] < boxes[1][1]
    light = 'fill="#e0e0e0"'  # the ground on which that theme writes
    assert light in boxes[1][2].lower()
    assert light not in boxes[0][2].lower()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["demo", "out.png"], "out.png: ends in '.png'; must be .svg"),
        (["demo", "out"], "out: has no ending; must be .svg"),
        (["nobody", "out.svg"], "no run 'nobody'"),
        (["demo", "out.svg", "--at", "2001"], "--at 2001: must be a step of the run, which has made 2000"),
        (["demo", "out.svg", "--at", "-1"], "--at -1: must be a step"),
        (["demo", "out.svg", "--size", "19x8"], "--size '19x8': must be columns and lines from 20x8 to 500x200"),
        (["demo", "out.svg", "--size", "501x40"], "--size '501x40'"),
        (["demo", "out.svg", "--size", "big"], "--size 'big'"),
        (["demo", "out.svg", "--theme", "textual-ligth"], "(did you mean textual-light?)"),
        (["demo", "there.svg"], "there.svg: is already there; --force replaces it"),
        (["demo", "no/such/folder/out.svg"], "no/such/folder/out.svg: cannot be written"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(
    xor: Path, nntui: Nntui, tmp_path: Path, arguments: list[str], told: str
) -> None:
    (tmp_path / "there.svg").write_text("mine", encoding="utf-8")
    done = nntui("screenshot", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stderr.count("\n") == 1
    assert (tmp_path / "there.svg").read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "out.svg").exists()


def test_force_replaces_a_file(xor: Path, nntui: Nntui, tmp_path: Path) -> None:
    (tmp_path / "there.svg").write_text("mine", encoding="utf-8")
    assert nntui("screenshot", "demo", str(tmp_path / "there.svg"), "--force").returncode == 0
    assert "finished" in words(tmp_path / "there.svg")


def test_a_run_that_trains_on_is_pictured_as_it_is(live: str, nntui: Nntui, tmp_path: Path) -> None:
    assert nntui("screenshot", live, str(tmp_path / "out.svg")).returncode == 0
    shown = words(tmp_path / "out.svg")
    assert "running" in shown
    assert "past  " not in shown
