"""Feed: what it reads from a recorded run, when it posts, and how it ends."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from textual.message import Message

from nntui.store import commands
from nntui.store.folder import CHECKPOINTS
from nntui.store.reader import Reader
from nntui.store.schema import DATABASE
from nntui.trainer.checkpoints import save_checkpoint
from nntui.trainer.problem import make_problem
from nntui.trainer.recall import make_loop
from nntui.tui import feed as subject
from nntui.tui import reading
from nntui.tui.feed import Answered, Feed, NewPicture, Unreadable
from nntui.tui.picture import Answer, Picture, Query, Question
from tests.tui import recorded
from tests.tui.recorded import Recording

#: Longer than any machine needs; nothing waits so long unless it fails.
PATIENCE = 30.0
LOSS = Query(("loss",), 100)


class Follower:
    """A feed with its messages kept, run beside a test."""

    def __init__(self, folder: Path) -> None:
        self.messages: list[Message] = []
        self.congested = self.spent = False
        self.feed = Feed(folder, self.messages.append, lambda: self.congested, lambda: self.spent)

    @property
    def pictures(self) -> list[Picture]:
        return [message.picture for message in self.messages if isinstance(message, NewPicture)]

    @property
    def answers(self) -> list[Answered]:
        return [message for message in self.messages if isinstance(message, Answered)]

    @property
    def complaints(self) -> list[str]:
        return [message.text for message in self.messages if isinstance(message, Unreadable)]


async def until(condition: Callable[[], object]) -> None:
    limit = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < limit, "waited in vain"
        await asyncio.sleep(0.005)


def follow(folder: Path, scenario: Callable[[Follower], Awaitable[None]]) -> Follower:
    """Runs a feed while a scenario plays, then cancels it and waits for its thread."""
    follower = Follower(folder)

    async def play() -> None:
        task = asyncio.create_task(follower.feed.run())
        try:
            await scenario(follower)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(play())
    follower.feed._thread.shutdown(wait=True)
    follower.feed._writing.shutdown(wait=True)
    return follower


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks ten times as often."""
    monkeypatch.setattr(subject, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(subject, "ENDED_POLL_SECONDS", 0.1)


@pytest.fixture
def live(runs: Path) -> Recording:
    """A run of this process, which has had 100 steps."""
    recording = Recording(runs, recorded.table())
    recording.train(100)
    return recording


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many reads were under way, noted at the beginning of each read."""
    under_way, noted, look = [0], [], Feed._look

    def counted(feed: Feed) -> list[Message]:
        under_way[0] += 1
        noted.append(under_way[0])
        try:
            return look(feed)
        finally:
            under_way[0] -= 1

    monkeypatch.setattr(Feed, "_look", counted)
    return noted


def test_the_first_picture_holds_the_run_its_rows_and_predictions(runs: Path) -> None:
    folder = recorded.finished(runs, recorded.images())

    async def scenario(follower: Follower) -> None:
        await until(lambda: follower.pictures)

    picture = follow(folder, scenario).pictures[0]
    assert (picture.run.state, picture.run.step) == ("finished", 2000)
    assert picture.rows["X"].shape == (60, 64)
    assert picture.predictions["P"].shape == (60, 1)
    assert picture.table("predictions").step == 2000
    assert [event.text for event in picture.events] == ["lr 0.1 → 0.125"]
    assert picture.curves == {}


def test_nothing_is_posted_while_nothing_changes(runs: Path, looks: list[int]) -> None:
    folder = recorded.finished(runs, recorded.table())

    async def scenario(follower: Follower) -> None:
        await until(lambda: follower.pictures)
        before = len(looks)
        for more in range(1, 6):  # woken, and asked for nothing new
            follower.feed._wake.set()
            await until(lambda more=more: len(looks) >= before + more)  # type: ignore[misc]

    assert len(follow(folder, scenario).messages) == 1


def test_each_change_is_posted(live: Recording) -> None:
    async def scenario(follower: Follower) -> None:
        follower.feed.want("loss", LOSS)
        await until(lambda: follower.pictures)
        for step in (200, 300):
            live.train(100)
            await until(lambda step=step: follower.pictures[-1].run.step == step)  # type: ignore[misc]

    pictures = follow(live.folder, scenario).pictures
    assert pictures[-1].curves["loss"]["loss"].last[-1] == 300
    steps = [picture.run.step for picture in pictures]
    assert steps == sorted(steps)


def test_a_chart_gets_what_it_wants_and_no_more_when_hidden(runs: Path) -> None:
    folder = recorded.finished(runs, recorded.table())

    async def scenario(follower: Follower) -> None:
        feed = follower.feed
        feed.want("loss", LOSS)
        feed.want("gradients", Query(("grad_norm/output", "no such series"), 10, (501, 1000)))
        await until(lambda: follower.pictures and len(follower.pictures[-1].curves) == 2)
        curves = follower.pictures[-1].curves
        loss, norm = curves["loss"]["loss"], curves["gradients"]["grad_norm/output"]
        assert list(curves["gradients"]) == ["grad_norm/output"]
        assert 50 <= len(loss.first) <= 101
        assert len(norm.first) <= 12
        assert norm.first[0] <= 501
        assert 1000 <= norm.last[-1] < 2000
        feed.want("gradients", None)
        await until(lambda: list(follower.pictures[-1].curves) == ["loss"])

    follow(folder, scenario)


def test_what_is_wanted_seldom_is_read_again_in_its_time_or_when_the_run_rests(live: Recording) -> None:
    async def scenario(follower: Follower) -> None:
        follower.feed.want("often", LOSS)
        follower.feed.want("seldom", Query(("loss",), 100, every=1000.0))
        await until(lambda: follower.pictures and len(follower.pictures[-1].curves) == 2)
        before = follower.pictures[-1].curves
        live.train(10)
        await until(lambda: follower.pictures[-1].run.step == 110)
        now = follower.pictures[-1].curves
        assert now["often"]["loss"].last[-1] > before["often"]["loss"].last[-1]
        assert now["seldom"] is before["seldom"]
        live.train(10, state="paused")
        await until(lambda: follower.pictures[-1].run.step == 120)
        rests = follower.pictures[-1].curves
        assert rests["seldom"]["loss"].last[-1] == rests["often"]["loss"].last[-1]

    follow(live.folder, scenario)


def test_what_one_chart_wants_lets_the_others_keep_what_they_have(runs: Path) -> None:
    async def scenario(follower: Follower) -> None:
        follower.feed.want("loss", LOSS)
        await until(lambda: follower.pictures and follower.pictures[-1].curves)
        before = follower.pictures[-1].curves["loss"]
        follower.feed.want("other", Query(("loss",), 10))
        await until(lambda: "other" in follower.pictures[-1].curves)
        assert follower.pictures[-1].curves["loss"] is before

    follow(recorded.finished(runs, recorded.table()), scenario)


def test_wanting_the_same_again_reads_nothing(runs: Path) -> None:
    folder = recorded.finished(runs, recorded.table())

    async def scenario(follower: Follower) -> None:
        follower.feed.want("loss", LOSS)
        await until(lambda: follower.pictures)
        follower.feed.want("loss", Query(("loss",), 100))
        assert not follower.feed._wake.is_set()

    follow(folder, scenario)


def test_at_most_one_read_is_under_way(live: Recording, looks: list[int]) -> None:
    async def scenario(follower: Follower) -> None:
        for width in range(50, 90):
            follower.feed.want("loss", Query(("loss",), width))
            live.train(1)
            await asyncio.sleep(0)
        await until(lambda: follower.pictures and follower.pictures[-1].run.step == 140)

    follow(live.folder, scenario)
    assert set(looks) == {1}


def test_a_reader_that_takes_long_does_not_hold_up_the_screen(live: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    let_go, begun, read = threading.Event(), threading.Event(), Reader.run

    def slow(reader: Reader) -> Any:
        begun.set()
        assert let_go.wait(PATIENCE)
        return read(reader)

    monkeypatch.setattr(Reader, "run", slow)

    async def scenario(follower: Follower) -> None:
        await until(begun.is_set)  # the event loop runs while the read does not end
        follower.feed.want("loss", LOSS)
        follower.feed.command("pause")
        assert not follower.messages
        let_go.set()
        await until(lambda: follower.pictures)

    follow(live.folder, scenario)


def test_a_congested_link_gets_nothing_and_then_the_latest(live: Recording, looks: list[int]) -> None:
    async def scenario(follower: Follower) -> None:
        await until(lambda: follower.pictures)
        follower.congested = True
        seen, before = len(follower.messages), len(looks)
        for _ in range(5):
            live.train(100)
            follower.feed._wake.set()
            await asyncio.sleep(0.01)
        assert len(looks) <= before + 1  # one may have been on its way
        assert len(follower.messages) <= seen + 1
        follower.congested = False
        await until(lambda: follower.pictures[-1].run.step == 600)

    follow(live.folder, scenario)


def test_a_spent_budget_keeps_news_until_it_is_paid(live: Recording, looks: list[int]) -> None:
    async def scenario(follower: Follower) -> None:
        await until(lambda: follower.pictures and follower.feed._wanted == follower.feed._looked_for)
        follower.spent = True
        await until(lambda: follower.feed._frugal)
        seen = len(follower.messages)
        live.train(100)
        follower.feed.want("loss", LOSS)
        before = len(looks)
        await until(lambda: len(looks) > before + 3)
        assert len(follower.messages) == seen
        follower.spent = False
        await until(lambda: follower.pictures[-1].run.step == 200)
        assert follower.pictures[-1].curves

    follow(live.folder, scenario)


def test_a_spent_budget_holds_back_neither_an_answer_nor_a_new_state(live: Recording) -> None:
    async def scenario(follower: Follower) -> None:
        await until(lambda: follower.pictures)
        follower.spent = True
        follower.feed.command("set", "training.lr", "0.5")
        await until(live.answer)
        await until(lambda: follower.answers)
        live.train(100, state="paused")
        await until(lambda: follower.pictures[-1].run.state == "paused")

    follow(live.folder, scenario)


def test_a_spent_budget_holds_back_no_knob_that_somebody_else_turned(live: Recording) -> None:
    async def scenario(follower: Follower) -> None:
        await until(lambda: follower.pictures)
        follower.spent = True
        await until(lambda: follower.feed._frugal)
        commands.append(live.folder, "set", "training.lr", "0.375")
        await until(live.answer)
        await until(lambda: follower.pictures[-1].run.config["training"]["lr"] == 0.375)

    follow(live.folder, scenario)


def test_a_picture_is_of_one_moment(live: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a trainer commits in the middle of a read is seen by the next one, and then all of it."""
    begun, go_on, read = threading.Event(), threading.Event(), Reader.run

    def pausing(reader: Reader) -> Any:
        run = read(reader)
        begun.set()
        assert go_on.wait(PATIENCE)
        return run

    monkeypatch.setattr(Reader, "run", pausing)

    async def scenario(follower: Follower) -> None:
        follower.feed.want("loss", LOSS)
        await until(begun.is_set)
        live.train(100)
        go_on.set()
        await until(lambda: follower.pictures and follower.pictures[-1].run.step == 200)

    for picture in follow(live.folder, scenario).pictures:
        assert picture.curves["loss"]["loss"].last[-1] == picture.run.step
        assert picture.table("predictions").step <= picture.run.step


def test_a_dead_trainer_is_noticed_though_nobody_writes(live: Recording) -> None:
    async def scenario(follower: Follower) -> None:
        await until(lambda: follower.pictures)
        assert follower.pictures[-1].run.live
        live.update(pid_started=1.0)  # the process that has this id now is not the trainer
        await until(lambda: follower.pictures[-1].run.state == "crashed")

    run = follow(live.folder, scenario).pictures[-1].run
    assert run.step == 100
    assert run.reason


def test_a_trainer_that_vanishes_is_noticed_without_a_commit(live: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    alive = [True]
    monkeypatch.setattr("nntui.store.catalog._trainer_alive", lambda *_: alive[0])

    async def scenario(follower: Follower) -> None:
        await until(lambda: follower.pictures)
        alive[0] = False
        await until(lambda: follower.pictures[-1].run.state == "crashed")

    follow(live.folder, scenario)


def test_events_are_told_once_and_in_order(live: Recording) -> None:
    async def scenario(follower: Follower) -> None:
        for number in range(5):
            live.writer.event(live.status.step, "set", f"lr {number}")
            live.train(10)
            await until(lambda number=number: follower.pictures and len(follower.pictures[-1].events) == number + 1)  # type: ignore[misc]

    events = follow(live.folder, scenario).pictures[-1].events
    assert [event.text for event in events] == [f"lr {number}" for number in range(5)]


def test_of_many_events_the_newest_are_kept(live: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "EVENTS", 3)

    async def scenario(follower: Follower) -> None:
        for number in range(6):
            live.writer.event(live.status.step, "set", str(number))
            live.train(1)
            await until(lambda number=number: follower.pictures and follower.pictures[-1].run.step == 101 + number)  # type: ignore[misc]

    assert [event.text for event in follow(live.folder, scenario).pictures[-1].events] == ["3", "4", "5"]


def test_predictions_are_read_again_when_the_run_rests(live: Recording) -> None:
    async def scenario(follower: Follower) -> None:
        await until(lambda: follower.pictures)
        live.train(50)
        live.train(50, state="paused")
        await until(lambda: follower.pictures[-1].table("predictions").step == 200)

    pictures = follow(live.folder, scenario).pictures
    assert pictures[-1].rows is pictures[0].rows  # they do not change, and are not read again


def test_predictions_of_the_same_step_are_read_again_when_they_have_changed(live: Recording) -> None:
    other = np.full((4, 1), 0.25, np.float32)

    async def scenario(follower: Follower) -> None:
        await until(lambda: follower.pictures)
        live.train(50, state="paused")
        await until(lambda: follower.pictures[-1].table("predictions").step == 150)
        for _ in range(2):
            live.writer.table("predictions", 150, {"P": other})
        live.commit(steps_per_s=1.0)
        await until(lambda: follower.pictures[-1].run.steps_per_s == 1.0)

    table = follow(live.folder, scenario).pictures[-1].table("predictions")
    assert table.step == 150
    assert table.arrays["P"].tolist() == other.tolist()


def test_a_command_is_appended_and_its_answer_told_once(live: Recording) -> None:
    async def scenario(follower: Follower) -> None:
        await until(lambda: follower.pictures)
        follower.feed.command("set", "training.lr", "0.2")
        await until(live.writer.waiting)
        (command,) = live.writer.waiting()
        assert (command.kind, command.key, command.value) == ("set", "training.lr", "0.2")
        live.writer.answer(command, "refused", 100, "no")
        live.commit()
        await until(lambda: follower.answers)
        live.train(10)
        await until(lambda: follower.pictures[-1].run.step == 110)

    answers = follow(live.folder, scenario).answers
    assert [(a.command.status, a.command.answer) for a in answers if a.command] == [("refused", "no")]


def test_an_answer_comes_after_the_picture_that_shows_its_effect(live: Recording) -> None:
    async def scenario(follower: Follower) -> None:
        await until(lambda: follower.pictures)
        follower.feed.command("pause")
        await until(live.writer.waiting)
        live.writer.answer(live.writer.waiting()[0], "applied", 100, "paused")
        live.commit(state="paused")
        await until(lambda: follower.answers)

    messages = follow(live.folder, scenario).messages
    assert isinstance(messages[-1], Answered)
    before = messages[-2]
    assert isinstance(before, NewPicture)
    assert before.picture.run.state == "paused"


def test_answers_to_others_are_not_told_here(live: Recording) -> None:
    async def scenario(follower: Follower) -> None:
        await until(lambda: follower.pictures)
        commands.append(live.folder, "pause")
        live.writer.answer(live.writer.waiting()[0], "applied", 100, "paused")
        live.commit(state="paused")
        await until(lambda: follower.pictures[-1].run.state == "paused")

    assert follow(live.folder, scenario).answers == []


def test_a_command_that_nobody_will_answer_is_given_back(live: Recording) -> None:
    async def scenario(follower: Follower) -> None:
        await until(lambda: follower.pictures)
        live.commit(state="finished")
        follower.feed.command("pause")
        await until(lambda: follower.answers)

    (answer,) = follow(live.folder, scenario).answers
    assert answer.command is not None
    assert answer.command.status == "waiting"


def test_a_command_that_cannot_be_written_says_so(live: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(commands, "append", refuse)

    async def scenario(follower: Follower) -> None:
        follower.feed.command("pause")
        await until(lambda: follower.answers)

    (answer,) = follow(live.folder, scenario).answers
    assert answer.command is None
    assert "No space left" in answer.text


def test_commands_that_wait_for_a_writer_hold_up_no_picture(live: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "APPEND_SECONDS", PATIENCE)
    writer = sqlite3.connect(live.folder / DATABASE, isolation_level=None)

    async def scenario(follower: Follower) -> None:
        await until(lambda: follower.pictures)
        writer.execute("BEGIN IMMEDIATE")
        follower.feed.command("pause")
        follower.feed.command("resume")
        follower.feed.want("loss", LOSS)
        await until(lambda: follower.answers or "loss" in follower.pictures[-1].curves)
        assert follower.answers == []
        writer.execute("ROLLBACK")

    follow(live.folder, scenario)
    writer.close()
    with closing(Reader(live.folder)) as reader:
        assert [command.kind for command in reader.commands()] == ["pause", "resume"]


def test_a_command_is_given_up_where_somebody_else_writes_for_long(
    live: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "APPEND_SECONDS", 0.01)
    writer = sqlite3.connect(live.folder / DATABASE, isolation_level=None)

    async def scenario(follower: Follower) -> None:
        await until(lambda: follower.pictures)
        writer.execute("BEGIN IMMEDIATE")
        follower.feed.command("pause")
        await until(lambda: follower.answers)

    (answer,) = follow(live.folder, scenario).answers
    writer.close()
    assert "locked" in answer.text


def damage_database(folder: Path) -> None:
    (folder / DATABASE).write_bytes(b"no database, but long enough to look at " * 100)


def damage_config(folder: Path) -> None:
    recording_update(folder, config="{")


def damage_layers(folder: Path) -> None:
    recording_update(folder, layers='[{"name": 1}]')


def damage_rows(folder: Path) -> None:
    recorded.execute(folder, "UPDATE tables SET data = x'00'")


def damage_buckets(folder: Path) -> None:
    recorded.execute(folder, "UPDATE buckets SET data = x'0001'")


def empty_run(folder: Path) -> None:
    recorded.execute(folder, "DELETE FROM run")


def recording_update(folder: Path, **columns: str) -> None:
    names = ", ".join(f"{name} = ?" for name in columns)
    recorded.execute(folder, f"UPDATE run SET {names}", *columns.values())


@pytest.mark.parametrize(
    "damage", [shutil.rmtree, damage_database, damage_config, damage_layers, damage_rows, damage_buckets, empty_run]
)
def test_a_folder_that_cannot_be_read_ends_the_feed_in_one_line(runs: Path, damage: Callable[[Path], None]) -> None:
    folder = recorded.finished(runs, recorded.table())
    damage(folder)

    async def scenario(follower: Follower) -> None:
        follower.feed.want("loss", LOSS)
        await until(lambda: follower.complaints)
        follower.feed.command("pause")
        await until(lambda: follower.answers)

    follower = follow(folder, scenario)
    (complaint,) = follower.complaints
    assert str(folder) in complaint
    assert "\n" not in complaint
    assert follower.answers[0].command is None


def test_a_run_removed_while_one_looks_is_told(runs: Path) -> None:
    folder = recorded.finished(runs, recorded.table())

    async def scenario(follower: Follower) -> None:
        await until(lambda: follower.pictures)
        shutil.rmtree(folder)
        await until(lambda: follower.complaints)

    assert "removed" in follow(folder, scenario).complaints[0]


def test_the_feed_leaves_nothing_open(live: Recording) -> None:
    live.writer.close()

    def opened() -> list[Path]:
        files = [link.resolve() for link in Path("/proc/self/fd").iterdir()]
        return [file for file in files if file.is_relative_to(live.folder)]

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("needs /proc")

    async def scenario(follower: Follower) -> None:
        await until(lambda: follower.pictures)
        assert opened()

    follow(live.folder, scenario)
    assert opened() == []
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("nntui-feed")]


def test_a_newer_picture_takes_the_place_of_one_not_yet_shown(live: Recording) -> None:
    async def scenario(follower: Follower) -> None:
        await until(lambda: follower.pictures)

    picture = follow(live.folder, scenario).pictures[0]
    newer = NewPicture(replace(picture, silence=7))
    assert NewPicture(picture).can_replace(newer)
    assert not newer.can_replace(Unreadable("gone"))


def test_a_spike_of_one_step_reaches_the_picture(live: Recording) -> None:
    live.train(50, bad=(120,))

    async def scenario(follower: Follower) -> None:
        follower.feed.want("loss", Query(("loss",), 4))
        await until(lambda: follower.pictures and follower.pictures[-1].curves)

    curve = follow(live.folder, scenario).pictures[-1].curves["loss"]["loss"]
    assert curve.bad.sum() == 1
    assert np.isfinite(curve.mean).all()


def test_the_newest_runs_come_first(runs: Path) -> None:
    for name in ("old", "new"):
        recorded.finished(runs, recorded.table(), run_id=name)
    recording_update(runs / "old", created="0")
    assert [run.id for _, run in reading.shelf(runs).look()] == ["new", "old"]
    assert len(reading.shelf(runs, most=1).look()) == 1


def test_curves_are_read_up_to_a_step_that_several_runs_share(runs: Path) -> None:
    folder = recorded.finished(runs, recorded.images())
    query = Query(("loss", "val_loss", "unheard of"), 50, (0, 4000))
    run, found = reading.read_curves(folder, {"a chart": query})
    curves = found["a chart"]
    assert run.step == 2000
    assert list(curves) == ["loss", "val_loss"]
    assert 10 <= len(curves["loss"].first) <= 50
    assert curves["loss"].last[-1] == 2000


def test_a_run_without_a_step_has_no_loss(runs: Path) -> None:
    live = Recording(runs, recorded.table())
    assert reading.read_loss(live.folder, 10) is None
    live.train(100)
    curve = reading.read_loss(live.folder, 10)
    assert curve is not None
    assert curve.last[-1] == 100
    live.end()


def test_the_picture_holds_what_the_network_answers(live: Recording, real_answers: None) -> None:
    problem = make_problem(live.config)
    loop = make_loop(live.config, problem)
    question, other = Question(np.array([[0.0, 1.0]]), layers=True), Question(np.array([[1.0, 1.0]]))

    async def scenario(follower: Follower) -> None:
        follower.feed.ask("plane", question)
        await until(lambda: answer(follower).error)
        assert "no checkpoint yet" in answer(follower).error
        save_checkpoint(live.folder / CHECKPOINTS, loop, problem, live.config)
        follower.feed.ask("plane", other)
        await until(lambda: answer(follower).question is other)
        assert (answer(follower).step, answer(follower).layers) == (100, ()), "of the newest weights"
        follower.feed.ask("plane", question)
        await until(lambda: answer(follower).question is question)
        live.train(100)
        await until(lambda: answer(follower).step == 200)
        assert [A.shape for A in answer(follower).layers] == [(1, 3), (1, 1)]
        follower.feed.ask("plane", None)
        await until(lambda: not follower.pictures[-1].answers)

    assert follow(live.folder, scenario).complaints == []


def answering() -> list[int]:
    """The processes of this one that answer."""
    return [child.pid for child in psutil.Process().children() if "nntui.inference" in child.cmdline()]


def test_the_process_that_answers_ends_with_the_feed_though_it_is_cancelled_twice(
    live: Recording, real_answers: None
) -> None:
    """An app that is left cancels all that runs, and each screen that is closed what it has begun."""

    async def play() -> None:
        follower = Follower(live.folder)
        await follower.feed.ended()  # which has not begun
        task = asyncio.create_task(follower.feed.run())
        follower.feed.ask("plane", Question(np.array([[0.0, 1.0]])))
        await until(lambda: answer(follower).error)
        assert len(answering()) == 1
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await follower.feed.ended()
        assert answering() == []

    asyncio.run(play())


def answer(follower: Follower) -> Answer:
    """The newest answer to the pane that asks."""
    answers = follower.pictures[-1].answers if follower.pictures else {}
    return answers.get("plane", Answer(Question(np.empty((0, 2)))))


def test_a_run_of_before_has_no_such_tables(runs: Path) -> None:
    folder = recorded.finished(runs, recorded.images(), old=True)

    async def scenario(follower: Follower) -> None:
        follower.feed.want_tables("plane", ("weights", "history"))
        await until(lambda: follower.pictures and "weights" in follower.pictures[-1].tables)
        assert follower.pictures[-1].table("weights").step == -1
        assert follower.pictures[-1].table("predictions").step == 2000

    assert follow(folder, scenario).complaints == []


def test_a_chart_that_is_hidden_and_shown_again_is_read_again(live: Recording) -> None:
    async def scenario(follower: Follower) -> None:
        for hidden in range(3):
            follower.feed.want("chart", LOSS)
            await until(lambda: follower.pictures and "chart" in follower.pictures[-1].curves)
            follower.feed.want("chart", None)
            await until(lambda: "chart" not in follower.pictures[-1].curves or follower.complaints)
            assert not follower.complaints, hidden

    follow(live.folder, scenario)


def test_rows_that_are_other_ones_come_with_their_predictions(live: Recording) -> None:
    """A run that goes on reads its data again, which somebody may have changed meanwhile."""

    async def scenario(follower: Follower) -> None:
        await until(lambda: follower.pictures)

        async def change(number: int) -> None:
            rows = {"row": np.arange(number), "X": np.zeros((number, 2)), "T": np.zeros((number, 1))}
            live.writer.table("rows", 0, rows)
            live.writer.table("predictions", 100 + number, {"P": np.zeros((number, 1))})
            live.commit(step=100 + number)
            await until(lambda: len(follower.pictures[-1].predictions["P"]) == number)

        for number in (7, 3, 9):
            await change(number)
            assert all(len(picture.rows["T"]) == len(picture.predictions["P"]) for picture in follower.pictures)

    follow(live.folder, scenario)
