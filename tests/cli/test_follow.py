"""What is told of a run that waits for room on its disk."""

from __future__ import annotations

import shutil
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import pytest

from nntui.cli import follow
from nntui.store import catalog
from nntui.store.records import RunRecord

Usage = namedtuple("Usage", "total used free")


class Silent:
    """A reporter that tells nothing."""

    def start(self, run: RunRecord) -> None:
        """Nothing."""

    def progress(self, run: RunRecord) -> None:
        """Nothing."""

    def end(self, run: RunRecord) -> None:
        """Nothing."""


@pytest.mark.parametrize(
    ("state", "free", "told"),
    [
        ("starting", 3 * 2**20, "the disk has little room; the run waits for room at step 0"),
        ("starting", 2**30, ""),
        ("running", 2**19, "the disk is full; the run waits for room at step 0"),
        ("running", 3 * 2**20, ""),
    ],
)
def test_a_silent_run_on_a_small_disk_is_told(
    state: str, free: int, told: str, demo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = catalog.open_run(demo)
    records = iter([replace(ended, state=state, step=0, heartbeat=0.0)])
    monkeypatch.setattr(catalog, "open_run", lambda place: next(records, ended))
    monkeypatch.setattr(shutil, "disk_usage", lambda place: Usage(free, 0, free))
    assert follow.follow(demo, Silent()) == ended
    err = capsys.readouterr().err
    assert told in err if told else not err
