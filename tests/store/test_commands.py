"""Commands are appended by anyone and answered once, in order, by the trainer."""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from nntui import launch
from nntui.config import RunConfig
from nntui.processes import start_of
from nntui.store import catalog, commands, folder, schema
from nntui.store.reader import Reader
from nntui.store.schema import RunError
from nntui.store.writer import Writer

APPEND = """
import sys
from pathlib import Path
from nntui.store import commands
for number in range(200):
    commands.append(Path(sys.argv[1]), "set", "training.lr", f"{float(sys.argv[2]) + number / 1e6:.6f}")
"""


def test_a_command_tells_who_asked_what_and_when(run: Path) -> None:
    number = commands.append(run, "set", "training.lr", "0.5")
    reader = Reader(run)
    (command,) = reader.commands()
    reader.close()
    assert (command.id, command.kind, command.key, command.value) == (number, "set", "training.lr", "0.5")
    assert command.who.startswith(getpass.getuser())
    assert catalog.open_run(run).created <= command.at <= time.time()
    assert command.status == "waiting"


def test_waiting_ends_with_the_answer(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "ALIVE_SECONDS", 0.0)
    number = commands.append(run, "pause")
    looks = []

    def alive() -> bool:
        looks.append(True)
        if len(looks) == 3:
            writer = Writer(run)
            writer.answer(writer.waiting()[0], "refused", 5, "too late")
            writer.commit()
            writer.close()
        return True

    answer = commands.wait(run, number, alive=alive, pause=0.001)
    assert answer is not None
    assert (answer.id, answer.status, answer.step, answer.answer) == (number, "refused", 5, "too late")
    assert len(looks) == 3


def test_the_trainer_is_looked_for_seldom(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, looks = [0.0], list[float]()
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: clock.append(clock.pop() + seconds))

    def alive() -> bool:
        looks.append(clock[0])
        return True

    assert commands.wait(run, commands.append(run, "pause"), alive=alive, seconds=3.5) is None
    assert looks == pytest.approx([0, 1, 2, 3], abs=0.05)


def test_waiting_ends_when_the_trainer_is_gone(run: Path) -> None:
    assert commands.wait(run, commands.append(run, "pause"), alive=lambda: False) is None


def test_waiting_ends_when_nobody_answers_in_time(run: Path) -> None:
    assert commands.wait(run, commands.append(run, "pause"), alive=lambda: True, seconds=0.01) is None


def test_a_disk_that_fails_while_an_answer_is_waited_for_is_told_in_one_line(run: Path) -> None:
    number = commands.append(run, "pause")

    def spoil() -> bool:
        with closing(schema.connect_writer(run)) as db:
            db.execute("DROP TABLE commands")
        return True

    with pytest.raises(RunError, match=r"run\.db: cannot be read: no such table") as raised:
        commands.wait(run, number, alive=spoil)
    assert "\n" not in str(raised.value)


def test_an_answer_given_just_before_the_trainer_ended_is_found(run: Path) -> None:
    number = commands.append(run, "stop")

    def answer_and_die() -> bool:
        writer = Writer(run)
        writer.answer(writer.waiting()[0], "applied", 8, "stopped")
        writer.commit()
        writer.close()
        return False

    answer = commands.wait(run, number, alive=answer_and_die)
    assert answer is not None
    assert answer.answer == "stopped"


def test_where_nothing_can_be_written_one_line_says_so(run: Path) -> None:
    other = schema.connect_writer(run)
    with schema.transaction(other), pytest.raises(RunError) as caught:
        commands.append(run, "pause", patience=0.05)
    other.close()
    assert str(caught.value).count("\n") == 0
    assert str(run) in str(caught.value)


def test_what_would_hold_a_run_is_not_asked_of_its_next_trainer(run: Path) -> None:
    asked = [("set", "training.lr", "0.5"), ("pause", "", ""), ("rewind", "", "3"), ("step", "", "5"), ("stop", "", "")]
    commands.append_all(run, asked)
    with closing(schema.connect_writer(run)) as db:
        db.execute("UPDATE run SET state = 'crashed', step = 8")
    (resumed,) = commands.reopen(run, [("resume", "", "")])
    told = commands.listed(run)
    left = ("refused", 8, "the trainer ended before")
    waits = ("waiting", None, "")
    assert [(one.status, one.step, one.answer) for one in told] == [waits, left, waits, left, left, waits]
    assert told[-1].id == resumed


def test_a_run_that_is_damaged_is_not_reopened(run: Path) -> None:
    with closing(schema.connect_writer(run)) as db:
        db.execute("UPDATE run SET state = 'stopped', note = x'00'")
    with pytest.raises(RunError, match="cannot be read: damaged"):
        commands.reopen(run, [("resume", "", "")])
    assert commands.listed(run) == []


def test_a_folder_without_a_run_takes_no_command(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="holds no run"):
        commands.append(tmp_path, "pause")
    assert list(tmp_path.iterdir()) == []


def test_two_who_ask_two_hundred_times_each_are_answered_once_and_in_order() -> None:
    config = RunConfig().with_settings(["epochs=1000000000", "test_fraction=0"])
    run, trainer = launch.start_run(config, preset="xor")
    askers = [subprocess.Popen([sys.executable, "-c", APPEND, str(run), base]) for base in ("0.1", "0.2")]
    assert [asker.wait(60) for asker in askers] == [0, 0]
    last = commands.append(run, "stop")
    answer = commands.wait(run, last, alive=lambda: trainer.poll() is None, seconds=60)
    assert answer is not None
    assert trainer.wait(60) == 0

    reader = Reader(run)
    asked = reader.commands()
    events = [event.text.partition(" by ")[0] for event in reader.events() if event.kind == "set"]
    reader.close()
    assert [command.id for command in asked] == list(range(1, 402))
    assert {command.status for command in asked} == {"applied"}
    steps = [command.step or 0 for command in asked]
    assert steps == sorted(steps)
    turned = [command.value.rstrip("0") for command in asked[:-1]]
    for base in ("0.1", "0.2"):
        own = [value for value in turned if value.startswith(base)]
        assert own == sorted(own, key=float)
        assert len(own) == 200
    # Each answer and each event begins where the one before ended: nothing was applied twice or left out.
    chain = ["0.1", *turned]
    wanted = [f"{old} → {new}" for old, new in pairwise(chain)]
    assert [command.answer for command in asked[:-1]] == wanted
    changes = [f"lr {text}" for text in wanted if text.split(" → ")[0] != text.split(" → ")[1]]
    assert events == changes
    assert catalog.open_run(run).config["training"]["lr"] == float(turned[-1])


def test_a_process_of_ours_that_is_no_trainer_does_not_answer(run: Path) -> None:
    folder.set_process(run, os.getpid(), start_of(os.getpid()))
    number = commands.append(run, "pause")
    assert commands.wait(run, number, alive=lambda: catalog.open_run(run).live, seconds=0.05) is None
