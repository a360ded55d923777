"""Whatever is recorded, in whatever chunks: every range at every zoom agrees with NumPy on the raw samples."""

from __future__ import annotations

import tempfile
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nntui.config import RunConfig
from nntui.store import folder, schema
from nntui.store.pyramid import KEEP, Pyramid, bucket_type, from_samples, merge
from nntui.store.reader import Reader
from nntui.store.records import Curve
from nntui.store.writer import ROW_BYTES, Writer

Steps = NDArray[np.int64]
Values = NDArray[np.float64]

SERIES = ("loss", "norm")
GAPS = st.one_of(st.just(1), st.integers(1, 4), st.integers(1, 5000))
FLOATS = st.one_of(
    st.floats(-100, 100),
    st.floats(width=32),
    st.sampled_from([np.nan, np.inf, -np.inf, 1e39, -1e300, 3.4e38, -3.4e38, 1e-45]),
)


@st.composite
def recordings(draw: st.DrawFn) -> tuple[Steps, Values, list[int]]:
    """Rising steps, the values of two series, and where the chunks end."""
    count = draw(st.integers(1, 250))
    gap = draw(GAPS)
    gaps = draw(st.one_of(st.just([gap] * count), st.lists(GAPS, min_size=count, max_size=count)))
    values = draw(st.lists(FLOATS, min_size=1, max_size=20))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    table = rng.choice(np.array(values), (count, 2))
    cuts = draw(st.lists(st.integers(0, count), max_size=12))
    start = draw(st.sampled_from([0, 1, 2, 2**40]))
    return np.cumsum(gaps).astype(np.int64) - gaps[0] + start, table, sorted({0, *cuts, count})


def write(
    run: Path, steps: Steps, values: Values, cuts: list[int], *, keep: int = KEEP, row_bytes: int = ROW_BYTES
) -> None:
    """Records the samples chunk by chunk, each with a commit of its own."""
    with (
        patch("nntui.store.writer.Pyramid", partial(Pyramid, keep=keep)),
        patch("nntui.store.writer.ROW_BYTES", row_bytes),
    ):
        writer = Writer(run)
        writer.add_stream("step", SERIES)
        for start, end in pairwise(cuts):
            writer.record("step", steps[start:end], values[start:end])
            writer.commit()
        writer.close()


def check(curve: Curve, steps: Steps, raw: Values, *, first: int, last: int, most: int) -> None:
    """The curve holds exactly the recorded steps of a range, rounded to buckets, and NumPy's figures for them."""
    assert len(curve.first) <= most
    assert (curve.first <= curve.last).all()
    assert (curve.last[:-1] < curve.first[1:]).all()
    assert (curve.last >= first).all(), "a bucket before the range"
    assert (curve.first <= last).all(), "a bucket behind the range"
    inside = (steps >= first) & (steps <= last)
    starts = np.searchsorted(steps, curve.first)
    ends = np.searchsorted(steps, curve.last, side="right")
    covered = np.zeros(len(steps), bool)
    with np.errstate(over="ignore"):
        single = raw.astype(np.float32)
    for bucket, (start, end) in enumerate(zip(starts, ends, strict=True)):
        covered[start:end] = True
        assert steps[start] == curve.first[bucket]
        assert steps[end - 1] == curve.last[bucket]
        assert end - start == curve.count[bucket]
        check_bucket(curve, bucket, single[start:end])
    assert covered[inside].all(), "a recorded step of the range is missing"


def check_bucket(curve: Curve, bucket: int, values: NDArray[np.float32]) -> None:
    good = values[np.isfinite(values)].astype(np.float64)
    assert curve.bad[bucket] == len(values) - len(good)
    np.testing.assert_equal(curve.final[bucket], values[-1] if np.isfinite(values[-1]) else np.float32(np.nan))
    if not len(good):
        assert np.isnan([curve.low[bucket], curve.high[bucket], curve.mean[bucket]]).all()
        return
    assert curve.low[bucket] == good.min()
    assert curve.high[bucket] == good.max()
    assert abs(curve.mean[bucket] - good.mean()) <= 1e-5 * np.abs(good).mean() + 1e-44


