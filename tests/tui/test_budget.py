"""A budget of bytes: how one is written, and how often a picture may be drawn within it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from nntui.errors import UserError
from nntui.tui import budget as subject
from nntui.tui.app import NntuiApp
from nntui.tui.budget import Budget
from tests.tui import recorded, screen


@pytest.mark.parametrize(
    ("text", "amount"),
    [("4k", 4096), ("4K", 4096), ("1.5k", 1536), ("1M", 1048576), ("1m", 1048576), ("1024", 1024), ("none", None)],
)
def test_an_amount_is_a_number_with_a_unit(text: str, amount: int | None) -> None:
    assert subject.parse(text) == amount


@pytest.mark.parametrize("text", ["", "0", "1023", "0.5k", "-4k", "4kB", "4 k", "k", "1e9", "nan", "٤k", "4k\n"])
def test_what_is_no_amount_is_refused_in_one_line(text: str) -> None:
    allowed = "must be bytes a second, such as 4k or 1M, at least 1k; or none"
    with pytest.raises(UserError, match=f"^--budget .*: {allowed}$"):
        subject.parse(text)


@given(st.text(max_size=200) | st.from_regex(r"[0-9.]{1,20}[kKmM]?"))
def test_any_text_is_an_amount_or_refused_in_a_short_line(text: str) -> None:
    said = ""
    try:
        amount = subject.parse(text)
    except UserError as error:
        amount, said = None, str(error)
    assert amount is None or amount >= subject.LEAST
    assert len(said) < 400
    assert "\n" not in said


def test_the_command_line_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NNTUI_BUDGET", raising=False)
    assert subject.wanted(None, slow=False) is None
    monkeypatch.setenv("NNTUI_BUDGET", "8k")
    assert subject.wanted(None, slow=False) == 8192
    assert subject.wanted("none", slow=False) is None
    assert subject.wanted("4k", slow=False) == 4096
    assert subject.wanted(None, slow=True) == subject.parse("1.7k")
    with pytest.raises(UserError, match="exclude"):
        subject.wanted("4k", slow=True)
    monkeypatch.setenv("NNTUI_BUDGET", "fast")
    with pytest.raises(UserError, match=re.escape("NNTUI_BUDGET = 'fast'")):
        subject.wanted(None, slow=False)


class Link:
    """A clock that is turned by hand, and a count of bytes."""

    def __init__(self, limit: int | None) -> None:
        self.now, self.sent = 100.0, 0
        self.budget = Budget(lambda: self.sent, limit, lambda: self.now)

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
        pilot.app.budget = link.budget
        assert link.budget.spent
        await pilot.hover(offset=(5, 5))
        assert link.budget.spent
        await pilot.press(key)
        assert not link.budget.spent

    screen.play(scenario, recorded.finished(tmp_path / "runs", recorded.table()))
