"""Runs are listed newest first and found by what a person remembers of them; a dead trainer is told as crashed."""

from __future__ import annotations

import json
import math
import os
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import psutil
import pytest

from nntui import ending
from nntui.processes import start_of
from nntui.store import catalog, folder, room, schema
from nntui.store.reader import Reader
from nntui.store.schema import RunError
from nntui.store.writer import Status, Writer

Make = Callable[..., Path]


def set_row(run: Path, **values: object) -> None:
    """Writes columns of the run's row."""
    with closing(schema.connect_writer(run)) as db:
        for name, value in values.items():
            db.execute(f"UPDATE run SET {name} = ?", (value,))


@pytest.fixture
def five(make_run: Make) -> list[Path]:
    """Runs made a second apart, the first one first; ids and names known."""
    made = []
    for number, (run_id, name) in enumerate(
        [
            ("aaaa2222", "first"),
            ("aaab3333", "twin"),
            ("bbbb4444", "twin"),
            ("cccc5555", "bbbb"),
            ("dddd6666", "aaaa2222"),
        ]
    ):
        run = make_run(name)
        set_row(run, id=run_id, created=1e9 + number)
        made.append(run.rename(run.with_name(run_id)))
    return made


def test_runs_are_listed_newest_first(runs: Path, five: list[Path]) -> None:
    assert [path for path, _ in catalog.list_runs(runs)] == five[::-1]
    assert [run.id for _, run in catalog.list_runs(runs)] == [path.name for path in five[::-1]]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("latest", "dddd6666"),
        ("bbbb4444", "bbbb4444"),
        ("c", "cccc5555"),
        ("aaab", "aaab3333"),
        ("first", "aaaa2222"),
        ("twin", "bbbb4444"),  # the newest of that name
        ("bbbb", "cccc5555"),  # a name wins over a beginning
        ("aaaa2222", "aaaa2222"),  # an id wins over a name
    ],
)
def test_a_run_is_found(wanted: str, found: str, runs: Path, five: list[Path]) -> None:
    path, run = catalog.find_run(runs, wanted)
    assert (path.name, run.id) == (found, found)


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("aaa", "begins several runs: aaab3333, aaaa2222"),
        ("frist", "did you mean first?"),
        ("dddd7666", "did you mean dddd6666?"),
        ("", "no run ''"),
        ("..", "no run '..'"),
        ("/", "no run '/'"),
        ("x" * 5000, "no run 'xxx"),
        ("\x1b[31mred\n", "no run '\\x1b[31mred\\n'"),
        ("../runs/aaaa2222", "no run"),
    ],
)
def test_what_does_not_name_one_run_is_told_in_one_line(wanted: str, told: str, runs: Path, five: list[Path]) -> None:
    with pytest.raises(RunError) as caught:
        catalog.find_run(runs, wanted)
    assert told in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 300


def test_where_there_are_no_runs_it_says_how_to_make_one(runs: Path) -> None:
    assert catalog.list_runs(runs) == []
    with pytest.raises(RunError, match="nntui train"):
        catalog.find_run(runs)
    assert not runs.exists()


def test_folders_that_hold_no_run_are_passed_over_and_damaged_runs_told(runs: Path, run: Path, make_run: Make) -> None:
    (runs / "empty").mkdir()
    (runs / "file").write_text("x")
    (runs / "dangling").symlink_to(runs / "nowhere")
    foreign, later, broken, rowless, locked = (make_run() for _ in range(5))
    (foreign / schema.DATABASE).write_bytes(b"not a database, and quite long enough to be looked at" * 100)
    with closing(schema.connect_writer(later)) as db:
        db.execute("PRAGMA user_version = 99")
    (broken / schema.DATABASE).write_bytes((broken / schema.DATABASE).read_bytes()[:5000])
    with closing(schema.connect_writer(rowless)) as db:
        db.execute("DELETE FROM run")
    locked.chmod(0)
    make_run().rename(runs / ".new-abcdefgh")
    try:
        readable = {run, locked} if os.access(locked, os.X_OK) else {run}
        found = dict(catalog.list_runs(runs))
        assert {path for path, one in found.items() if one.state != "unreadable"} == readable
        assert set(found) - readable == {foreign, later, broken, rowless}
        assert "format 99" in found[later].reason
        assert found[broken].config == catalog.first_config(broken) != {}
    finally:
        locked.chmod(0o700)
    with pytest.raises(RunError, match="cannot be read"):
        catalog.find_run(runs, broken.name)
    assert catalog.find_listed(runs, broken.name)[1].state == "unreadable"
    assert catalog.find_run(runs, "latest")[0] in readable


