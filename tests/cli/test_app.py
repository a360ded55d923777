"""Help, wrong usage, broken output, and how little is loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import COMMAND, Nntui

HEAVY = ("textual", "numpy", "plotext", "rich", "pydantic", "psutil", "nntui.engine")


@pytest.mark.parametrize("arguments", [["--help"], ["runs"], ["runs", "--json"], ["presets"], ["paths"]])
def test_what_is_light_loads_nothing_heavy(arguments: list[str], nntui_home: Path) -> None:
    program = (
        "import sys; from nntui.cli import main; code = main(sys.argv[1:]);"
        f"print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"


def test_runs_of_a_past_run_loads_neither_textual_nor_numpy(demo: Path) -> None:
    program = (
        "import sys; from nntui.cli import main; main(['runs']);"
        f"print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert demo.name in done.stdout
    assert done.stderr == "[]\n"


def test_alone_without_a_terminal_it_prints_the_help_and_exits_2(nntui: Nntui) -> None:
    done = nntui()
    assert done.returncode == 2
    assert "Usage: nntui" in done.stdout
    assert done.stdout == nntui("--help").stdout


@pytest.mark.parametrize("command", [[], ["watch"], ["train", "xor", "--detach"]], ids=str)
@pytest.mark.parametrize("option", ["--budget=foo", "--budget=0", "--theme=nope"])
def test_a_wrong_option_is_told_without_a_terminal_too(
    demo: Path, nntui: Nntui, command: list[str], option: str
) -> None:
    done = nntui(*command, option)
    assert (done.returncode, done.stdout) == (2, "")
    assert option.partition("=")[0] in done.stderr


def test_version(nntui: Nntui) -> None:
    from nntui import __version__

    assert nntui("--version").stdout == f"nntui {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("trian xor", "Did you mean 'train'"),
        ("train", "Missing argument"),
        ("train xro", "did you mean xor?"),
        ("train xor --stps 3", "--steps"),
        ("train xor --steps 0", "--steps 0: must be a whole number from 1"),
        ("train xor --steps x", "'x' must be a whole number"),
        ("train xor --epochs 1 --steps 1", "exclude each other"),
        ("train xor --plain --json", "exclude each other"),
        ("train xor --set lrr=1", "did you mean lr?"),
        ("train xor --set lr=fast", "must be a number from"),
        ("train xor --set lr=-1", "training.lr = -1.0: must be"),
        ("train xor --set lr", "must be KEY=VALUE"),
        ("train xor --seed -1", "training.seed = -1: must be"),
        ("train xor --name latest", "already means"),
        ("train nowhere.toml", "nowhere.toml: No such file"),
        ("watch", "nntui train PRESET makes one"),
        ("show x", "no runs in"),
        ("set x lr=1", "no runs in"),
        ("rm x", "no runs in"),
        ("presets xro", "did you mean xor?"),
        ("step x 0", "must be a whole number from 1 to 1000000"),
        ("paths too-much", "unexpected extra argument"),
        ("--nope", "No such option: --nope"),
    ],
)
def test_wrong_usage_is_told_in_one_line_and_leaves_nothing(
    arguments: str, told: str, nntui: Nntui, nntui_home: Path
) -> None:
    done = nntui(*arguments.split())
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("nntui: ")
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (nntui_home / "runs").exists()


def test_errors_show_what_was_typed_as_text(nntui: Nntui) -> None:
    done = nntui("show", "\x1b[31mred\nline")
    assert done.returncode == 2
    assert "\x1b" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_arguments_that_are_not_text_are_told_in_one_line(nntui: Nntui) -> None:
    done = subprocess.run([*COMMAND, "train", b"\xff\xfe"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="files as folders fail in another way")
@pytest.mark.parametrize("arguments", ["train xor --json", "train xor --plain", "train xor --detach"])
def test_a_home_that_cannot_be_written_is_told_in_one_line(arguments: str, nntui: Nntui, tmp_path: Path) -> None:
    home = tmp_path / "file"
    home.touch()
    done = nntui(*arguments.split(), env={"NNTUI_HOME": str(home)})
    assert done.returncode == 2
    assert done.stdout == ""
    assert "cannot make a run here" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [["--help"], ["presets"], ["paths"]])
def test_output_that_cannot_be_written_is_told_in_one_line(arguments: list[str], nntui_home: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "nntui: output: No space left on device\n"


def test_a_reader_that_leaves_is_no_error(nntui_home: Path) -> None:
    process = subprocess.Popen([*COMMAND, "presets"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.close()
    with process:
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert process.returncode == 0


def test_output_survives_an_encoding_that_lacks_its_characters(demo: Path, nntui: Nntui) -> None:
    done = nntui("show", "demo", env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0, done.stderr
    assert "loss by step" in done.stdout
    assert "┌" not in done.stdout
    assert "+--" in done.stdout
