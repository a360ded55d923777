"""Budgets: how often a picture may be drawn within what it costs."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from nntui.settings import USUAL
from nntui.tui.app import NntuiApp
from nntui.tui.budget import Budget
from nntui.tui.screens.dashboard import DashboardScreen
from tests.tui import recorded, screen


class Link:
    """A clock that is turned by hand, and a count of bytes."""

    def __init__(self, limit: int | None) -> None:
        self.now, self.sent = 100.0, 0
        self.budget = Budget(lambda: self.sent, limit, keys_are_free=limit == USUAL, clock=lambda: self.now)

    def draw(self, seconds: float, frame: int, every: float = 0.1) -> int:
        """Draws frames of so many bytes as often as the budget lets it; the bytes of all of them."""
        before, end = self.sent, self.now + seconds
        while self.now < end:
            self.now += every
            if not self.budget.spent:
                self.sent += frame
        return self.sent - before


@pytest.mark.parametrize("frame", [100, 700, 3000, 9000])
def test_what_is_sent_stays_within_the_budget_and_uses_it(frame: int) -> None:
    link = Link(4096)
    link.draw(10, frame)
    assert 0.9 <= link.draw(60, frame) / (60 * 4096) <= 1.1 or frame * 10 < 4096


def test_without_a_limit_nothing_waits() -> None:
    link = Link(None)
    assert link.draw(10, 100_000) >= 99 * 100_000


def test_a_repaint_is_paid_back_afterwards() -> None:
    link = Link(4096)
    link.sent += 20_000
    assert link.draw(4, 400) == 0
    assert link.draw(4, 400) > 0


def test_no_debt_holds_the_screen_for_longer_than_ten_seconds() -> None:
    link = Link(2048)
    link.sent += 10_000_000
    assert link.budget.spent
    assert link.draw(10.5, 100) > 0


def test_what_costs_too_much_by_itself_waits_no_longer_than_there_is_patience() -> None:
    now, used = 100.0, 0.0
    budget = Budget(lambda: used, 0.1, patience=1.0, clock=lambda: now)
    let_through = 0
    for _ in range(200):
        now, used = now + 0.1, used + 0.05
        let_through += not budget.spent
    assert 15 <= let_through <= 20


def test_what_was_saved_is_soon_gone() -> None:
    link = Link(4096)
    link.now += 3600
    assert link.draw(5, 1000) < 1.3 * 5 * 4096


def test_a_key_does_not_wait_and_is_paid_for() -> None:
    link = Link(2048)
    link.sent += 10_000
    assert link.budget.spent
    link.budget.hurry()
    assert not link.budget.spent
    link.now += 0.6
    assert link.budget.spent


def test_what_a_key_brings_about_is_not_charged_to_the_usual_budget() -> None:
    link = Link(USUAL)
    link.budget.hurry()
    link.sent += 10 * USUAL
    assert not link.budget.spent
    link.now += 0.6
    assert not link.budget.spent
    assert link.draw(30, 3000) <= 1.1 * 30 * USUAL


def test_the_rate_is_that_of_the_last_two_seconds() -> None:
    link = Link(None)
    assert link.budget.rate == 0
    link.draw(10, 500)
    assert link.budget.rate == pytest.approx(5000, rel=0.1)
    for _ in range(30):
        link.now += 0.1
        assert link.budget.rate >= 0
    assert link.budget.rate == 0


@pytest.mark.parametrize("key", ["y", "tab", "]"])
def test_the_app_lets_what_a_key_changes_through(key: str, tmp_path: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        assert isinstance(pilot.app, NntuiApp)
        link = Link(2048)
        link.sent += 10_000
        pilot.app._bytes = link.budget
        assert link.budget.spent
        await pilot.hover(offset=(5, 5))
        assert link.budget.spent
        await pilot.press(key)
        assert not link.budget.spent

    screen.play(scenario, recorded.finished(tmp_path / "runs", recorded.table()))


def test_a_processor_that_is_used_up_is_left_to_others(tmp_path: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = pilot.app
        assert isinstance(app, NntuiApp)
        assert isinstance(app.screen, DashboardScreen)
        feed = app.screen._feed
        assert feed is not None
        assert not feed._spent()
        app._processor.limit = 1e-9
        await screen.until(pilot, feed._spent)
        await pilot.press("y")
        assert not feed._spent()

    screen.play(scenario, recorded.finished(tmp_path / "runs", recorded.table()))
