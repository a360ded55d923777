"""The language of run filters: words, terms, and what is said of those that mean nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nntui.runfilter import NUMBERS, TEXTS, FilterError, parse
from nntui.store.records import STATES, RunRecord

NOW = 1_000_000.0
RUN = RunRecord(
    id="abc23456",
    name="Wide net",
    preset="digits",
    title="Digits: odd or even",
    state="running",
    reason="",
    created=NOW - 2 * 86_400,
    heartbeat=NOW,
    pid=None,
    host="here",
    step=1500,
    epoch=3,
    progress=0.25,
    steps_left=100,
    steps_per_s=10.0,
    elapsed=3600.0,
    latest={"loss": 0.05, "val_loss": float("nan"), "accuracy": 0.98},
)


@pytest.mark.parametrize(
    ("text", "picked"),
    [
        ("", True),
        ("wide", True),
        ("WIDE odd", True),
        ("wide moons", False),
        ("abc2", True),
        ("running", False),
        ("state=running", True),
        ("state=run", True),
        ("state!=running", False),
        ("State=FINISHED", False),
        ("name=net", True),
        ("preset!=digits", False),
        ("loss<0.1", True),
        ("loss<5e-2", False),
        ("loss<=.05", True),
        ("loss=0.05", True),
        ("loss!=0.05", False),
        ("loss<5%", False),
        ("accuracy>97%", True),
        ("val_loss<1", False),
        ("val_loss>=0", False),
        ("r2>0", False),
        ("steps>1k", True),
        ("steps>1.5k", False),
        ("age<2d", False),
        ("age<=2d", True),
        ("age>47h age<1w", True),
        ("time=60min", True),
        ("progress>=25%", True),
        ("epochs=3", True),
        ("wide state=running loss<0.1 steps>1000", True),
        ("wide state=running loss<0.01", False),
    ],
)
def test_a_filter_picks_runs(text: str, picked: bool) -> None:
    assert parse(text).matches(RUN, NOW) is picked


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("los<0.1", ["los: no such field", "did you mean loss?"]),
        ("loss<", ["say how much, such as loss<0.1"]),
        ("loss<small", ["loss<small: must be a number"]),
        ("age<2y", ["age<2y", "with a unit: s, min"]),
        ("age<2", ["age<2: must be a number, such as 2d"]),
        ("loss<3d", ["loss<3d: must be a number"]),
        ("name<b", ["name is a text", "name="]),
        ("state=", ["say what, such as state=running"]),
        ("state=runing", ["states: starting", "did you mean running?"]),
    ],
)
def test_what_means_nothing_is_told_in_a_line(text: str, said: list[str]) -> None:
    with pytest.raises(FilterError) as error:
        parse(text)
    for words in said:
        assert words in str(error.value)
    assert "\n" not in str(error.value)


@example("=")
@example("loss<" + "9" * 400)
@example("x\x1b=1")
@given(st.text(max_size=60) | st.from_regex(r"(\w{1,8}(<=|>=|!=|=|<|>)[\w.%+-]{0,8} ?){1,4}", fullmatch=True))
def test_any_text_is_a_filter_or_an_error(text: str) -> None:
    try:
        found = parse(text)
    except FilterError as error:
        said = str(error)
    else:
        said = ""
        assert found.matches(RUN, NOW) in (True, False)
    assert len(said) < 400


@given(st.sampled_from(("loss", "steps", "progress", "accuracy")), st.floats(-10, 10_000), st.data())
def test_comparisons_agree_with_the_number(name: str, wanted: float, data: st.DataObject) -> None:
    found = data.draw(st.floats(0, 10_000)) if name != "steps" else float(data.draw(st.integers(0, 10_000)))
    run = replace(RUN, step=int(found), progress=found, latest={"loss": found, "accuracy": found})
    for sign, holds in (
        ("<", found < wanted),
        (">=", found >= wanted),
        ("=", found == wanted),
        ("!=", found != wanted),
    ):
        assert parse(f"{name}{sign}{wanted!r}").matches(run, NOW) is holds


@given(st.lists(st.sampled_from(["wide", "moons", "loss<0.1", "steps>10k", "state=running"]), max_size=4))
def test_all_terms_must_hold(terms: list[str]) -> None:
    assert parse(" ".join(terms)).matches(RUN, NOW) == all(parse(term).matches(RUN, NOW) for term in terms)


def test_every_field_and_state_can_be_named() -> None:
    for name in NUMBERS:
        assert parse(f"{name}<1{'d' if name in ('age', 'time') else ''}") is not None
    for name in TEXTS:
        assert parse(f"{name}=running") is not None
    for state in STATES:
        assert parse(f"state={state}").matches(replace(RUN, state=state), NOW)
