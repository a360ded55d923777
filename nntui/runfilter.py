"""The small language by which runs are picked: words, and terms such as ``state=running loss<0.1 age>2d``.

Terms stand apart by blanks, and all of them must hold. A word holds for runs that have it in name, preset, id,
title or note, whatever its case. ``=`` and ``!=`` compare texts as words do, and numbers exactly.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from nntui.errors import UserError, closest
from nntui.store.records import STATES, UNREADABLE, RunRecord
from nntui.terms import COMPARE, quoted


class FilterError(UserError):
    """A term that means nothing."""


#: What a text term can name.
TEXTS: Mapping[str, Callable[[RunRecord], str]] = {
    "name": lambda run: run.name,
    "preset": lambda run: run.preset,
    "id": lambda run: run.id,
    "title": lambda run: run.title,
    "note": lambda run: run.note,
    "state": lambda run: run.state,
}
#: The metrics that runs have had from the first.
FIGURES = ("loss", "val_loss", "accuracy", "val_accuracy", "r2", "val_r2")
#: What a numeric term can name; ``age`` and ``time`` are in seconds, and take a unit: 90s, 5min, 3h, 2d, 1w.
NUMBERS = (*FIGURES, "steps", "epochs", "progress", "age", "time")
_SECONDS = {"s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_COUNTS = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9, "%": 0.01}

_TERM = re.compile(r"([^\W\d]\w*)(<=|>=|!=|=|<|>)(.*)", re.DOTALL)
_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)([a-z%]*)", re.IGNORECASE)
Test = Callable[[RunRecord, float], bool]


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Tells the runs for which every term holds."""

    tests: tuple[Test, ...] = field(default=())

    def matches(self, run: RunRecord, now: float) -> bool:
        """Whether a run is picked; ``now`` is the time in seconds since the epoch, for its age."""
        return all(test(run, now) for test in self.tests)


def parse(text: str) -> RunFilter:
    """The filter that a person typed; an empty text picks every run. Raises FilterError."""
    return RunFilter(tuple(map(_test, text.split())))


def _test(term: str) -> Test:
    found = _TERM.fullmatch(term)
    if found is None:
        return _word(term)
    name, sign, value = found.groups()
    name = name.lower()
    if name in TEXTS:
        return _text_test(name, sign, value)
    if name in NUMBERS:
        return _number_test(name, sign, value)
    names = (*TEXTS, *NUMBERS)
    raise FilterError(f"{quoted(name)}: no such field{closest(name, names)}; fields: {', '.join(names)}")


def _word(term: str) -> Test:
    wanted = term.casefold()
    return lambda run, _: any(wanted in text(run).casefold() for name, text in TEXTS.items() if name != "state")


def _text_test(name: str, sign: str, value: str) -> Test:
    if sign not in ("=", "!="):
        raise FilterError(f"{name}{sign}: {name} is a text, so write {name}= or {name}!=")
    if not value:
        raise FilterError(f"{name}{sign}: say what, such as {name}{sign}{'running' if name == 'state' else 'xor'}")
    wanted, of = value.casefold(), TEXTS[name]
    if name == "state" and not any(state.startswith(wanted) for state in (*STATES, UNREADABLE)):
        raise FilterError(f"state{sign}{quoted(value)}: states: {', '.join(STATES)}{closest(wanted, STATES)}")
    if name == "state":
        return lambda run, _: run.state.startswith(wanted) == (sign == "=")
    return lambda run, _: (wanted in of(run).casefold()) == (sign == "=")


def _number_test(name: str, sign: str, value: str) -> Test:
    wanted, compare = _number(name, sign, value), COMPARE[sign]

    def test(run: RunRecord, now: float) -> bool:
        found = figure(run, name, now)
        return found is not None and compare(found, wanted)

    return test


def _number(name: str, sign: str, value: str) -> float:
    """The number that a term compares to, in seconds where it is a time."""
    is_time = name in ("age", "time")
    example = "2d" if is_time else "1000" if name in ("steps", "epochs") else "0.1"
    if not value:
        raise FilterError(f"{name}{sign}: say how much, such as {name}{sign}{example}")
    found = _NUMBER.fullmatch(value)
    units = _SECONDS if is_time else _COUNTS
    if found is None or found[2].lower() not in units:
        allowed = f"with a unit: {', '.join(_SECONDS)}" if is_time else "it may end in k, m, g or %"
        raise FilterError(f"{name}{sign}{quoted(value)}: must be a number, such as {example}; {allowed}")
    return float(found[1]) * units[found[2].lower()]


def figure(run: RunRecord, name: str, now: float) -> float | None:
    """A run's number of one of :data:`NUMBERS`; None where it has none."""
    if name in FIGURES:
        value = run.latest.get(name)
        return float(value) if isinstance(value, (int, float)) and not math.isnan(value) else None
    return {
        "steps": float(run.step),
        "epochs": float(run.epoch),
        "progress": run.progress,
        "age": now - run.created,
        "time": run.elapsed,
    }[name]
