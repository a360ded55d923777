"""The way out of a divergence: which step, which rate, how often."""

from __future__ import annotations

import pytest

from nntui import guard
from nntui.store.records import Command


def applied(number: int, kind: str, value: str, step: int, who: str = "ada", status: str = "applied") -> Command:
    key = "training.lr" if kind == "set" else ""
    return Command(number, 0.0, who, kind, key, value, status, step)


@pytest.mark.parametrize(
    ("step", "time", "back"),
    [(1, 1, 0), (99, 1, 0), (101, 1, 1), (1000, 1, 900), (5000, 1, 4500), (5000, 2, 4000), (5000, 5, 2500), (50, 9, 0)],
)
def test_it_goes_back_tenths_of_the_way_and_at_least_a_hundred_steps(step: int, time: int, back: int) -> None:
    config = {"training": {"lr": 0.5}}
    assert guard.way_out(step, config, config, [], time) == (back, 0.25)


@pytest.mark.parametrize(
    ("turned", "rate"),
    [
        ([], 0.1),  # it began with 0.1, and diverged with 8: half of that would be 4
        ([applied(1, "set", "2", 899)], 2.0),
        ([applied(1, "set", "2", 900)], 0.1),  # turned at the step that it goes back to, and so given up
        ([applied(1, "set", "7", 100)], 4.0),
        ([applied(1, "set", "2", 100, status="refused")], 0.1),
        ([applied(1, "set", "2", 800), applied(2, "rewind", "700", 700)], 0.1),
    ],
)
def test_the_rate_is_half_of_the_present_one_or_what_it_was_there(turned: list[Command], rate: float) -> None:
    config, first = {"training": {"lr": 8.0}}, {"training": {"lr": 0.1}}
    assert guard.way_out(1000, config, first, turned) == (900, rate)


def test_no_rate_is_less_than_one_can_be() -> None:
    config = {"training": {"lr": 1e-9}}
    assert guard.way_out(1000, config, config, []).rate == 1e-9


def test_whoever_goes_back_lets_the_guard_begin_anew() -> None:
    given = [applied(n, "rewind", "10", 10, guard.WHO) for n in range(3)]
    assert guard.times(given) == 3
    refused = applied(4, "rewind", "10", 10, guard.WHO, "refused")
    assert guard.times([*given, applied(5, "set", "1", 20), refused]) == 3
    back = applied(6, "rewind", "10", 10)
    assert guard.times([*given, back]) == 0
    assert guard.times([*given, back, given[0]]) == 1
