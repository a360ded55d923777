"""Editing a configuration: whatever is turned or typed, it stays one that can be started, and can be put back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nntui import config
from nntui.config import RunConfig
from nntui.draft import Draft
from nntui.knob import ConfigError
from nntui.knobs import KNOBS, TARGETS

PLAIN = Draft(RunConfig(), RunConfig())


def turned(draft: Draft, key: str, *directions: int) -> Draft:
    for direction in directions:
        draft = draft.turned(KNOBS[key], direction)
    return draft


def test_a_typed_value_is_taken_and_marked() -> None:
    draft = PLAIN.typed(KNOBS["training.lr"], "0.25")
    assert draft.config.training.lr == 0.25
    assert draft.changed == {"training.lr"}
    assert PLAIN.changed == set()
    assert draft.reset(KNOBS["training.lr"]).changed == set()


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("training.lr", "fast", "training.lr = 'fast': must be a number"),
        ("model.output", "softmax", "softmax"),
        ("model.activation", "relu, tanh, elu", "must be one name or 0"),
        ("data.source", "moon", "did you mean moons?"),
    ],
)
def test_what_no_run_can_have_is_refused(key: str, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said.replace("?", r"\?")):
        PLAIN.typed(KNOBS[key], text)


def test_another_source_leaves_behind_what_the_old_one_was_told_and_brings_it_back() -> None:
    base = config.from_dict({"data": {"source": "digits", "target": "odd"}})
    draft = Draft(base, base).typed(KNOBS["data.source"], "iris")
    assert draft.config.data.target == ""
    assert draft.changed == {"data.source", "data.target"}
    assert draft.reset(KNOBS["data.source"]).config == base


def test_sources_and_targets_are_turned_through() -> None:
    seen = {PLAIN.config.data.source}
    draft = PLAIN
    for _ in TARGETS:
        draft = turned(draft, "data.source", 1)
        seen.add(draft.config.data.source)
    assert seen == set(TARGETS)
    assert turned(PLAIN, "data.target", 1).config.target == "and"
    assert turned(PLAIN, "data.target", -1).config.target == list(TARGETS["truth-table"])[-1]


def test_a_path_is_turned_to_the_first_named_source() -> None:
    base = config.from_dict({"data": {"source": "./rows.csv"}})
    assert turned(Draft(base, base), "data.source", 1).config.data.source == next(iter(TARGETS))


def test_choices_that_cannot_stand_are_passed_by() -> None:
    base = config.from_dict({"data": {"source": "diabetes"}})
    draft = turned(Draft(base, base), "model.output", 1)
    assert draft.config.model.output == "identity"


def test_switches_and_whole_numbers_without_a_ladder_are_turned() -> None:
    assert turned(PLAIN, "data.standardize", 1).config.data.standardize is False
    assert turned(PLAIN, "training.seed", 1, 1).config.training.seed == 2
    assert turned(PLAIN, "training.seed", -1).config.training.seed == 0


def test_what_can_only_be_typed_says_so() -> None:
    only_typed = [key for key, knob in KNOBS.items() if not PLAIN.turnable(knob)]
    assert {"data.features", "data.noise", "model.layers", "model.weights"} <= set(only_typed)
    for key in only_typed:
        assert turned(PLAIN, key, 1) == PLAIN


@given(st.lists(st.tuples(st.sampled_from(sorted(KNOBS)), st.sampled_from((1, -1))), max_size=30))
def test_whatever_is_turned_can_be_started(turns: list[tuple[str, int]]) -> None:
    draft = PLAIN
    for key, direction in turns:
        draft = turned(draft, key, direction)
    assert config.from_dict(draft.config.to_dict()) == draft.config


@given(st.sampled_from(sorted(KNOBS)), st.text(max_size=20))
def test_whatever_is_typed_is_taken_or_refused_in_a_line(key: str, text: str) -> None:
    try:
        draft = PLAIN.typed(KNOBS[key], text)
    except ConfigError as error:
        said = str(error)
    else:
        said = ""
        assert config.from_dict(draft.config.to_dict()) == draft.config
    assert "\n" not in said


def test_paths_are_of_the_current_folder() -> None:
    draft = PLAIN.typed(KNOBS["data.source"], "./rows.csv")
    assert draft.config.data.source == str(Path("rows.csv").absolute())
