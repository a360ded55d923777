"""The shelf of runs: what is new is seen, what has not changed is not opened again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nntui import paths
from nntui.store import catalog
from nntui.store.records import RunRecord
from nntui.store.schema import RunError
from nntui.store.shelf import Shelf
from tests.tui import recorded
from tests.tui.recorded import Recording


@pytest.fixture
def runs() -> Path:
    return paths.runs_dir()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders that were opened, in their order."""
    names: list[str] = []
    opening = catalog.open_run

    def note(folder: Path) -> RunRecord:
        names.append(folder.name)
        return opening(folder)

    monkeypatch.setattr(catalog, "open_run", note)
    return names


def seen(shelf: Shelf) -> list[str]:
    return [run.id for _, run in shelf.look()]


def test_it_lists_what_the_catalogue_lists(runs: Path) -> None:
    for number in range(5):
        recorded.finished(runs, recorded.table(), run_id=f"run{number}")
        recorded.execute(runs / f"run{number}", "UPDATE run SET created = ?", 1000 * (number % 3))
    (runs / "stray").mkdir()
    assert Shelf(runs, 100).look() == catalog.list_runs(runs)
    assert len(Shelf(runs, 2).look()) == 2


def test_a_run_that_has_ended_is_opened_once(runs: Path, opened: list[str]) -> None:
    recorded.finished(runs, recorded.table(), run_id="old")
    shelf = Shelf(runs, 100)
    assert seen(shelf) == seen(shelf) == ["old"]
    assert opened == ["old"]
    recorded.execute(runs / "old", "UPDATE run SET name = 'another'")
    assert [run.name for _, run in shelf.look()] == ["another"]


def test_a_live_run_is_looked_at_each_time(runs: Path, opened: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    live = Recording(runs, recorded.table())
    live.train(10)
    shelf = Shelf(runs, 100)
    assert [run.state for _, run in shelf.look()] == ["running"]
    monkeypatch.setattr(catalog, "_trainer_alive", lambda *_: False)
    assert [run.state for _, run in shelf.look()] == ["crashed"]
    live.end()
    assert opened == ["recorded", "recorded"]


def test_runs_come_and_go(runs: Path) -> None:
    shelf = Shelf(runs, 100)
    assert seen(shelf) == []
    recorded.finished(runs, recorded.table(), run_id="first")
    assert seen(shelf) == ["first"]
    (runs / "first" / "run.db").write_bytes(b"\0" * 5000)
    assert [(run.id, run.state) for _, run in shelf.look()] == [("first", "unreadable")]
    shutil.rmtree(runs / "first")
    assert seen(shelf) == []


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="is no folder"):
        Shelf(tmp_path / "file" / "runs", 10).look()
