"""Charts of any data: plotext is given only what it can draw, and ticks are round."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nntui.cli import charts
from nntui.cli.charts import Series

relaxed = settings(deadline=None, max_examples=40)


@given(
    values=st.lists(st.floats(width=32), max_size=30),
    log=st.booleans(),
    width=st.integers(40, 120),
    marks=st.lists(st.integers(-5, 40), max_size=3),
)
@relaxed
def test_any_values_are_drawn_within_the_width(values: list[float], log: bool, width: int, marks: list[int]) -> None:
    x, y = np.arange(len(values), dtype=float), np.array(values, float)
    series = [Series("one", x, y), Series("two", x, y[::-1], "x")]
    text = charts.chart("chart", series, width=width, log=log, marks=marks)
    assert max(map(len, text.splitlines())) <= width
    drawable = np.isfinite(y) & ((y > 0) | (not log))
    assert ("nothing to draw" in text) == (not drawable.any())


def test_a_curve_is_drawn_where_its_values_are() -> None:
    x = np.linspace(0, 100, 50)
    text = charts.chart("fall", [Series("one", x, 1 - x / 100)], width=60)
    lines = text.splitlines()
    first = next(line for line in lines if "\u2800" < max(line) <= "\u28ff")
    assert first.index(max(first)) < 20
    assert "fall: line one" in lines[0]
    assert all(label in lines[-1] for label in ("0", "20", "100"))
    assert any(line.lstrip().startswith("0.5┤") or line.lstrip().startswith("0.4┤") for line in lines)
