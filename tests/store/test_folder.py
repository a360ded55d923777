"""A run folder is made whole or not at all, for its user alone, and goes when it is removed."""

from __future__ import annotations

import os
import stat
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from nntui import config
from nntui.config import RunConfig
from nntui.store import catalog, folder
from nntui.store.schema import CONFIG, RunError

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and limits of this kind are POSIX")

#: Makes a run under a limit on the size of files and prints the outcome, and what lies in the folder of runs then.
SMALL_DISK = """
import resource, sys
from pathlib import Path
from nntui.config import RunConfig
from nntui.store import catalog, folder
from nntui.store.schema import RunError

runs, limit = Path(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
try:
    catalog.open_run(folder.create(runs, name="", preset="xor", config=RunConfig().to_dict()))
    print("made", len(list(runs.iterdir())))
except RunError as error:
    print("not made", list(runs.iterdir()), len(str(error).splitlines()), str(runs) in str(error))
"""


def test_a_new_run_holds_all_that_its_trainer_needs(runs: Path) -> None:
    settings = RunConfig().with_settings(["lr=0.25", "layers=3 2"])
    run = folder.create(runs, name="my run", preset="xor", config=settings.to_dict())
    assert run.parent == runs
    assert {path.name for path in run.iterdir()} == {"run.db", "config.toml", "trainer.log", "checkpoints"}
    assert config.from_dict(tomllib.loads((run / CONFIG).read_text(encoding="utf-8"))) == settings
    record = catalog.open_run(run)
    assert config.from_dict(record.config) == settings
    assert (record.id, record.name, record.preset, record.state) == (run.name, "my run", "xor", "starting")
    assert record.pid is None


def test_a_run_without_a_name_has_its_presets(make_run: Callable[..., Path]) -> None:
    assert catalog.open_run(make_run(preset="logistic")).name == "logistic"


def test_ids_differ_and_can_be_read_aloud(make_run: Callable[..., Path]) -> None:
    ids = [make_run().name for _ in range(20)]
    assert len(set(ids)) == 20
    assert not set("".join(ids)) & set("01lioABCDEFGHIJKLMNOPQRSTUVWXYZ-_ ")


@posix
def test_nobody_else_may_look_in(nntui_home: Path, make_run: Callable[..., Path]) -> None:
    before = os.umask(0)
    try:
        run = make_run()
    finally:
        os.umask(before)
    for path in (nntui_home, *nntui_home.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert run.is_dir()


@pytest.mark.parametrize("place", ["a file in the way", "a file above", "sysfs", "a folder without leave"])
def test_where_no_run_can_be_made_one_line_says_so(place: str, tmp_path: Path) -> None:
    file, closed = tmp_path / "file", tmp_path / "closed"
    file.write_text("mine")
    closed.mkdir(mode=0o500)
    runs = {
        "a file in the way": file,
        "a file above": file / "home" / "runs",
        "sysfs": Path("/sys/nntui/runs"),
        "a folder without leave": closed / "home" / "runs",
    }[place]
    if place == "sysfs" and sys.platform != "linux":
        pytest.skip("a file system of Linux")
    if place == "a folder without leave" and (sys.platform == "win32" or os.geteuid() == 0):
        pytest.skip("root may write anywhere")
    with pytest.raises(RunError) as caught:
        folder.create(runs, name="", preset="xor", config={})
    assert len(str(caught.value).splitlines()) == 1
    assert str(runs) in str(caught.value)
    assert "NNTUI_HOME" in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == [closed, file]
    assert file.read_text() == "mine"


@posix
@pytest.mark.parametrize("limit", [0, 500, 4096, 20_000, 50_000, 10**7])
def test_without_room_nothing_half_made_is_left(limit: int, runs: Path, python: Callable[..., str]) -> None:
    made = "made 1\n" if limit == 10**7 else "not made [] 1 True\n"
    assert python(SMALL_DISK, runs, limit) == made


def test_a_configuration_that_no_file_can_hold_leaves_nothing(runs: Path) -> None:
    with pytest.raises(TypeError):
        folder.create(runs, name="", preset="xor", config={"title": None})
    with pytest.raises(UnicodeEncodeError):
        folder.create(runs, name="\udcff", preset="xor", config={})
    assert list(runs.iterdir()) == []


def test_a_removed_run_is_gone(runs: Path, make_run: Callable[..., Path]) -> None:
    run, other = make_run(), make_run()
    (run / folder.CHECKPOINTS / "latest.safetensors").write_bytes(b"x")
    folder.remove(run)
    assert list(runs.iterdir()) == [other]


def test_what_is_not_there_cannot_be_removed(runs: Path) -> None:
    with pytest.raises(RunError, match="cannot be removed") as caught:
        folder.remove(runs / "abc")
    assert str(runs / "abc") in str(caught.value)


def test_the_process_of_a_run_is_recorded(run: Path) -> None:
    folder.set_process(run, 2**22 + 1, 12.5)
    assert catalog.open_run(run).pid == 2**22 + 1
