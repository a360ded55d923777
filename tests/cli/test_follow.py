"""What is told of a run that waits for room on its disk."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from nntui.cli import follow
from nntui.store import catalog


@pytest.fixture
def lacking(demo: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run that trains, waits for room, goes on and ends, as seen by whoever looks."""
    ended = catalog.open_run(demo)
    runs = replace(ended, state="running", step=2000)
    waits = replace(runs, waits_for_room=True)
    records = iter([runs, waits, waits, waits, runs, runs])
    monkeypatch.setattr(catalog, "open_run", lambda place: next(records, ended))
    monkeypatch.setattr(follow, "POLL_SECONDS", 0)
    return demo


def test_people_are_told_once_that_a_run_waits_and_once_that_it_goes_on(
    lacking: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    follow.follow(lacking, follow.PlainReporter(lacking))
    told = capsys.readouterr().out.splitlines()[:4]
    assert [line.split()[0] for line in told] == ["running", "waits", "running", "finished"]
    assert [line.endswith("  no room on the disk") for line in told] == [False, True, False, False]
    assert "steps/s" in told[0]
    assert "steps/s" not in told[1]


def test_programs_are_told_once_that_a_run_waits_and_once_that_it_goes_on(
    lacking: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    follow.follow(lacking, follow.JsonReporter(lacking))
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one for one in told if one["event"] in ("wait", "continue")] == [
        {"event": "wait", "step": 2000, "reason": "no room on the disk"},
        {"event": "continue", "step": 2000},
    ]
    assert told[-1]["event"] == "end"
