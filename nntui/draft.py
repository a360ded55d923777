"""A configuration while it is edited: what it was, what it is now, and what a key or a typed text makes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from nntui.config import RunConfig
from nntui.knob import ConfigError, Knob, Value
from nntui.knobs import KNOBS, TARGETS


@dataclass(frozen=True, slots=True)
class Draft:
    """A configuration that is consistent, and the one it was made from. Every method gives a new draft."""

    base: RunConfig
    config: RunConfig

    @property
    def changed(self) -> frozenset[str]:
        """The full keys of the knobs that are no longer as they were."""
        return frozenset(key for key in KNOBS if self.config.get(key) != self.base.get(key))

    def typed(self, knob: Knob, text: str) -> Draft:
        """With the value that a person typed. Raises ConfigError."""
        return replace(self, config=self.config.with_settings([f"{knob.key}={text}"]))

    def reset(self, knob: Knob) -> Draft:
        """With one knob as it was; the source brings back what was told of it. Raises ConfigError."""
        if knob.key == "data.source":
            return replace(self, config=_checked(replace(self.config, data=self.base.data)))
        return replace(self, config=self.config.with_value(knob.key, self.base.get(knob.key)))

    def turned(self, knob: Knob, direction: int) -> Draft:
        """One value on, 1, or back, -1; a choice that cannot stand with the others is passed by."""
        value = self.config.get(knob.key)
        for _ in range(len(knob.choices) or len(TARGETS)):
            turned = self._next(knob, value, direction)
            if turned == value:
                break
            value = turned
            try:
                return self.typed(knob, knob.show(value))
            except ConfigError:
                if not (knob.choices or self.names(knob)):
                    break
        return self

    def turnable(self, knob: Knob) -> bool:
        """Whether a knob has a next value, rather than only what one types."""
        if isinstance(knob.default, bool) or knob.choices or knob.ladder:
            return True
        return isinstance(knob.default, int) or bool(self.names(knob))

    def names(self, knob: Knob) -> tuple[str, ...]:
        """The names that a text knob takes as the others stand."""
        if knob.key == "data.source":
            return tuple(TARGETS)
        if knob.key == "data.target":
            return tuple(TARGETS.get(self.config.data.source, ()))
        return ()

    def _next(self, knob: Knob, value: Value, direction: int) -> Value:
        names = self.names(knob)
        if names:
            named: Any = value or names[0]
            here = names.index(named) if named in names else -max(0, direction)
            return names[(here + direction) % len(names)]
        if isinstance(value, bool):
            return not value
        if knob.choices or knob.ladder:
            return knob.turned(value, direction)
        if isinstance(value, int):
            assert knob.low is not None
            assert knob.high is not None
            return max(int(knob.low), min(int(knob.high), value + direction))
        return value


def _checked(config: RunConfig) -> RunConfig:
    """The configuration, if its keys fit each other. Raises ConfigError."""
    return config.with_value("data.source", config.data.source)
