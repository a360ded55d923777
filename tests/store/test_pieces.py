"""Curves for a logarithmic axis: fine where it is wide, each step in one bucket."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nntui.config import RunConfig
from nntui.store import folder, pieces
from nntui.store.reader import Reader
from nntui.store.writer import Writer

STEPS = 300_000


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = folder.create(tmp_path_factory.mktemp("runs"), name="", preset="xor", config=RunConfig().to_dict())
    writer = Writer(made)
    writer.add_stream("step", ["loss"])
    writer.add_stream("evaluation", ["val_loss"])
    steps = np.arange(1, STEPS + 1)
    for part in np.array_split(steps, 10):
        writer.record("step", part, 1 / part[:, None])
        every = part[part % 1000 == 0]
        writer.record("evaluation", every, 1 / every[:, None])
        writer.commit()
    writer.close()
    return made


def test_early_steps_are_as_fine_as_late_ones_on_the_axis(run: Path) -> None:
    reader = Reader(run)
    curve = pieces.logarithmic(reader, ["loss"], 0, STEPS, 200)["loss"]
    reader.close()
    assert curve.count.sum() == STEPS
    assert (curve.first[1:] == curve.last[:-1] + 1).all()
    finest = int(curve.count.min())  # what the store still has
    widths = np.log10((curve.last + 1) / curve.first)[curve.first > 100 * finest]
    assert widths.max() < 2 * np.log10(STEPS) / 100
    assert len(curve.first) < 1000


def test_a_window_and_names_nobody_recorded(run: Path) -> None:
    reader = Reader(run)
    found = pieces.logarithmic(reader, ["val_loss", "nonsense", "loss"], 1000, 50_000, 100)
    reader.close()
    assert list(found) == ["val_loss", "loss"]
    assert found["val_loss"].count.sum() == 50
    assert found["loss"].first[0] <= 1000
    assert found["loss"].last[-1] >= 50_000


@pytest.mark.parametrize(("first", "last"), [(0, 1), (5, 6), (0, 100), (-5, 2**60)])
def test_any_window_can_be_read(run: Path, first: int, last: int) -> None:
    reader = Reader(run)
    curve = pieces.logarithmic(reader, ["loss"], first, last, 50)["loss"]
    reader.close()
    assert (np.diff(curve.first) > 0).all()
