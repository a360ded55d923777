"""Which panes are seen, by numbers alone."""

from __future__ import annotations

from textual.geometry import Size

from nntui.tui.panes.sight import Sight

FULL, COMPACT, SMALL = Size(120, 40), Size(80, 24), Size(40, 12)
ALL = frozenset(range(1, 8))


def test_a_terminal_shows_what_its_plan_shows() -> None:
    sight = Sight(7, {})
    assert sight.seen(FULL) == ALL
    assert sight.seen(COMPACT) == ALL - {6, 7}
    assert sight.seen(SMALL) == {1}


def test_what_is_hidden_in_a_terminal_is_hidden_in_those_of_its_plan_and_remembered() -> None:
    sight = Sight(7, {})
    assert sight.go_to(3, FULL, is_there=True)
    assert (sight.seen(FULL), sight.hidden_by_hand(FULL)) == (ALL - {3}, 1)
    assert (sight.seen(COMPACT), sight.hidden_by_hand(COMPACT)) == (ALL - {6, 7}, 0)
    assert Sight(7, sight.layout).seen(FULL) == ALL - {3}
    sight.reset(FULL)
    assert sight.seen(FULL) == ALL
    assert sight.layout == {}


def test_the_last_pane_is_never_hidden() -> None:
    sight = Sight(7, {"full": {"hidden": [1, 2, 3, 4, 5, 6]}})
    assert not sight.go_to(7, FULL, is_there=True)
    assert sight.seen(FULL) == {7}


def test_one_that_is_alone_makes_room_for_the_next_and_hides_none() -> None:
    sight = Sight(7, {})
    sight.alone = 2
    assert not sight.go_to(5, FULL, is_there=False)
    assert sight.seen(FULL) == {5}
    assert not sight.go_to(4, SMALL, is_there=False)
    assert (sight.seen(SMALL), sight.seen(FULL)) == (frozenset({4}), frozenset({5}))
    sight.alone = None
    assert sight.seen(FULL) == ALL
