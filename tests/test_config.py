"""The one table of knobs: what is accepted, what is refused and how, and that text and values agree."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nntui import config, knobs
from nntui.config import RunConfig
from nntui.knob import ConfigError, Knob, Value
from nntui.knobs import KNOBS

relaxed = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])

LIVE = [knob for knob in KNOBS.values() if knob.live]


def values(knob: Knob) -> st.SearchStrategy[Any]:
    """Every value a knob can have."""
    if isinstance(knob.default, tuple):
        least = 1 if knob.choices else 0
        return st.lists(items(knob), min_size=least, max_size=knob.most).map(tuple)
    if knob.choices:
        return st.sampled_from(knob.choices)
    if isinstance(knob.default, bool):
        return st.booleans()
    if isinstance(knob.default, str):
        return st.text(max_size=1000).map(str.strip)
    return items(knob)


def items(knob: Knob) -> st.SearchStrategy[Any]:
    """Every number a knob can be, or every item that it can hold."""
    if knob.choices:
        return st.sampled_from(knob.choices)
    if knob.low is None or knob.high is None:
        return st.text("abcxyz12*+^()", min_size=1, max_size=20)
    if isinstance(knob.default, float):
        return st.floats(knob.low, knob.high)
    return st.integers(int(knob.low), int(knob.high))


def refusal(action: Callable[[], object]) -> str:
    """What a ConfigError says of an action; nothing when it succeeds. Any other error fails the test."""
    try:
        action()
    except ConfigError as error:
        return str(error)
    return ""


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


@pytest.mark.parametrize("knob", KNOBS.values(), ids=KNOBS)
@given(data=st.data())
@relaxed
def test_a_shown_value_is_parsed_back(knob: Knob, data: st.DataObject) -> None:
    value = data.draw(values(knob))
    again = knob.parse(knob.show(value))
    assert again == value
    assert type(again) is type(knob.default)


@pytest.mark.parametrize("knob", KNOBS.values(), ids=KNOBS)
def test_defaults_and_rungs_are_allowed(knob: Knob) -> None:
    for value in (knob.default, *knob.ladder):
        assert knob.check(value) == value
    finite = [rung for rung in knob.ladder if rung or knob.ladder[0] == 0]
    assert finite == sorted(set(finite))
    assert knob.help


@pytest.mark.parametrize("knob", LIVE, ids=lambda knob: knob.key)
@given(data=st.data())
@relaxed
def test_turning_a_live_knob_stays_in_range_and_never_turns_back(knob: Knob, data: st.DataObject) -> None:
    value: Value = data.draw(values(knob))
    assert knob.ladder or knob.choices
    for direction in (1, -1):
        turned = knob.turned(value, direction)
        assert knob.check(turned) == turned
        if knob.ladder:
            assert (height(knob, turned) - height(knob, value)) * direction >= 0


def height(knob: Knob, value: Value) -> float:
    assert isinstance(value, (int, float))
    return 1e18 if value == 0 and knob.ladder[-1] == 0 else float(value)


@pytest.mark.parametrize("knob", LIVE, ids=lambda knob: knob.key)
def test_enough_presses_reach_every_rung(knob: Knob) -> None:
    value, reached = knob.default, set[object]()
    for direction in (1, -1):
        for _ in range(300):
            value = knob.turned(value, direction)
            reached.add(value[0] if isinstance(value, tuple) else value)
    assert reached >= set(knob.choices or knob.ladder)


def test_a_press_changes_the_learning_rate_by_about_a_quarter() -> None:
    knob = KNOBS["training.lr"]
    assert knob.turned(0.01, 1) == pytest.approx(0.0125)
    assert knob.turned(0.0107, -1) == 0.01
    assert knob.turned(1e3, 1) == 1e3


def test_a_batch_of_all_rows_stands_above_every_number() -> None:
    knob = KNOBS["training.batch_size"]
    assert knob.parse("all") == 0
    assert knob.show(0) == "all"
    assert knob.turned(65536, 1) == 0
    assert knob.turned(0, -1) == 65536


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("training.lr", 0),
        ("training.lr", math.nan),
        ("training.lr", math.inf),
        ("training.lr", True),
        ("training.lr", "0.1"),
        ("training.epochs", 0),
        ("training.epochs", 1.5),
        ("training.seed", -1),
        ("training.seed", 10**400),
        ("model.layers", [0]),
        ("model.layers", [1.0]),
        ("model.layers", [True]),
        ("model.layers", [1] * 65),
        ("model.layers", 3),
        ("model.activation", "RELU"),
        ("data.standardize", 1),
        ("data.target", "x" * 1001),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_key_and_range(key: str, value: object) -> None:
    with pytest.raises(ConfigError) as caught:
        RunConfig().with_value(key, value)
    assert key in str(caught.value)
    assert KNOBS[key].allowed in str(caught.value)
    assert len(str(caught.value)) < 400


@given(st.text(max_size=30), st.text(max_size=40))
@relaxed
def test_any_setting_is_applied_or_refused_in_one_line(key: str, value: str) -> None:
    for setting in (f"{key}={value}", key, f"lr={value}", f"layers={value}", f"batch_size={value}", f"seed={value}"):
        assert "\n" not in refusal(partial(RunConfig().with_settings, [setting]))


@pytest.mark.parametrize("setting", ["lr=" + "1" * 5000, "seed=" + "1" * 5000, "layers=" + "1" * 5000, "x" * 5000])
def test_enormous_settings_are_refused_in_a_short_line(setting: str) -> None:
    with pytest.raises(ConfigError) as caught:
        RunConfig().with_settings([setting])
    assert len(str(caught.value)) < 500


def test_settings_are_judged_together() -> None:
    odd = RunConfig().with_settings(["source=digits", "target=3"])
    assert odd.with_settings(["target=malignant", "source=breast-cancer"]).data.target == "malignant"
    with pytest.raises(ConfigError, match=r"data.target = '3': truth-table has xor, and, or"):
        odd.with_settings(["source=truth-table", "target=3"])


def test_another_source_leaves_behind_what_the_old_one_was_told() -> None:
    spirals = RunConfig().with_settings(["source=spirals", "target=3 arms", "rows=50", "features=x1,x2", "lr=0.3"])
    other = spirals.with_settings(["source=./houses.csv", "test_fraction=0.3"])
    assert (other.data.target, other.data.rows, other.data.features) == ("", 0, ())
    assert (other.training.lr, other.data.test_fraction) == (0.3, 0.3)
    assert spirals.with_settings(["source=spirals", "lr=1"]).data == spirals.data


def test_keys_are_found_by_a_unique_last_part() -> None:
    assert knobs.find_knob("lr") is KNOBS["training.lr"]
    assert knobs.find_knob("model.layers") is KNOBS["model.layers"]
    with pytest.raises(ConfigError, match=r"did you mean momentum\?"):
        knobs.find_knob("momentun")


@given(st.dictionaries(st.sampled_from(["data", "model", "training", "title", "description", "x"]), junk))
@relaxed
def test_any_tables_are_a_configuration_or_a_config_error(tables: dict[str, Any]) -> None:
    refused = refusal(lambda: config.from_dict(tables))
    assert "\n" not in refused
    if not refused:
        assert config.from_dict(config.from_dict(tables).to_dict()) == config.from_dict(tables)


@given(st.data())
@relaxed
def test_junk_for_any_key_is_checked(data: st.DataObject) -> None:
    knob = data.draw(st.sampled_from(list(KNOBS.values())))
    table, _, name = knob.key.partition(".")
    value = data.draw(junk)
    refused = refusal(lambda: config.from_dict({table: {name: value}}))
    if refused:
        assert knob.key in refused
    else:
        found = config.from_dict({table: {name: value}}).get(knob.key)
        assert found == (tuple(value) if isinstance(value, list) else value)


def test_a_configuration_survives_toml(tmp_path: Path) -> None:
    made = RunConfig(title="T").with_settings(["layers=3,4", "lr=0.3", "batch_size=32", "source=digits", "target=7"])
    path = tmp_path / "run.toml"
    path.write_text(tomli_w.dumps(made.to_dict()))
    assert config.load(path) == made


@given(content=st.binary(max_size=200))
@relaxed
def test_any_bytes_are_a_configuration_or_a_config_error(content: bytes, tmp_path: Path) -> None:
    check_file(tmp_path / "any.toml", content)


@given(data=st.data())
@relaxed
def test_a_damaged_preset_is_a_configuration_or_a_config_error(data: st.DataObject, tmp_path: Path) -> None:
    good = b'title = "T"\n[data]\nsource = "moons"\n[model]\nlayers = [3, 4]\n[training]\nlr = 0.1\nseed = 7\n'
    start = data.draw(st.integers(0, len(good)))
    end = data.draw(st.integers(start, min(len(good), start + 8)))
    check_file(tmp_path / "damaged.toml", good[:start] + data.draw(st.binary(max_size=6)) + good[end:])


def check_file(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    refused = refusal(lambda: config.load(path))
    assert not refused or refused.startswith(f"{path}: ")
    assert "\n" not in refused


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("title =", "not valid TOML"),
        ("x = " + "[" * 2000, "not valid TOML"),
        ("[training]\nlrr = 1", "unknown key training.lrr (did you mean lr?)"),
        ("[trainin]\nlr = 1", "unknown key 'trainin' (did you mean training?)"),
        ("lr = 1", "unknown key 'lr'"),
        ("training = 1", "must be a table, [training]"),
        ("title = 1", "title: must be a text"),
        ("[data]\nsource = 'digits'\ntarget = 'od'", "did you mean odd?"),
        ("# " + "x" * 1_000_000, "larger than 1 MB"),
    ],
)
def test_a_file_with_a_mistake_is_told_by_name(content: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(content)
    with pytest.raises(ConfigError) as caught:
        config.load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert told in str(caught.value)


def test_a_file_that_is_not_there_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: No such file"):
        config.load(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="directory"):
        config.load(tmp_path)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (["source=xor"], "data.source = 'xor': must be one of truth-table"),
        (["source=digts"], "did you mean digits?"),
        (["source=digits", "target=12"], "data.target = '12': digits has digit, odd, 0"),
        (["source=digits", "task=binary"], "data.task = 'binary': for digits it is multi-class"),
        (["source=bumps", "task=binary"], "data.task = 'binary': for bumps it is regression"),
        (["source=function", "target=x +"], "data.target: "),
        (["source=function", "target=x + y"], "must be an expression in x alone"),
        (["source=function", "target=3"], "must be an expression in x alone"),
        (["features=x1,x1*"], "data.features: "),
        (["features=x1,x2,x1"], "'x1' is there twice"),
        (["features=x1*x2,x1 * x2"], "is there twice, as 'x1*x2' before"),
        (["layers=3,3", "activation=tanh,tanh,tanh"], "must be one name or 2, as many as there are layers"),
        (["layers=3,3", "init=he,he"], "must be one name or 3, as many as there are layers"),
        (["activation=tanh,rleu"], "did you mean relu?"),
        (["activation="], "model.activation = []: must be one of sigmoid"),
        (["source=./rows.csv", "output=identity", "loss=cross-entropy"], "needs the output sigmoid or softmax"),
        (["source=./rows.csv", "task=regression", "output=sigmoid"], "a regression needs identity"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_does_not_fit_together_is_told_in_one_line(settings: list[str], told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        RunConfig().with_settings(settings)
    assert told in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("settings", "task", "output", "loss"),
    [
        (["source=moons"], "binary", "sigmoid", "cross-entropy"),
        (["source=digits"], "multi-class", "softmax", "cross-entropy"),
        (["source=digits", "target=odd"], "binary", "sigmoid", "cross-entropy"),
        (["source=function", "target=x^2"], "regression", "identity", "squared-error"),
        (["source=bumps", "loss=huber"], "regression", "identity", "huber"),
        (["source=iris", "output=sigmoid"], "multi-class", "sigmoid", "cross-entropy"),
        (["source=moons", "output=identity"], "binary", "identity", "squared-error"),
        (["source=./rows.csv", "task=multi-class"], "multi-class", "softmax", "cross-entropy"),
    ],
    ids=str,
)
def test_output_and_loss_are_as_suits_the_task(settings: list[str], task: str, output: str, loss: str) -> None:
    made = RunConfig().with_settings(settings)
    assert (made.task, made.output(task), made.loss(task)) == (task, output, loss)


def test_of_a_file_only_the_data_can_tell_the_task() -> None:
    made = RunConfig().with_settings(["source=./rows.csv", "loss=cross-entropy"])
    assert made.task == "auto"
    config.check_answer(made, "binary")
    with pytest.raises(ConfigError, match="needs the output sigmoid or softmax"):
        config.check_answer(made, "regression")


@pytest.mark.parametrize(
    ("settings", "mattering"),
    [
        ([], []),
        (["optimizer=momentum"], ["momentum"]),
        (["optimizer=nesterov"], ["momentum"]),
        (["optimizer=rmsprop"], ["beta2"]),
        (["optimizer=adam"], ["beta1", "beta2"]),
        (["optimizer=adamw"], ["beta1", "beta2", "weight_decay"]),
        (["schedule=step"], ["schedule_epochs", "schedule_factor"]),
        (["schedule=cosine"], []),
        (["schedule=on-plateau"], ["schedule_epochs", "schedule_factor"]),
        (["loss=huber"], ["huber_delta"]),
        (["layers=2,2", "activation=tanh,leaky-relu"], ["leak"]),
    ],
    ids=str,
)
def test_a_knob_matters_where_another_stands_so_that_it_does(settings: list[str], mattering: list[str]) -> None:
    made = RunConfig().with_settings(settings)
    assert sorted(knob.name for knob in KNOBS.values() if knob.needs and knob.matters(made.get)) == mattering
    assert all(knob.matters(made.get) for knob in KNOBS.values() if not knob.needs)


def test_paths_are_of_the_file_that_names_them_or_of_the_folder_where_they_are_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run.toml").write_text('[data]\nsource = "cats/"\n[model]\nweights = "w.npz"\n')
    loaded = config.load(tmp_path / "run.toml")
    assert (loaded.data.source, loaded.model.weights) == (str(tmp_path / "cats"), str(tmp_path / "w.npz"))
    monkeypatch.chdir(tmp_path)
    typed = loaded.with_settings(["source=./dogs", "weights=v.npz"])
    assert (typed.data.source, typed.model.weights) == (str(tmp_path / "dogs"), str(tmp_path / "v.npz"))
    assert typed.with_settings(["source=digits", "weights="]).data.source == "digits"
    monkeypatch.setenv("HOME", "/home/me")
    assert typed.with_settings(["source=~/rows.csv"]).data.source == "/home/me/rows.csv"
    assert typed.with_settings(["source=/data/rows.csv"]).data.source == "/data/rows.csv"


def test_knobs_are_in_toml_what_they_are_here() -> None:
    again = tomllib.loads(tomli_w.dumps(RunConfig().to_dict()))
    assert config.from_dict(again) == RunConfig()
    assert [f"{table}.{name}" for table in ("data", "model", "training") for name in again[table]] == list(KNOBS)
