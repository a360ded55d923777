"""Data and networks are pretended ones, without another process, unless a test wants the real ones."""

from __future__ import annotations

import pytest

from nntui.config import RunConfig
from nntui.tui import answering, recalling
from nntui.tui.picture import Sample
from nntui.tui.screens.samples import Samples
from tests.tui import samples
from tests.tui.network import Network


@pytest.fixture
def real_samples() -> None:
    """Data are read by the process that is there for it."""


@pytest.fixture
def real_answers() -> None:
    """Networks answer in the process that is there for it."""


@pytest.fixture(autouse=True)
def quick_answers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some network answers for all runs."""
    if "real_answers" not in request.fixturenames:
        monkeypatch.setattr(answering, "Inference", Network)
        monkeypatch.setattr(recalling, "Inference", Network)


@pytest.fixture(autouse=True)
def quick_samples(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A truth table for all data."""

    async def of(self: Samples, found: RunConfig) -> Sample:
        return samples.truth_table()

    if "real_samples" not in request.fixturenames:
        monkeypatch.setattr(Samples, "of", of)
        monkeypatch.setattr(Samples, "known", lambda self, found: samples.truth_table())