def test_a_run_whose_database_is_gone_can_still_be_removed(runs: Path, run: Path) -> None:
    (run / schema.DATABASE).unlink()
    (run / schema.DATABASE).mkdir()
    assert [one.state for _, one in catalog.list_runs(runs)] == ["unreadable"]
    ending.remove(run)
    assert catalog.list_runs(runs) == []


def overwrite(run: Path, first: int, last: int, filling: bytes) -> bytes:
    """Writes over these bytes of a run's database; returns what the file is then."""
    path = run / schema.DATABASE
    content = bytearray(path.read_bytes())
    content[first:last] = (filling * (last - first))[: len(content[first:last])]
    path.write_bytes(content)
    return bytes(content)


@pytest.fixture
def ended(run: Path) -> Path:
    """A finished run that fills a hundred pages; its own row lies in the second."""
    writer = Writer(run)
    writer.status(Status("finished", step=7))
    for i in range(100):
        writer.table(f"table {i}", 7, {"X": np.ones(900, np.float32)})
    writer.commit()
    writer.close()
    with closing(schema.connect_writer(run)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return run


@pytest.mark.parametrize("filling", [b"\0", b"x", b"\xff", b"\x07nntui"])
@pytest.mark.parametrize(("first", "last"), [(0, 100), (100, 4096), (4096, 8192), (0, 2**20)])
def test_a_run_that_is_damaged_where_it_says_how_it_stands_is_told_as_such(
    ended: Path, first: int, last: int, filling: bytes
) -> None:
    content = overwrite(ended, first, last, filling)
    told = catalog.listed(ended)
    assert told is not None
    assert told.state == "unreadable"
    assert "cannot be read: damaged" in told.reason or "not a run" in told.reason
    assert "\n" not in told.reason
    assert (ended / schema.DATABASE).read_bytes() == content


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_a_run_that_is_cut_is_told_as_damaged(ended: Path, share: float) -> None:
    path = ended / schema.DATABASE
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    told = catalog.listed(ended)
    assert told is not None
    assert told.state == "unreadable"
    assert told.reason == f"{path}: cannot be read: damaged: database disk image is malformed"


def test_a_run_that_is_damaged_elsewhere_is_told_as_such_where_that_is_read(ended: Path) -> None:
    content = overwrite(ended, 20 * 4096, 80 * 4096, b"x")
    assert catalog.open_run(ended).state == "finished"
    with closing(Reader(ended)) as reader, pytest.raises(RunError, match=r"cannot be read: damaged: [^\n]+$"):
        deque(map(reader.table, (f"table {i}" for i in range(100))))
    assert (ended / schema.DATABASE).read_bytes() == content


SECTIONS: dict[str, object] = {"data": {}, "model": {}, "training": {}}
LAYER = {"name": "output", "inputs": 2, "outputs": 1, "activation": "sigmoid", "parameters": 3}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("state", "runninh"),
        ("created", "yesterday"),
        ("created", math.inf),
        ("created", 1e300),
        ("elapsed", math.inf),
        ("heartbeat", b"1"),
        ("progress", b"\1"),
        ("progress", -math.inf),
        ("step", 1.5),
        ("step", "seven"),
        ("branches", "one"),
        ("name", b"\xff\xfe"),
        ("note", b"a"),
        ("origin", b"a"),
        ("origin_step", "one"),
        ("archived", "yes"),
        ("latest", "[]"),
        ("latest", {"loss": "low"}),
        ("latest", {"loss": [1.0]}),
        ("latest", {"grad_norm": 1.0}),
        ("latest", {"grad_norm": [1.0, "x"]}),
        ("latest", {"accuracy": 10**400}),
        ("latest", "[" * 100_000),
        ("config", {}),
        ("config", []),
        ("config", SECTIONS | {"training": "x"}),
        ("config", {"data": {}, "training": {}}),
        ("layers", {"name": "output"}),
        ("layers", [1]),
        ("layers", [LAYER | {"inputs": "two"}]),
        ("layers", [LAYER | {"outputs": None}]),
        ("layers", [LAYER | {"parameters": 10**400}]),
        ("layers", [LAYER | {"name": 5}]),
        ("layers", [LAYER | {"more": 5}]),
        ("data", []),
        ("data", {"train_rows": "many"}),
        ("data", {"classes": 5}),
    ],
)
def test_a_value_that_no_trainer_writes_is_damage(ended: Path, column: str, value: object) -> None:
    set_row(ended, **{column: json.dumps(value) if isinstance(value, (dict, list)) else value})
    ((_, told),) = catalog.list_runs(ended.parent)
    assert told.state == "unreadable"
    assert "damaged" in told.reason
    assert len(told.reason) < 300


