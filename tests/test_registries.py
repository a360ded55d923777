"""The names that a configuration can choose are those that the engine and the data have."""

from __future__ import annotations

from nntui import config, data, engine


def test_every_name_of_the_configuration_is_known_where_it_is_used() -> None:
    assert set(config.ACTIVATIONS) == set(engine.ACTIVATIONS)
    assert set(config.INITIALIZERS) == set(engine.INITIALIZERS)
    assert set(config.LOSSES) == set(engine.LOSSES)
    assert set(config.OPTIMIZERS) == set(engine.OPTIMIZERS)
    assert {name: source.targets for name, source in data.SOURCES.items()} == config.TARGETS
