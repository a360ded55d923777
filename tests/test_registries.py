"""The names that a configuration can choose are those that the engine and the data have."""

from __future__ import annotations

from nntui import data, engine, knobs
from nntui.data import sources


def test_every_name_of_the_configuration_is_known_where_it_is_used() -> None:
    assert set(knobs.ACTIVATIONS) == set(engine.ACTIVATIONS)
    assert set(knobs.OUTPUTS) == set(engine.OUTPUTS)
    assert set(knobs.INITIALIZERS) == set(engine.INITIALIZERS)
    assert set(knobs.LOSSES) == set(engine.LOSSES)
    assert set(knobs.OPTIMIZERS) == set(engine.OPTIMIZERS)
    assert set(knobs.SCHEDULES) == set(engine.SCHEDULES)


def test_every_data_set_of_the_configuration_is_there_with_its_targets_in_their_order() -> None:
    assert list(data.SOURCES) == list(knobs.TARGETS)
    assert {name: tuple(targets) for name, targets in knobs.TARGETS.items()} == data.SOURCES


def test_a_file_is_told_from_a_name_by_the_endings_that_are_read() -> None:
    assert knobs.TABLES == sources.TEXTS + sources.ARRAYS
