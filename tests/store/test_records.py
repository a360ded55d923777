"""What is told of a run without asking again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nntui.store import catalog
from nntui.store.records import LIVE_STATES, STATES


@pytest.mark.parametrize(("steps_left", "pace", "remaining"), [(0, 5.0, 0.0), (100, 5.0, 20.0), (100, 0.0, None)])
def test_the_time_to_go_is_at_the_newest_pace(
    steps_left: int, pace: float, remaining: float | None, make_run: Callable[..., Path]
) -> None:
    record = replace(catalog.open_run(make_run()), steps_left=steps_left, steps_per_s=pace)
    assert record.remaining == remaining


def test_a_run_is_live_in_the_states_before_its_end(make_run: Callable[..., Path]) -> None:
    record = catalog.open_run(make_run())
    assert {state for state in STATES if replace(record, state=state).live} == set(LIVE_STATES)
