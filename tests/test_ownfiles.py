"""Files of one's own: paths are completed, and what lies at them becomes a configuration or one line of why not."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nntui import ownfiles
from nntui.errors import UserError


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a little of everything, which is the current one and the home."""
    folder = tmp_path / "place"
    for made in ("cats", "catalogue", ".hidden"):
        (folder / made).mkdir(parents=True)
    (folder / "rows.csv").write_text("a,b,y\n1,2,0\n")
    (folder / "rows2.csv").write_text("a,b,y\n1,2,0\n")
    (folder / "notes.md").touch()
    (folder / "mine.toml").write_text('title = "Mine"\n[training]\nlr = 0.5\n')
    (folder / "broken.toml").write_text("[training]\nlr = -1\n")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder))
    return folder


def test_paths_are_completed_as_far_as_all_agree(here: Path) -> None:
    assert ownfiles.suggestions("cat") == ("catalogue/", "cats/")
    assert ownfiles.completed("c") == "cat"
    assert ownfiles.completed("cats") == "cats/"
    assert ownfiles.completed("ro") == "rows"
    assert ownfiles.completed("~/mi") == "~/mine.toml"
    assert ownfiles.completed(f"{here}/mi") == f"{here}/mine.toml"
    assert ownfiles.completed("nothing") == "nothing"


def test_only_what_can_be_opened_is_suggested() -> None:
    assert ownfiles.suggestions("n") == ()
    assert ownfiles.suggestions("") == ("broken.toml", "catalogue/", "cats/", "mine.toml", "rows.csv", "rows2.csv")
    assert ownfiles.suggestions(".h") == (".hidden/",)


def test_a_preset_is_read(here: Path) -> None:
    name, found = ownfiles.configuration("~/mine.toml")
    assert (name, found.title, found.training.lr) == ("mine", "Mine", 0.5)


@pytest.mark.parametrize(("text", "source"), [("rows.csv", "rows.csv"), ("./cats", "cats/"), ("cats/", "cats/")])
def test_data_become_the_source_of_a_configuration(here: Path, text: str, source: str) -> None:
    name, found = ownfiles.configuration(text)
    assert name == source.rstrip("/")
    assert found.data.source == f"{here}/{source}"
    assert found.model.layers


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a .toml preset"),
        ("nothing.csv", "there is no such file or folder"),
        ("notes.md", "notes.md: must end in .toml, .csv"),
        ("broken.toml", "training.lr = -1"),
        ("a\0b", "NUL"),
        ("x" * 5000, "cannot be looked at|no such"),
    ],
)
def test_what_cannot_be_opened_says_why(text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        ownfiles.configuration(text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=30))
def test_any_text_is_borne(text: str) -> None:
    assert ownfiles.completed(text).startswith(text)
    with suppress(UserError):
        ownfiles.configuration(text)
