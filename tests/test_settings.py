"""A person's settings: read, never written; what is wrong is told in a line that names the file."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from nntui import settings
from nntui.errors import UserError
from nntui.settings import FILE, Settings, load, template
from nntui.tui import keymap


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have settings."""
    for name in ("NNTUI_THEME", "TEXTUAL_THEME", "NNTUI_MARKER", "NNTUI_BUDGET"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def file(nntui_home: Path) -> Path:
    nntui_home.mkdir()
    return nntui_home / FILE


def test_without_a_file_there_are_defaults(nntui_home: Path) -> None:
    assert load() == Settings()
    assert not nntui_home.exists()


def test_the_file_is_read_and_the_environment_goes_before(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('theme = "nord"\nmarker = "ascii"\nbudget = "4k"\n[keys]\n"a run: stop" = ["x", "f9"]\n')
    assert load() == Settings("nord", "ascii", 4096, {"a run: stop": ("x", "f9")})
    monkeypatch.setenv("TEXTUAL_THEME", "monokai")
    monkeypatch.setenv("NNTUI_MARKER", "braille")
    monkeypatch.setenv("NNTUI_BUDGET", "2k")
    assert (load().theme, load().marker, load().budget) == ("monokai", "braille", 2048)
    monkeypatch.setenv("NNTUI_THEME", "dracula")
    assert load().theme == "dracula"
    own = load(options={"theme": "nntui-light", "marker": "quadrant", "budget": "none"})
    assert (own.theme, own.marker, own.budget) == ("nntui-light", "quadrant", None)
    assert load(options={"theme": None, "marker": None, "budget": None}) == load()


def test_the_template_is_read_back(file: Path) -> None:
    file.write_text(template(load()))
    assert load() == Settings()
    for budget in (4096, 1740, 1024 * 1024):
        own = Settings("nord", "ascii", budget, {"a run: stop": ("x", "f9", '"', "'", "\\", "é")})
        file.write_text(template(own), encoding="utf-8")
        assert load() == own


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("theme = 3", "theme = 3: must be a text"),
        ('them = "nord"', "unknown setting 'them' (did you mean theme?)"),
        ('marker = "brail"', "marker = 'brail': must be one of auto, braille, quadrant, ascii (did you mean braille?)"),
        ('marker = ""', "marker = '': must be one of auto"),
        ('theme = "nntui-lihgt"', "theme = 'nntui-lihgt': must be one of nntui-dark"),
        ('budget = "4 k"', "budget = '4 k': must be bytes a second, such as 4k or 1M, at least 1k; or none"),
        ("budget = 4096", "budget = 4096: must be a text"),
        ("keys = 3", "must be a table"),
        ("[keys]\nx = 3", "must be a key"),
        ("[keys", "Expected"),
    ],
)
def test_what_is_wrong_is_told(file: Path, content: str, words: str) -> None:
    file.write_text(content)
    with pytest.raises(UserError, match=r"settings\.toml") as error:
        load()
    assert words in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("NNTUI_THEME", "nrod", "(did you mean nord?)"),
        ("TEXTUAL_THEME", "no such", "must be one of nntui-dark, nntui-light, "),
        ("NNTUI_MARKER", "dots", "must be one of auto, braille, quadrant, ascii"),
        ("NNTUI_BUDGET", "fast", "must be bytes a second"),
    ],
)
def test_a_wrong_variable_is_named(
    nntui_home: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, words: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(UserError) as error:
        load()
    assert str(error.value).startswith(f"{variable} = {value!r}: ")
    assert words in str(error.value)


@pytest.mark.parametrize("option", ["theme", "marker", "budget"])
@pytest.mark.parametrize("value", ["", "no such", "x" * 10_000])
def test_a_wrong_option_is_named(nntui_home: Path, option: str, value: str) -> None:
    with pytest.raises(UserError) as error:
        load(options={option: value})
    assert str(error.value).startswith(f"--{option} '{value[:5]}")
    assert len(str(error.value)) < 600


@pytest.mark.parametrize(
    ("text", "amount"),
    [("4k", 4096), ("4K", 4096), ("1.5k", 1536), ("1M", 1048576), ("1m", 1048576), ("1024", 1024), ("none", None)],
)
def test_an_amount_is_a_number_with_a_unit(text: str, amount: int | None) -> None:
    assert settings.budget(text) == amount


@pytest.mark.parametrize("text", ["", "0", "1023", "0.5k", "-4k", "4kB", "4 k", "k", "1e9", "nan", "٤k", "4k\n"])
def test_what_is_no_amount_is_refused_in_one_line(text: str) -> None:
    allowed = "must be bytes a second, such as 4k or 1M, at least 1k; or none"
    with pytest.raises(UserError, match=f"^--budget .*: {allowed}$"):
        settings.budget(text)


@given(st.text(max_size=200) | st.from_regex(r"[0-9.]{1,20}[kKmM]?"))
def test_any_text_is_an_amount_or_refused_in_a_short_line(text: str) -> None:
    said = ""
    try:
        amount = settings.budget(text)
    except UserError as error:
        amount, said = None, str(error)
    assert amount is None or amount >= settings.LEAST
    assert len(said) < 400
    assert "\n" not in said


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_no_bytes_are_more_than_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / FILE
    path.write_bytes(content)
    try:
        tomllib.loads(content.decode())
        load(path)
    except (UserError, ValueError):
        with pytest.raises(UserError):
            load(path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"a run: pause": ("p",)}, "unknown action 'a run: pause' (did you mean"),
        ({"a run: toggle_pause": ("s",)}, "s means both 'a run: toggle_pause' and 'a run: stop'"),
        ({"the knobs: type": ("s",)}, "s means both"),
        ({"a run: stop": ("spce",)}, "unknown key 'spce' (did you mean space?)"),
    ],
)
def test_a_key_that_cannot_be_is_told(changes: dict[str, tuple[str, ...]], words: str) -> None:
    with pytest.raises(UserError) as error:
        keymap.remapped(changes, "here.toml")
    assert str(error.value).startswith("here.toml: keys: ")
    assert words in str(error.value)


def test_keys_change_places() -> None:
    swapped = {"a run: stop": ("space",), "a run: toggle_pause": ("s", "&", "F5")}
    assert keymap.remapped(swapped, "") == {"a run: stop": "space", "a run: toggle_pause": "s,ampersand,f5"}


def test_every_key_has_an_id_of_its_own() -> None:
    ids = [key.id for key in keymap.KEYS]
    assert len(ids) == len(set(ids))
    assert keymap.remapped({key.id: key.keys.split(",") for key in keymap.KEYS}, "") == {
        key.id: key.keys for key in keymap.KEYS
    }


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_file_is_not_waited_for(tmp_path: Path, kind: str) -> None:
    path = tmp_path / FILE
    path.mkdir() if kind == "folder" else os.mkfifo(path)
    with pytest.raises(UserError, match=r"settings.toml: a directory or a device, not a file"):
        load(path)


def test_the_place_of_the_file_is_told() -> None:
    assert settings.settings_path().name == "settings.toml"
