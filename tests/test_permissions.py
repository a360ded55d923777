"""What nntui keeps is for its user alone: whatever the umask, and against another user of the machine."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from nntui import paths, presets
from nntui.config import RunConfig
from nntui.store import catalog
from nntui.store.schema import connect_reader
from nntui.tui.memory import Memory
from tests.cli.conftest import call, wait_until
from tests.conftest import end_trainers

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes and user ids of this kind are POSIX")
as_root = pytest.mark.skipif(
    sys.platform != "win32" and os.geteuid() != 0, reason="only root can become another user of the machine"
)

#: Whoever this is, it owns nothing.
NOBODY = 65_534
#: As another user: tries to open files, to list folders and to append a command, then runs commands; prints it all as
#: JSON. What Python needs is loaded before, since that user may be able to read neither it nor this checkout.
SOMEBODY_ELSE = """
import codecs, importlib, io, json, os, pkgutil, sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy, plotext
codecs.lookup("utf-8-sig")
for package in ("nntui", *("nntui." + each for each in ("cli", "data", "engine", "inference", "store", "trainer"))):
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__, package + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
from nntui.cli import main
from nntui.errors import UserError
from nntui.store import commands

with redirect_stdout(io.StringIO()):
    main(("presets",))

user, run, asked = int(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
files = [path for path in run.rglob("*") if path.is_file()]
assert len(files) >= 4, files
os.setgroups([])
os.setgid(user)
os.setuid(user)
os.chdir("/")
read, written = [], []
for file in files:
    for mode, done in (("rb", read), ("ab", written)):
        try:
            file.open(mode).close()
            done.append(file.name)
        except PermissionError:
            pass
try:
    listed = sorted(os.listdir(run))
except PermissionError:
    listed = None
try:
    commands.append(run, "set", "training.lr", "0.5", patience=0.1)
    appended = ""
except UserError as error:
    appended = str(error)
told = []
for arguments in asked:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(arguments)
    told.append([code, out.getvalue(), err.getvalue()])
print(json.dumps({"read": read, "written": written, "listed": listed, "appended": appended, "told": told}))
"""


def somebody_else(home: Path, run: Path, *asked: Sequence[str]) -> dict[str, Any]:
    """What another user can do with a run, and what commands answer there: exit code, stdout, stderr."""
    argv = [sys.executable, "-c", SOMEBODY_ELSE, str(NOBODY), str(run), json.dumps(asked)]
    env = os.environ | {"NNTUI_HOME": str(home), "HOME": "/nonexistent"}
    done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def modes(home: Path) -> dict[str, int]:
    """The mode of every folder and file."""
    return {str(path.relative_to(home.parent)): stat.S_IMODE(path.stat().st_mode) for path in (home, *home.rglob("*"))}


def assert_private(home: Path) -> None:
    assert {path: oct(mode) for path, mode in modes(home).items() if mode not in (0o700, 0o600)} == {}
    folders = [path for path in (home, *home.rglob("*")) if path.is_dir()]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o700 for path in folders)


@pytest.mark.parametrize("umask", [0o000, *(pytest.param(each, marks=pytest.mark.heavy) for each in (0o022, 0o077))])
def test_all_that_is_kept_is_for_its_user_alone(umask: int, nntui_home: Path, tmp_path: Path) -> None:
    """A run that lives, is steered, labelled, forked, taken in again and gone on with."""

    def nntui(*arguments: str) -> str:
        done = call(*arguments, umask=umask)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    archive = tmp_path / "run.zip"
    run = nntui("train", "xor", "--detach", "--set", "epochs=1000000000")
    place = nntui_home / "runs" / run
    wait_until(lambda: catalog.open_run(place).step > 0)
    nntui("set", run, "lr=0.5")
    nntui("checkpoint", run, "mine")
    assert {"run.db-wal", "run.db-shm"} <= {path.name for path in place.iterdir()}, "they have to be looked at, too"
    assert_private(nntui_home)
    nntui("note", run, "a secret")
    nntui("stop", run)
    nntui("fork", run, "--detach", "--set", "lr=0.1")
    nntui("export", run, str(archive))
    nntui("rm", run)
    nntui("import", str(archive))
    nntui("resume", run, "--detach")
    wait_until(lambda: catalog.open_run(place).state == "running")
    assert_private(nntui_home)
    assert stat.S_IMODE(archive.stat().st_mode) == 0o666 & ~umask, "what somebody exports is a file like any other"


@pytest.mark.parametrize("first", ["memory", "preset"])
def test_so_is_what_is_kept_before_there_is_a_run(first: str, nntui_home: Path) -> None:
    before = os.umask(0)
    try:
        if first == "memory":
            memory = Memory()
            memory.keep(theme="nord")
            memory.close()
            wait_until((nntui_home / "screen.toml").exists)
        else:
            presets.save("mine", RunConfig())
    finally:
        os.umask(before)
    assert len(modes(nntui_home)) >= 2
    assert_private(nntui_home)


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A place for a data folder which every user of the machine can reach."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        monkeypatch.setenv("NNTUI_HOME", f"{place}/home")
        yield Path(place) / "home"
        end_trainers(Path(place))


#: What a careless user has opened to all: nothing, the data folder, the folder of the run as well.
OPENED = {
    "nothing": (),
    "the data folder": ("home", "runs"),
    "the run's folder": ("home", "runs", "run", "checkpoints"),
}


@as_root
@pytest.mark.parametrize("opened", OPENED)
def test_another_user_can_neither_read_nor_steer(opened: str, home: Path) -> None:
    run = call("train", "xor", "--detach", "--name", "mine", "--set", "epochs=1000000000").stdout.strip()
    place = home / "runs" / run
    wait_until(lambda: catalog.open_run(place).step > 0)
    places = {"home": home, "runs": home / "runs", "run": place, "checkpoints": place / "checkpoints"}
    for name in OPENED[opened]:
        places[name].chmod(0o755)
    lr = catalog.open_run(place).config["training"]["lr"]
    reading = [
        ("watch", run),
        ("show", run),
        ("compare", run, run),
        ("export", run, "x.csv"),
        ("predict", run, "0"),
    ]
    asking = [("set", run, "lr=0.5"), ("stop", run), ("pause", run), ("rewind", run, "--to", "1")]
    asked = [*reading, *asking, ("note", run, "hello"), ("rm", run, "--force"), ("fork", run, "--detach")]
    found = somebody_else(home, place, *asked)
    assert (found["read"], found["written"]) == ([], [])
    assert (found["listed"] is None) == (opened != "the run's folder")
    assert found["appended"].startswith(str(place))
    for arguments, (code, out, err) in zip(asked, found["told"], strict=True):
        assert (code, out) == (2, ""), (arguments, out, err)
        assert len(err.splitlines()) == 1, (arguments, err)
        assert err.startswith(f"nntui: {home / 'runs'}"), (arguments, err)
        assert err.endswith(": Permission denied\n"), (arguments, err)
    now = catalog.open_run(place)
    assert (now.state, now.note, now.config["training"]["lr"]) == ("running", "", lr)
    assert call("set", run, "lr=0.25").returncode == 0, "its own user steers it"
    assert commands_of(place) == [("set", "training.lr", "0.25")]


def commands_of(place: Path) -> list[tuple[str, str, str]]:
    with closing(connect_reader(place)) as db:
        return db.execute("SELECT kind, key, value FROM commands").fetchall()


@as_root
def test_runs_that_are_somebody_elses_can_be_read_where_they_are_meant_to_be(home: Path) -> None:
    """An archive that another user has made and opened: it is read, and every change is refused in a line."""
    for seed in ("1", "2"):
        assert call("train", "xor", "--steps", "50", "--seed", seed, "--name", "given", "--json").returncode == 0
    [one, two] = sorted((home / "runs").iterdir())
    for path in (home, *home.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    reading = [("runs",), ("show", one.name), ("watch", two.name), ("compare", "given*"), ("watch", one.name, two.name)]
    asking = [("set", one.name, "lr=0.5"), ("resume", one.name, "--detach")]
    writing = [*asking, ("note", one.name, "mine"), ("rm", one.name)]
    found = somebody_else(home, one, *reading, *writing)
    assert found["written"] == []
    told = found["told"]
    assert [code for code, _, _ in told[:4]] == [0, 0, 0, 0], told
    assert one.name in told[0][1]
    assert two.name in told[0][1]
    assert "loss by step" in told[1][1]
    assert "50" in told[2][1]
    assert " ± " in told[3][1]
    assert "nntui compare prints them" in told[4][2]
    for arguments, (code, out, err) in zip(writing, told[len(reading) :], strict=True):
        assert (code, out, len(err.splitlines())) == (2, "", 1), (arguments, out, err)
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*")} == before


@as_root
def test_a_folder_of_runs_that_is_not_ours_to_write_makes_no_run(home: Path) -> None:
    """One that somebody else made: in one line, and nothing is left behind."""
    if not all(folder.stat().st_mode & stat.S_IXOTH for folder in paths.bundled_presets_dir().resolve().parents):
        pytest.skip("this checkout lies where another user can read no preset")
    home.mkdir(mode=0o755)
    (home / "runs").mkdir(mode=0o755)
    other = home / "runs" / "other"
    other.mkdir(mode=0o700)
    for name in "abcd":
        (other / name).touch(mode=0o600)
    found = somebody_else(home, other, ("train", "xor", "--detach"), ("runs",))
    [(code, out, err), (listed, *_)] = found["told"]
    assert (code, out, listed) == (2, "", 0), err
    assert "cannot make a run here: Permission denied; NNTUI_HOME can name another folder" in err
    assert [path.name for path in (home / "runs").iterdir()] == ["other"]