@pytest.mark.parametrize("content", ["training = 'x'", "[training]", "a = " + "[" * 100_000])
def test_a_first_configuration_that_is_none_is_lost(content: str, run: Path) -> None:
    assert catalog.first_config(run)
    (run / schema.CONFIG).write_text(content)
    assert catalog.first_config(run) == {}


# Whether the trainer lives


def state(run: Path) -> str:
    return catalog.open_run(run).state


@pytest.fixture
def running(run: Path) -> Path:
    """A run that says it is running, at step 7."""
    writer = Writer(run)
    writer.status(Status("running", step=7))
    writer.commit()
    writer.close()
    return run


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    """Some other process, alive."""
    sleeper = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield sleeper
    sleeper.communicate()


def adopt(run: Path, pid: int) -> None:
    folder.set_process(run, pid, start_of(pid))


@pytest.mark.parametrize("live_state", ["starting", "running", "paused"])
def test_a_live_state_is_believed_while_the_process_lives(
    live_state: str, running: Path, process: subprocess.Popen[bytes]
) -> None:
    adopt(running, process.pid)
    set_row(running, state=live_state, heartbeat=0)
    assert state(running) == live_state
    process.kill()
    process.wait()
    crashed = catalog.open_run(running)
    assert (crashed.state, crashed.step, crashed.live) == ("crashed", 7, False)
    assert crashed.reason == catalog.VANISHED
    set_row(running, reason="making step 90 again: 40%")
    assert catalog.open_run(running).reason == "the trainer ended without a word while making step 90 again: 40%"


def test_a_process_that_ended_but_was_not_waited_for_is_dead(running: Path, process: subprocess.Popen[bytes]) -> None:
    adopt(running, process.pid)
    process.kill()
    while psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.001)
    assert state(running) == "crashed"


def test_another_process_of_the_same_number_is_not_the_trainer(running: Path) -> None:
    own = psutil.Process()
    folder.set_process(running, own.pid, start_of(own.pid) - 3600)
    assert state(running) == "crashed"
    folder.set_process(running, own.pid, start_of(own.pid))
    assert state(running) == "running"


@pytest.mark.parametrize("ended", ["finished", "stopped", "diverged", "crashed"])
def test_an_ended_run_needs_no_process(ended: str, running: Path) -> None:
    set_row(running, state=ended, pid=None, heartbeat=0, reason="so it ended")
    record = catalog.open_run(running)
    assert (record.state, record.reason) == (ended, "so it ended")


def test_a_run_whose_trainer_is_still_starting_is_given_time(run: Path) -> None:
    assert state(run) == "starting"
    set_row(run, heartbeat=time.time() - catalog.START_SECONDS - 1)
    assert state(run) == "crashed"


def test_a_run_of_another_machine_lives_by_its_heartbeat(running: Path) -> None:
    set_row(running, host=socket.gethostname() + "-other", pid=os.getpid(), pid_started=0.0)
    assert state(running) == "running"
    set_row(running, heartbeat=time.time() - catalog.SILENT_SECONDS - 1)
    assert state(running) == "crashed"


def test_word_of_a_full_disk_counts_while_there_is_a_trainer(running: Path) -> None:
    room.tell(running, lacks=True)
    waiting = catalog.open_run(running)
    assert (waiting.state, waiting.standing, waiting.why) == ("running", "waits", "no room on the disk")
    set_row(running, pid=None, heartbeat=0)
    gone = catalog.open_run(running)
    assert (gone.standing, gone.why) == ("crashed", catalog.VANISHED)
    set_row(running, state="finished")
    assert catalog.open_run(running).standing == "finished"


def test_word_that_cannot_be_left_is_none(tmp_path: Path) -> None:
    room.tell(tmp_path / "gone", lacks=True)
    room.tell(tmp_path / "gone", lacks=False)
    assert not room.lacks(tmp_path / "gone")


def test_a_folder_that_cannot_be_looked_into_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(RunError, match="cannot be read: Permission denied"):
        catalog.list_runs(tmp_path)
