"""Where panes stand: nothing overlaps or is left free, what is moved stays moved, and no file can break it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.geometry import Size

from nntui.tui.panes.arrangement import PLANS, Arrangement, Changes, Edge, changes_from, plan_for, share_out

ALL = range(1, 8)
sizes = st.builds(Size, st.integers(1, 300), st.integers(1, 100))
some = st.sets(st.sampled_from(list(ALL)), min_size=1)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("1234567x"), inner, max_size=4),
    max_leaves=8,
)
tables = anything | st.fixed_dictionaries({}, optional={"hidden": anything, "widths": anything, "heights": anything})


@given(st.integers(0, 300), st.lists(st.floats(0.1, 1000), min_size=1, max_size=8), st.integers(0, 40))
def test_what_is_shared_out_adds_up(total: int, shares: list[float], least: int) -> None:
    sizes = share_out(total, shares, least)
    assert sum(sizes) == total
    if least * len(shares) <= total:
        assert min(sizes) >= least - 1  # the ends are whole cells
    assert max(share_out(total, shares, least, [max(5, least)] * len(shares))[:-1], default=0) <= max(5, least) + 1


def test_nobody_is_given_more_than_there_is_to_show() -> None:
    assert share_out(30, [1, 1, 1], 3, [5, 30, 30])[0] == 5
    assert share_out(30, [10, 10, 10], 3, [5, 6, 7]) == [5, 6, 19]  # somebody has the rest


@pytest.mark.parametrize(
    ("size", "name"),
    [((80, 24), "compact"), ((120, 40), "full"), ((110, 34), "full"), ((109, 60), "compact"), ((200, 60), "wide")],
)
def test_the_roomiest_plan_that_fits(size: tuple[int, int], name: str) -> None:
    assert plan_for(Size(*size)).name == name


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_every_plan_has_every_pane(plan: Any) -> None:
    assert plan.numbers == list(ALL) == sorted(plan.heights)
    assert len(plan.widths) == len(plan.columns)


@pytest.mark.parametrize("size", [(80, 24), (72, 20), (110, 34), (120, 40), (160, 30), (200, 60)], ids=str)
def test_what_is_seen_at_first_has_five_lines_of_content_or_all_its_own(size: tuple[int, int]) -> None:
    plan = plan_for(Size(*size))
    seen = set(ALL) - plan.hidden
    arrangement = Arrangement(plan, Changes(), Size(size[0], size[1] - 3), seen)
    least = 3 if size == (72, 20) else 4 if size == (80, 24) else 5
    assert min(region.height for region in arrangement.regions().values()) - 2 >= least


@given(sizes, some, tables)
def test_panes_fill_the_board_without_a_gap(size: Size, seen: set[int], table: object) -> None:
    plan = plan_for(size)
    regions = Arrangement(plan, changes_from(plan, table), size, seen, {3: 9, 4: 5}).regions()
    assert set(regions) == seen
    cells = [
        (x, y) for region in regions.values() for x in range(*region.column_span) for y in range(*region.line_span)
    ]
    assert len(cells) == len(set(cells)) == size.width * size.height


@given(some, st.integers(-50, 250), st.integers(-50, 90))
def test_a_line_is_dragged_and_stays(seen: set[int], x: int, y: int) -> None:
    plan, box, changes = PLANS[0], Size(200, 57), Changes()
    before = Arrangement(plan, changes, box, seen)
    edges = [Edge(i) for i in range(len(before.columns) - 1)]
    edges += [Edge(i, row) for i, column in enumerate(before.columns) for row in range(len(column) - 1)]
    for edge in edges:
        arrangement = Arrangement(plan, changes, box, seen)
        arrangement.move(edge, x, y)
        moved = arrangement.regions()
        assert Arrangement(plan, changes, box, seen).regions() == moved
        again = changes_from(plan, changes.as_dict())
        assert Arrangement(plan, again, box, seen).regions() == moved
    assert min(region.width for region in moved.values()) >= 16 if edges else True


def test_a_dragged_line_is_where_the_pointer_is() -> None:
    plan, box = plan_for(Size(120, 40)), Size(120, 37)
    arrangement = Arrangement(plan, Changes(), box, ALL)
    edge = arrangement.edge_at(72, 20)
    assert edge == Edge(0)
    arrangement.move(edge, 50, 20)
    assert arrangement.regions()[1].right == 50
    edge = arrangement.edge_at(20, arrangement.regions()[1].bottom)
    assert edge == Edge(0, 0)
    arrangement.move(edge, 20, 8)
    assert arrangement.regions()[1].bottom == arrangement.regions()[2].y == 8
    assert arrangement.edge_at(20, 4) is None


def test_a_pane_grows_from_whichever_side_has_a_neighbour() -> None:
    plan, box = plan_for(Size(120, 40)), Size(120, 37)
    for number in ALL:
        for column in (True, False):
            changes = Changes()
            arrangement = Arrangement(plan, changes, box, ALL)
            before = arrangement.regions()[number]
            found = arrangement.edge_of(number, column=column)
            assert found is not None
            arrangement.shift(found[0], 2 * found[1])
            after = arrangement.regions()[number]
            assert (after.width - before.width, after.height - before.height) == ((2, 0) if column else (0, 2))
    assert Arrangement(plan, Changes(), box, [1]).edge_of(1, column=False) is None


@given(tables)
def test_no_table_of_a_file_hides_all_or_breaks_anything(table: object) -> None:
    for plan in PLANS:
        changes = changes_from(plan, table)
        assert len(changes.hidden or ()) < len(ALL)
        assert changes_from(plan, changes.as_dict()) == changes or changes.widths or changes.heights
