"""However the evaluations of a run come, few points of it are kept, and they are spread over all of it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nntui.trainer.history import POINTS, History


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=400))
def test_points_are_spread_evenly_over_the_whole_run(gaps: list[int]) -> None:
    steps = [0, *np.cumsum(gaps).tolist()]
    history = History()
    for step in steps:
        if history.wants(step):
            history.add(step, np.array([step, -step]))
    kept = history.arrays["steps"].tolist()
    assert len(kept) <= POINTS
    assert kept[0] == 0
    assert set(kept) <= set(steps)
    assert [step // history.every for step in kept] == sorted({step // history.every for step in steps})
    assert history.every == 1 or steps[-1] >= history.every * POINTS / 2, "no more is dropped than must be"
    np.testing.assert_array_equal(history.arrays["loss"], np.array([kept, [-step for step in kept]], np.float32))


def test_a_step_is_wanted_once() -> None:
    history = History()
    history.add(0, np.zeros(1))
    assert not history.wants(0)
    assert history.wants(1)
