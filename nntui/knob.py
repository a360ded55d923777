"""What a key of a run's configuration can be: type, range, ladder, help, and how values are read and shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nntui.errors import UserError, closest

Value = str | int | float | bool | tuple[int, ...] | tuple[str, ...]

#: The longest text a value can be, and the longest one of several.
MAX_TEXT, MAX_ITEM = 1000, 200


class ConfigError(UserError):
    """A key or a value that no run can have."""


@dataclass(frozen=True, slots=True)
class Knob:
    """One key of a run's configuration.

    The default's type is the type of every value; a tuple holds whole numbers if there is a range, else texts.
    ``ladder`` holds, in rising order, the values that one press of ←/→ walks along; any value in the range may
    still be typed. A ``live`` knob can be turned while the network trains, with weights and optimizer state kept.
    ``none`` is a value with a meaning of its own (``0`` rows a batch: all of them) and how it is shown. ``most`` is how
    many items a tuple can have. ``needs`` is the key of another knob and those of its values under which this one
    has an effect.
    """

    key: str
    default: Value
    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    ladder: tuple[float, ...] = ()
    live: bool = False
    none: tuple[float, str] | None = None
    most: int = 1
    needs: tuple[str, tuple[str, ...]] | None = None

    @property
    def name(self) -> str:
        """The last part of the key, which is enough wherever it is unique."""
        return self.key.rpartition(".")[2]

    @property
    def allowed(self) -> str:
        """What may stand here, in words."""
        if self.choices:
            one = "one of " + ", ".join(self.choices)
            return f"{one}; or a list of them, one a layer" if isinstance(self.default, tuple) else one
        if isinstance(self.default, bool):
            return "true or false"
        if isinstance(self.default, tuple):
            if self.low is None:
                return f"a list of at most {self.most} texts of at most {MAX_ITEM} characters"
            return f"a list of 0 to {self.most} whole numbers from {self.low:g} to {self.high:.10g}"
        if isinstance(self.default, str):
            return f"a text of at most {MAX_TEXT} characters"
        kind = "a whole number" if isinstance(self.default, int) else "a number"
        meaning = f" ({self.none[0]:g} means {self.none[1]})" if self.none else ""
        return f"{kind} from {self.low:g} to {self.high:g}{meaning}"

    def check(self, value: object) -> Value:
        """The value in this knob's own type. Raises ConfigError, naming key, value and what is allowed."""
        default = self.default
        if isinstance(default, bool):
            good = isinstance(value, bool)
        elif isinstance(default, tuple):
            if isinstance(value, str) and self.low is None:
                value = (value,)
            value = tuple(value) if isinstance(value, (list, tuple)) else value
            good = isinstance(value, tuple) and len(value) <= self.most and all(map(self._is_item, value))
            good = good and (bool(value) or not self.choices)
        elif isinstance(default, str):
            good = isinstance(value, str) and (value in self.choices if self.choices else len(value) <= MAX_TEXT)
        elif isinstance(value, bool) or not isinstance(value, (int, float)):
            good = False
        elif isinstance(default, int):
            good = self._within(value) and value == int(value)
            value = int(value) if good else value
        else:
            good = self._within(value)
            value = float(value) if good else value
        if not good:
            wrong = next((item for item in value if not self._is_item(item)), "") if isinstance(value, tuple) else value
            hint = closest(wrong, self.choices) if isinstance(wrong, str) else ""
            raise ConfigError(f"{self.key} = {shown(value)}: must be {self.allowed}{hint}")
        return value  # type: ignore[return-value]

    def _is_item(self, item: object) -> bool:
        """Whether a tuple of this knob may hold this."""
        if self.low is not None:
            return type(item) is int and self._within(item)
        return isinstance(item, str) and (item in self.choices if self.choices else 0 < len(item.strip()) <= MAX_ITEM)

    def _within(self, value: float) -> bool:
        """Whether a number lies in the range; a NaN never does."""
        assert self.low is not None
        assert self.high is not None
        return self.low <= value <= self.high

    def parse(self, text: str) -> Value:
        """The value that a person typed. Raises ConfigError."""
        text = text.strip()
        if isinstance(self.default, str):
            return self.check(text)
        if isinstance(self.default, tuple):
            return self.check(self._items(text.removeprefix("[").removesuffix("]")))
        if isinstance(self.default, bool):
            return self.check({"true": True, "false": False}.get(text.lower(), text))
        if self.none and text.lower() == self.none[1]:
            return self.check(self.none[0])
        try:
            return self.check(float(text) if isinstance(self.default, float) or not _is_whole(text) else int(text))
        except (ValueError, OverflowError):
            return self.check(text)

    def _items(self, text: str) -> list[str | int]:
        """The items of a list as typed: numbers part at blanks and commas, texts at commas."""
        if self.low is None:
            return [part.strip().strip("\"'") for part in text.split(",") if part.strip()]
        parts = text.replace(",", " ").split()
        return [int(part) if part.isascii() and part.isdigit() and len(part) < 20 else part for part in parts]

    def value_in(self, tables: Mapping[str, Any]) -> Value:
        """This knob's value in a configuration as TOML and JSON have it; the default where none of its kind is."""
        section, _, name = self.key.partition(".")
        value = tables.get(section, {}).get(name, self.default)
        if isinstance(self.default, tuple):
            return tuple(value) if isinstance(value, (list, tuple)) else (value,)
        kinds = (int, float) if type(self.default) in (int, float) else (type(self.default),)
        return value if type(value) in kinds else self.default

    def matters(self, value_of: Callable[[str], Value]) -> bool:
        """Whether this has any effect as others stand; ``value_of`` gives the value of a knob by its full key."""
        if self.needs is None:
            return True
        key, values = self.needs
        found = value_of(key)
        return any(one in values for one in (found if isinstance(found, tuple) else (found,)))

    def turned(self, value: Value, direction: int) -> Value:
        """The next value up (``direction`` 1) or down (-1) the ladder; the same one at its end. Choices go round."""
        if self.choices:
            several = isinstance(value, tuple)
            here = self.choices.index(str(value[0] if isinstance(value, tuple) else value))
            choice = self.choices[(here + direction) % len(self.choices)]
            return (choice,) if several else choice
        height = self._height(value)
        if direction > 0:
            beyond = [rung for rung in self.ladder if self._height(rung) > height * (1 + 1e-9)]
        else:
            beyond = [rung for rung in reversed(self.ladder) if self._height(rung) < height * (1 - 1e-9)]
        return self.check(beyond[0]) if beyond else value

    def _height(self, value: Any) -> float:
        """Where a value stands on the ladder: a batch of 0 rows means all rows, more than any number."""
        return float("inf") if value == 0 and self.ladder[-1] == 0 else float(value)

    def show(self, value: Value) -> str:
        """The value as the screen and the tables write it; :meth:`parse` reads it back."""
        if self.none and value == self.none[0]:
            return self.none[1]
        return show(value)


def show(value: Value) -> str:
    """A configuration value as text, short and exact."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        texts = list(map(str, value))
        return texts[0] if len(texts) == 1 and isinstance(value[0], str) else "[" + ", ".join(texts) + "]"
    if isinstance(value, float):
        return repr(value).removesuffix(".0") if abs(value) < 1e15 else repr(value)
    return str(value)


def shown(value: object) -> str:
    """Any value, as an error message quotes it."""
    text = repr(list(value)) if isinstance(value, tuple) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def decades(low: int, high: int, mantissas: Sequence[float]) -> tuple[float, ...]:
    """A ladder from 10^low to 10^high with these rungs in each decade."""
    return (*tuple(float(f"{m}e{e}") for e in range(low, high) for m in mantissas), float(f"1e{high}"))


def _is_whole(text: str) -> bool:
    return text.lstrip("+-").isdigit()
