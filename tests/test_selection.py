"""Which runs several words mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from nntui import paths
from nntui.errors import UserError
from nntui.selection import selected
from nntui.store import folder
from tests.tui import recorded


@pytest.fixture
def runs() -> Path:
    """Four runs, each a second younger than the one before; the last one is archived."""
    runs = paths.runs_dir()
    for number, name in enumerate(("xor wide", "xor", "deep=1", "[a]")):
        recorded.Recording(runs, recorded.table(), run_id=f"run{number}", name=name).end("stopped")
        recorded.execute(runs / f"run{number}", "UPDATE run SET created = ?, step = ?", 1000 + number, 100 * number)
    folder.label(runs / "run3", archived=True)
    return runs


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("run2|run0", ["run2", "run0"]),
        ("xor|run0|xor wide", ["run1", "run0"]),
        ("xor*", ["run0", "run1"]),
        ("run*", ["run0", "run1", "run2"]),
        ("latest|xor*", ["run2", "run0", "run1"]),
        ("steps>=100", ["run1", "run2"]),
        ("xor*|steps>=100", ["run1"]),
        ("run0|run1|steps<100", ["run0"]),
        ("deep=1", ["run2"]),
        ("[a]", ["run3"]),
        ("run[02]", ["run0", "run2"]),
        ("state=stopped|name=xor", ["run0", "run1"]),
    ],
)
def test_words_name_runs_and_terms_leave_some_out(runs: Path, words: str, meant: list[str]) -> None:
    assert [run.id for _, run in selected(runs, words.split("|"))] == meant


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("run0|run9", "no run 'run9' (did you mean"),
        ("run0|moon*", "no run is called moon*"),
        ("xor*|steps>9999", "steps>9999 holds for none of 2 runs"),
        ("run0|stps>1", "stps: no such field (did you mean steps?)"),
        ("run", "begins several runs"),
    ],
)
def test_what_cannot_be_found_is_told_in_a_line(runs: Path, words: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        selected(runs, words.split("|"))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("words", [["latest"], ["a", "b"]])
def test_where_there_are_none_it_says_so(words: list[str]) -> None:
    with pytest.raises(UserError, match="no runs in"):
        selected(paths.runs_dir(), words)


def test_a_run_that_cannot_be_read_is_meant_only_by_its_name(runs: Path) -> None:
    (runs / "run0" / "run.db").write_bytes(b"nothing")
    assert [run.id for _, run in selected(runs, ["run*"])] == ["run1", "run2"]
    with pytest.raises(UserError, match="cannot be read"):
        selected(runs, ["run0", "run1"])
