"""A run as it stood at an earlier step."""

from __future__ import annotations

import asyncio
import math
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from nntui import launch
from nntui.config import RunConfig
from nntui.store import catalog, commands
from nntui.store.reader import Reader
from nntui.store.records import Command
from nntui.store.schema import DATABASE
from nntui.tui import past
from nntui.tui.feed import Feed, NewPicture
from nntui.tui.picture import Query
from tests.tui import recorded
from tests.tui.recorded import Recording


@pytest.fixture
def turned(tmp_path: Path) -> Path:
    """A run whose learning rate and momentum were turned on the way, and which was paused at step 800."""
    recording = Recording(tmp_path / "runs", recorded.table())
    for steps, key, value in ((400, "training.lr", "0.5"), (400, "training.lr", "0.25"), (400, "training.l2", "0.01")):
        recording.train(steps)
        commands.append(recording.folder, "set", key, value)
        recording.answer()
        if recording.status.step == 800:
            recording.writer.event(800, "state", "paused by somebody")
            recording.commit()
    recording.train(800)
    return recording.end()


def picture(folder: Path, at: int) -> tuple[NewPicture, Feed]:
    """What a screen gets to see of a step."""
    messages: list[NewPicture] = []

    async def session() -> Feed:
        feed = Feed(folder, messages.append, lambda: False, at=at)  # type: ignore[arg-type]
        feed.want("loss", Query(("loss", "grad_norm/output"), 300))
        task = asyncio.create_task(feed.run())
        while not (messages and feed.settled(messages[-1].picture)):
            await asyncio.sleep(0.005)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return feed

    feed = asyncio.run(session())
    return messages[-1], feed


@pytest.mark.parametrize(
    ("step", "lr", "l2", "state"),
    [
        (1, 0.125, 0.0, "running"),
        (399, 0.125, 0.0, "running"),
        (400, 0.5, 0.0, "running"),
        (800, 0.25, 0.0, "paused"),
        (1300, 0.25, 0.01, "paused"),
        (2000, 0.25, 0.01, "finished"),
    ],
)
def test_a_step_has_the_knobs_and_the_state_of_then(turned: Path, step: int, lr: float, l2: float, state: str) -> None:
    shown = picture(turned, step)[0].picture
    run = shown.run
    assert (run.step, run.state) == (step, state)
    assert run.config["training"]["lr"] == lr
    assert run.config["training"].get("l2", 0.0) == l2
    assert run.progress == pytest.approx(step / 2000)
    assert shown.newest.state == "finished"
    assert (shown.then is not None) == (step < 2000)


def test_a_step_has_its_knobs_however_often_they_were_turned_later(turned: Path) -> None:
    row = (0.0, "ada", "set", "training.l2", "0.02", "applied", 1500)
    with closing(sqlite3.connect(turned / DATABASE)) as db, db:
        db.executemany(
            "INSERT INTO commands (at, who, kind, key, value, status, step) VALUES (?, ?, ?, ?, ?, ?, ?)", [row] * 1100
        )
    assert picture(turned, 800)[0].picture.run.config["training"]["lr"] == 0.25


def test_curves_events_and_figures_end_at_the_step(turned: Path) -> None:
    shown = picture(turned, 700)[0].picture
    curve = shown.curves["loss"]["loss"]
    assert curve.last.max() == 700
    assert {event.step for event in shown.events if event.kind == "set"} == {400}
    now = Reader(turned)
    exact = now.curves(["loss", "grad_norm/output"], 700, 700, 1)
    now.close()
    assert shown.run.latest["loss"] == pytest.approx(float(exact["loss"].final[0]))
    assert shown.run.latest["grad_norm"][-1] == pytest.approx(float(exact["grad_norm/output"].final[0]))
    assert shown.run.latest["accuracy"] is not None
    assert len(shown.run.latest["grad_norm"]) == 2
    assert shown.table("predictions").step == 2000
    assert shown.past


def test_values_of_no_number_are_none(turned: Path) -> None:
    run = catalog.open_run(turned)
    before = past.as_of(run, 10, {"loss": math.nan, "epoch": math.inf, "grad_norm/nobody": 1.0}, [], {})
    assert before.latest == {"loss": None}
    assert before.epoch == int(run.epoch * 10 / 2000)


@pytest.mark.parametrize("until", [1, 2, 63, 64, 1000, 99_999, 100_000])
def test_a_reader_until_a_step_sees_no_later_one(tmp_path: Path, until: int) -> None:
    recording = Recording(tmp_path / "runs", recorded.table())
    numbers = np.arange(1, 100_001)
    recording.writer.record("step", numbers, np.column_stack((numbers, numbers, numbers)))
    recording.commit(step=100_000)
    reader = Reader(recording.folder, until)
    for wanted in (1, 50, 10**6):
        curve = reader.curves(["loss"], 0, 10**9, wanted)["loss"]
        assert curve.first.min() == 1
        assert until <= curve.last.max() <= until + 4  # buckets of a few steps are the finest there are
        assert curve.high.max() <= until + 4
        assert len(curve.first) <= 2 * wanted + 64
    assert until <= reader.newest()["loss"] <= until + 4
    reader.close()
    recording.end()


@pytest.mark.usefixtures("real_answers")
def test_the_tables_of_a_step_are_made_again(nntui_home: Path) -> None:
    settings = RunConfig().with_settings(["source=moons", "layers=4,3", "steps=300", "epochs=1000000"])
    folder, trainer = launch.start_run(settings, preset="moons")
    assert trainer.wait(60) == 0
    last, then, now = (picture(folder, step)[0].picture for step in (299, 40, 300))
    assert [shown.table("predictions").step for shown in (then, last, now)] == [40, 299, 300]
    assert not then.past
    assert (then.shown.run.step, then.newest.step) == (40, 300)
    assert then.run.latest["loss"] > last.run.latest["loss"]
    assert then.table("weights").arrays["output.W"].tobytes() != last.table("weights").arrays["output.W"].tobytes()
    assert then.table("history").arrays["steps"].max() == 40


def test_a_knob_turned_on_a_branch_that_was_given_up_holds_nowhere(turned: Path) -> None:
    record = catalog.open_run(turned)
    asked = [
        Command(1, 0.0, "ada", "set", "training.lr", "0.5", "applied", 300),
        Command(2, 0.0, "ada", "rewind", "", "100", "applied", 350),
        Command(3, 0.0, "ada", "set", "training.lr", "0.25", "applied", 600),
    ]
    config = past.config_at(record, 400, {"training": {"lr": 0.125}}, asked)
    assert config["training"]["lr"] == 0.125
