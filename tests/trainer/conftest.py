"""Real trainer processes, and waiting for what they write."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from nntui import launch, presets
from nntui.config import RunConfig
from nntui.store import catalog, commands, folder
from nntui.store.reader import Reader
from nntui.store.records import Command, Curve, Event, RunRecord
from nntui.store.tables import Arrays
from nntui.trainer import recall
from nntui.trainer.checkpoints import Model, load_model
from nntui.trainer.loop import Loop
from nntui.trainer.problem import configure_network, make_problem

Wait = Callable[[Callable[[], bool]], None]


def make_loop(settings: RunConfig) -> Loop:
    """The loop of a run that has not begun."""
    return recall.make_loop(settings, make_problem(settings))


def turn(loop: Loop, settings: RunConfig, task: str) -> None:
    """Turns the knobs to these, as the session does."""
    loop.configure(settings.training)
    configure_network(loop.network, settings, task)


def advance(loop: Loop, step: int) -> None:
    """Trains up to a step."""
    while loop.step < step:
        loop.run(step - loop.step)


@pytest.fixture
def wait_until() -> Wait:
    """Waits for a condition; fails when it does not come."""
    return wait_for


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "waited in vain"
        time.sleep(0.005)


@dataclass
class Trained:
    """A run and its trainer process."""

    folder: Path
    trainer: subprocess.Popen[bytes]

    def record(self) -> RunRecord:
        return catalog.open_run(self.folder)

    def ask(self, kind: str, key: str = "", value: str = "") -> Command:
        """Appends a command and returns it with its answer."""
        number = commands.append(self.folder, kind, key, value)
        answer = commands.wait(self.folder, number, alive=lambda: self.trainer.poll() is None, seconds=60)
        assert answer is not None, "no answer"
        return answer

    def curve(self, name: str) -> Curve:
        """Everything recorded of one metric."""
        reader = Reader(self.folder)
        curve = reader.curves([name], 0, max(1, reader.run().step), 10**9)[name]
        reader.close()
        return curve

    def events(self) -> list[Event]:
        reader = Reader(self.folder)
        events = reader.events()
        reader.close()
        return events

    def table(self, name: str) -> Arrays:
        """The newest arrays under a name."""
        reader = Reader(self.folder)
        found = reader.table(name)
        reader.close()
        assert found is not None
        return found[1]

    def model(self) -> Model:
        """The newest checkpoint."""
        return load_model(self.folder / folder.CHECKPOINTS)

    def weights(self) -> bytes:
        """The learned parameters in the newest checkpoint."""
        return self.model().network.parameters.tobytes()

    def check_steps(self) -> None:
        """No step is missing or there twice, up to the step that the run says it has made."""
        for name in ("loss", "grad_norm/output"):
            curve = self.curve(name)
            assert int(curve.count.sum()) == self.record().step
            assert curve.first[0] == 1
            assert (curve.first[1:] == curve.last[:-1] + 1).all()
            assert (curve.count == curve.last - curve.first + 1).all()

    def log(self) -> str:
        return (self.folder / "trainer.log").read_text(encoding="utf-8")


@pytest.fixture
def train() -> Iterator[Callable[..., Trained]]:
    """Starts runs: ``train("lr=1", "steps=500", preset="xor")``; without an end they train until the test ends."""
    started = []

    def start(*settings: str, preset: str = "xor") -> Trained:
        config = presets.find(preset).load().with_settings(["epochs=1000000000", *settings])
        started.append(Trained(*launch.start_run(config, preset=preset)))
        return started[-1]

    yield start
    for run in started:
        run.trainer.kill()
        run.trainer.wait()


@pytest.fixture
def running(train: Callable[..., Trained]) -> Trained:
    """A run that has made its first steps."""
    run = train()
    wait_for(lambda: run.record().step > 0)
    return run
