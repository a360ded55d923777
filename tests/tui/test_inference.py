"""The screen's side of the process that answers: it is started when it is needed, again when it died, and ended."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import pytest

from nntui import pipe
from nntui.tui import inference as subject
from nntui.tui.inference import Inference, InferenceError
from nntui.tui.picture import Question
from tests.tui import recorded
from tests.tui.recorded import finished

PATIENCE = 60.0
IRIS = {"data": {"source": "iris"}}
QUESTION = Question(np.array([[0.0, 1.0]]))


def play(scenario: Callable[[Inference], Awaitable[None]]) -> None:
    """Plays a scenario with an inference, which is closed after it."""

    async def run() -> None:
        inference = Inference()
        try:
            await asyncio.wait_for(scenario(inference), PATIENCE)
        finally:
            await inference.close()
        assert children() == []

    asyncio.run(run())


def children() -> list[int]:
    """The processes that this one has started and that live."""
    found = []
    for child in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):  # of a zombie too, which another test has not waited for
            if "nntui.inference" in child.cmdline():
                found.append(child.pid)
    return found


def test_a_sample_comes_as_a_record() -> None:
    async def scenario(inference: Inference) -> None:
        sample = await inference.sample(IRIS)
        assert (sample.X.shape, sample.T.shape, sample.part.shape) == ((150, 4), (150, 3), (150,))
        assert (sample.total, sample.task, sample.image) == (150, "multi-class", None)
        assert sample.classes == ("setosa", "versicolor", "virginica")
        assert sample.features[0] == "sepal length"
        with pytest.raises(InferenceError, match="must be one of truth-table") as told:
            await inference.sample({"data": {"source": "irs"}})
        assert told.value.told

    play(scenario)


def test_however_long_the_names_of_columns_are_they_come(tmp_path: Path) -> None:
    names = [f"{'é' * 25}{number}" for number in range(30_000)]
    table = tmp_path / "wide.csv"
    rows = [",".join(f"{(i + row) % 7}" for i in range(len(names))) + f",{'ab'[row % 2]}" for row in range(4)]
    table.write_text("\n".join([",".join([*names, "kind"]), *rows]))

    async def scenario(inference: Inference) -> None:
        assert (await inference.sample({"data": {"source": str(table)}})).features == tuple(names)

    play(scenario)


@pytest.mark.parametrize("place", ["MAX_LINE", "MAX_BYTES"])
def test_an_answer_that_is_too_long_is_told_and_the_next_one_is_read(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(inference: Inference) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(pipe, place, 16)
            with pytest.raises(InferenceError, match="cannot be understood") as told:
                await inference.sample(IRIS)
            assert not told.value.told
        monkeypatch.setattr(subject, "RESTART_SECONDS", 0.0)
        assert (await inference.sample(IRIS)).total == 150

    play(scenario)


def test_an_answer_that_lacks_something_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask(*_: object) -> tuple[dict[str, object], dict[str, object]]:
        return {}, {}

    async def scenario(inference: Inference) -> None:
        with pytest.raises(InferenceError, match="cannot be understood"):
            await inference.sample(IRIS)
        assert "cannot be understood" in (await inference.forward(Path(), QUESTION)).error

    monkeypatch.setattr(Inference, "_ask", ask)
    play(scenario)


def test_a_question_without_an_answer_is_answered_with_why(tmp_path: Path) -> None:
    run = finished(tmp_path / "runs", recorded.table())

    async def scenario(inference: Inference) -> None:
        answer = await inference.forward(run, QUESTION)
        assert answer.question is QUESTION
        assert "no checkpoint yet" in answer.error
        assert "holds no run" in (await inference.forward(tmp_path, QUESTION)).error

    play(scenario)


def test_nothing_is_started_before_something_is_asked_and_one_process_answers_all() -> None:
    async def scenario(inference: Inference) -> None:
        assert children() == []
        await asyncio.gather(*(inference.sample(IRIS) for _ in range(3)))
        assert len(children()) == 1

    play(scenario)


def test_one_that_was_killed_is_started_again_but_not_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(inference: Inference) -> None:
        await inference.sample(IRIS)
        [first] = children()
        os.kill(first, signal.SIGKILL)
        monkeypatch.setattr(subject, "RESTART_SECONDS", 1e9)
        for _ in range(3):
            with pytest.raises(InferenceError, match="has ended"):
                await inference.sample(IRIS)
        assert children() == []
        monkeypatch.setattr(subject, "RESTART_SECONDS", 0.0)
        await inference.sample(IRIS)
        assert children() not in ([], [first])

    play(scenario)


def test_one_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(inference: Inference) -> None:
        await inference.sample(IRIS)
        os.kill(children()[0], signal.SIGSTOP)
        monkeypatch.setattr(subject, "SAMPLE_SECONDS", 0.05)
        with pytest.raises(InferenceError, match=r"no answer within 0\.05 s"):
            await inference.sample(IRIS)
        assert children() == []

    play(scenario)


def test_who_stops_waiting_does_not_take_the_answer_of_the_next() -> None:
    async def scenario(inference: Inference) -> None:
        await inference.sample(IRIS)
        waiting = asyncio.create_task(inference.sample({"data": {"source": "digits"}}))
        while not inference._under_way:
            await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert waiting.cancelled()
        assert (await inference.sample(IRIS)).total == 150
        assert len(children()) == 1

    play(scenario)


def test_it_dies_with_a_viewer_that_is_killed() -> None:
    code = """
import asyncio
from nntui.tui.inference import Inference
async def main():
    inference = Inference()
    await inference.sample({"data": {"source": "iris"}})
    print(inference._process.pid, flush=True)
    await asyncio.sleep(1000)
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as viewer:
        assert viewer.stdout is not None
        process = psutil.Process(int(viewer.stdout.readline()))
        viewer.kill()
    limit = time.monotonic() + PATIENCE
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < limit, "it lives on"
        time.sleep(0.01)