@given(
    recording=recordings(),
    keep=st.sampled_from([1, 8, 60, KEEP]),
    row_bytes=st.sampled_from([1, 300, ROW_BYTES]),
    data=st.data(),
)
@settings(deadline=None, max_examples=40)
def test_every_range_at_every_zoom_is_the_raw_samples(
    recording: tuple[Steps, Values, list[int]], keep: int, row_bytes: int, data: st.DataObject
) -> None:
    steps, values, cuts = recording
    edges = st.sampled_from([0, *(int(step) + nudge for step in steps for nudge in (-1, 0, 1))])
    with tempfile.TemporaryDirectory() as place:
        run = folder.create(Path(place) / "runs", name="", preset="xor", config=RunConfig().to_dict())
        write(run, steps, values, cuts, keep=keep, row_bytes=row_bytes)
        reader = Reader(run)
        for _ in range(8):
            first, last = sorted((data.draw(edges), data.draw(edges)))
            wanted = data.draw(st.sampled_from([1, 2, 3, 7, 50, 10_000]))
            curves = reader.curves(SERIES, first, last, wanted)
            for column, name in enumerate(SERIES):
                check(curves[name], steps, values[:, column], first=first, last=last, most=wanted)
        whole = reader.curves(SERIES, 0, int(steps[-1]), 10_000)["loss"]
        assert whole.count.sum() == len(steps)
        reader.close()


@given(cuts=st.lists(st.integers(0, 40), max_size=8))
@settings(deadline=None, max_examples=15)
def test_all_that_is_committed_can_be_read_at_once(cuts: list[int]) -> None:
    steps, values = np.arange(3, 43), np.arange(80.0).reshape(40, 2)
    with tempfile.TemporaryDirectory() as place:
        run = folder.create(Path(place) / "runs", name="", preset="xor", config=RunConfig().to_dict())
        writer, reader = Writer(run), Reader(run)
        writer.add_stream("step", SERIES)
        for start, end in pairwise(sorted({0, *cuts, 40})):
            writer.record("step", steps[start:end], values[start:end])
            writer.commit()
            for wanted in (1, 4, 1000):
                curve = reader.curves(["loss"], 0, 100, wanted)["loss"]
                assert curve.count.sum() == end
                assert curve.last[-1] == steps[end - 1]
                assert curve.final[-1] == values[end - 1, 0]
        writer.close()
        reader.close()


@pytest.fixture(scope="module")
def long_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A run of so many steps that the finest levels are given up, and the step of its one spike."""
    run = folder.create(tmp_path_factory.mktemp("long"), name="", preset="xor", config=RunConfig().to_dict())
    steps = np.arange(1, 300_001)
    values = np.random.default_rng(0).normal(size=(len(steps), 2))
    spike = 123_457
    values[spike - 1, 0] = 1e6
    write(run, steps, values, [*range(0, len(steps), 5000), len(steps)])
    return run, spike


@pytest.mark.parametrize("wanted", [1, 2, 3, 10, 117, 1000, 10**6])
@pytest.mark.parametrize("width", [1, 10, 1000, 50_000, 300_000])
def test_one_spike_of_one_step_is_seen_at_every_zoom(long_run: tuple[Path, int], wanted: int, width: int) -> None:
    run, spike = long_run
    reader = Reader(run)
    for first in {max(1, spike - width + 1), max(1, spike - width // 2), spike}:
        curve = reader.curves(["loss"], first, min(first + width - 1, 300_000), wanted)["loss"]
        assert curve.high.max() == np.float32(1e6)
        assert len(curve.high) <= wanted
    reader.close()


def test_a_long_run_keeps_few_buckets_but_enough_for_any_screen(long_run: tuple[Path, int]) -> None:
    run, _ = long_run
    reader = Reader(run)
    finest = reader.curves(["loss"], 1, 300_000, 10**9)["loss"]
    assert finest.count.sum() == 300_000
    assert KEEP / 8 < len(finest.first) <= KEEP
    assert stored_buckets(run) <= KEEP + 100
    reader.close()


@pytest.mark.parametrize("gap", [1, 7, 1000])
def test_the_bound_holds_however_far_apart_the_steps_are(gap: int, run: Path) -> None:
    steps = np.arange(1, 4001) * gap
    write(run, steps, np.zeros((4000, 2)), [*range(0, 4001, 10)], keep=500)
    assert stored_buckets(run) <= 500 + 100


def stored_buckets(run: Path) -> int:
    """How many buckets the database holds."""
    db = schema.connect_reader(run)
    (size,) = db.execute("SELECT sum(length(data)) FROM buckets").fetchone()
    db.close()
    return int(size) // bucket_type(2).itemsize


def test_finished_buckets_are_handed_out_once_and_whole() -> None:
    pyramid = Pyramid(1)
    seen: dict[int, list[Any]] = {}
    for start in range(0, 64, 5):
        steps = np.arange(start, min(start + 5, 64))
        for level, buckets in pyramid.add(steps, np.zeros((len(steps), 1))).items():
            seen.setdefault(level, []).extend((int(b["first"]), int(b["last"])) for b in buckets)
    for level in range(7):
        size = 2**level
        assert seen[level] == [(first, first + size - 1) for first in range(0, 64, size)]


def test_merging_nothing_gives_nothing() -> None:
    assert len(merge(from_samples(np.empty(0, np.int64), np.empty((0, 3))), 4)) == 0
