"""What is remembered of the data that were looked at: no more than there is room for, and only what is sure."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from textual.pilot import Pilot

from nntui import launch
from nntui.config import RunConfig
from nntui.tui.inference import Inference, InferenceError
from nntui.tui.picture import Sample
from nntui.tui.screens.edit import EditScreen
from nntui.tui.screens.samples import Samples
from tests.tui.samples import sample
from tests.tui.screen import play, shows, until

Answers = list[Sample | InferenceError]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch, real_samples: None) -> Answers:
    """What the process that reads data will say, in turn; the last one again and again."""
    found: Answers = []

    async def answer(self: Inference, config: Mapping[str, Any]) -> Sample:
        said = found.pop(0) if len(found) > 1 else found[0]
        if isinstance(said, InferenceError):
            raise said
        return said

    monkeypatch.setattr(Inference, "sample", answer)
    return found


def seeded(seed: int) -> RunConfig:
    return RunConfig().with_value("training.seed", seed)


def test_samples_are_remembered_up_to_so_many_bytes(answers: Answers) -> None:
    answers.append(sample(np.zeros((500, 2000)), np.zeros(500)))
    samples = Samples()

    async def look() -> None:
        for seed in range(10):
            await samples.of(seeded(seed))

    asyncio.run(look())
    kept = [found for seed in range(10) if isinstance(found := samples.known(seeded(seed)), Sample)]
    assert 1 <= len(kept) < 10
    assert sum(found.X.nbytes for found in kept) <= 16 * 2**20
    assert samples.known(seeded(9)) is not None


def test_only_what_is_wrong_with_the_data_is_remembered(answers: Answers) -> None:
    slow, wrong = InferenceError("no answer within 30 s"), InferenceError("no such file", told=True)
    answers += [slow, wrong]
    samples = Samples()
    assert asyncio.run(samples.of(RunConfig())) is slow
    assert samples.known(RunConfig()) is None
    assert asyncio.run(samples.of(RunConfig())) is wrong
    assert samples.known(RunConfig()) is wrong
    samples.forget()
    assert samples.known(RunConfig()) is None


@pytest.mark.parametrize("told", [False, True])
def test_a_run_is_held_back_only_by_what_is_wrong_with_its_data(
    answers: Answers, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers.append(InferenceError("something is amiss", told=told))
    started: list[RunConfig] = []

    def start_run(config: RunConfig, **_: object) -> None:
        started.append(config)
        raise OSError("but not today")

    monkeypatch.setattr(launch, "start_run", start_run)

    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "something is amiss")
        await pilot.press("e")
        await until(pilot, lambda: isinstance(pilot.app.screen, EditScreen))
        await shows(pilot, "something is amiss")
        await pilot.press("s")
        if not told:
            await shows(pilot, "but not today")
        assert len(started) == (0 if told else 1)

    play(scenario, None)
