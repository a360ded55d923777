"""What is told of a run without asking again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nntui.store import catalog
from nntui.store.records import LIVE_STATES, STATES


@pytest.mark.parametrize(
    ("progress", "elapsed", "remaining"), [(0.0, 5.0, None), (0.25, 5.0, 15.0), (1.0, 5.0, 0.0), (0.5, 0.0, 0.0)]
)
def test_the_time_to_go_is_the_pace_so_far(
    progress: float, elapsed: float, remaining: float | None, make_run: Callable[..., Path]
) -> None:
    record = replace(catalog.open_run(make_run()), progress=progress, elapsed=elapsed)
    assert record.remaining == remaining


def test_a_run_is_live_in_the_states_before_its_end(make_run: Callable[..., Path]) -> None:
    record = catalog.open_run(make_run())
    assert {state for state in STATES if replace(record, state=state).live} == set(LIVE_STATES)
