"""Commands to a live run, and the trainer's answers."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from nntui.cli import steer
from nntui.config import RunConfig
from nntui.processes import start_of
from nntui.store import catalog, commands, folder
from nntui.store.records import Command
from nntui.store.writer import Writer
from tests.cli.conftest import Nntui, wait_until

Runs = Callable[[], list[dict[str, Any]]]


def step_in(text: str) -> int:
    return int(text.rsplit(maxsplit=1)[-1])


def test_a_run_is_steered_from_the_shell(live: str, nntui: Nntui, runs: Runs) -> None:
    done = nntui("set", "live", "lr=0.2", "training.momentum=0.5", "optimizer=adam")
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert [line.rpartition(" at step ")[0] for line in lines] == [
        "lr 0.01 → 0.2",
        "momentum 0.9 → 0.5",
        "optimizer sgd → adam",
    ]

    paused = nntui("pause", live)
    assert paused.stdout.startswith("paused at step ")
    step = step_in(paused.stdout)
    assert runs()[0]["state"] == "paused"

    assert nntui("step", live[:6]).stdout == f"1 single from step {step}\n"
    wait_until(lambda: runs()[0]["step"] == step + 1)
    assert nntui("step", live, "5").stdout == f"5 single from step {step + 1}\n"
    wait_until(lambda: runs()[0]["step"] == step + 6)
    assert runs()[0]["state"] == "paused"

    assert nntui("resume", "latest").stdout == f"goes on from step {step + 6}\n"
    wait_until(lambda: runs()[0]["step"] > step + 6)
    stopped = nntui("stop", live)
    assert stopped.returncode == 0
    assert (runs()[0]["state"], runs()[0]["step"]) == ("stopped", step_in(stopped.stdout))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (["lr=0.2", "momentum=7"], "training.momentum = 7.0: must be"),
        (["lr=0.2", "layers=3"], "model.layers cannot change while the network trains"),
        (["lr=0.2", "lrr=3"], "did you mean lr?"),
        (["lr=0.2", "lr"], "must be KEY=VALUE"),
    ],
)
def test_of_several_settings_all_are_applied_or_none(settings: list[str], told: str, live: str, nntui: Nntui) -> None:
    done = nntui("set", live, *settings)
    assert done.returncode == 2
    assert done.stdout == ""
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert nntui("set", live, "lr=0.3").stdout.startswith("lr 0.01 → 0.3")


@pytest.mark.parametrize("command", ["set RUN lr=1", "pause RUN", "step RUN", "checkpoint RUN", "stop RUN"])
def test_a_run_that_has_ended_is_not_steered(command: str, demo: Path, nntui: Nntui) -> None:
    done = nntui(*command.replace("RUN", "demo").split())
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f"nntui: run {demo.name} has finished at step 3000; only a live run can be steered\n"


@pytest.mark.parametrize(("beats", "answered"), [(True, True), (False, False)])
def test_an_answer_is_waited_for_while_the_trainer_is_heard(
    beats: bool, answered: bool, nntui_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """To go back by many steps takes longer than anybody would wait for a word."""
    place = folder.create(nntui_home / "runs", name="", preset="xor", config=RunConfig().to_dict())
    folder.set_process(place, os.getpid(), start_of(os.getpid()))
    number = commands.append(place, "rewind", value="0")
    monkeypatch.setattr(steer, "SILENT_SECONDS", 0.5)

    def trains() -> None:
        with closing(Writer(place)) as writer:
            for _ in range(10):
                time.sleep(0.15)
                if beats:
                    writer.beat()
            writer.answer(Command(number, 0.0, "", "rewind", "", "0"), "applied", 0, "back")
            writer.commit()

    trainer = threading.Thread(target=trains)
    trainer.start()
    try:
        answer = steer._answer(place, catalog.open_run(place), number)
    finally:
        trainer.join()
    assert (answer is not None) is answered
    assert ("has not answered" in capsys.readouterr().err) is not answered
