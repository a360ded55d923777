"""A person's settings: read, never written; what is wrong is told in a line that names the file."""

from __future__ import annotations

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
    assert load() == Settings("nord", "ascii", "4k", {"a run: stop": ("x", "f9")})
    monkeypatch.setenv("TEXTUAL_THEME", "monokai")
    monkeypatch.setenv("NNTUI_MARKER", "braille")
    assert (load().theme, load().marker) == ("monokai", "braille")
    monkeypatch.setenv("NNTUI_THEME", "dracula")
    assert load().theme == "dracula"


def test_the_template_is_read_back(file: Path) -> None:
    file.write_text(template(load()))
    assert load() == Settings()
    own = Settings("nord", "ascii", "4k", {"a run: stop": ("x", "f9")})
    file.write_text(template(own))
    assert load() == own


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("theme = 3", "theme = 3: must be a text"),
        ('them = "nord"', "unknown setting 'them' (did you mean theme?)"),
        ('marker = "brail"', "must be one of auto, braille, quadrant, ascii (did you mean braille?)"),
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


def test_the_place_of_the_file_is_told() -> None:
    assert settings.settings_path().name == "settings.toml"
