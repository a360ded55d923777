"""Ending a run whose trainer is on another machine, where its process id is of a stranger here."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nntui import ending
from nntui.errors import UserError
from nntui.store import catalog, commands
from tests.tui import recorded
from tests.tui.recorded import Recording


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A process of this machine that has to do with no run."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


@pytest.fixture
def remote(tmp_path: Path, stranger: subprocess.Popen[bytes]) -> Recording:
    """A live run of another machine, whose trainer has the id of that process."""
    recording = Recording(tmp_path / "runs", recorded.table())
    recording.train(20)
    recording.update(host="elsewhere", pid=stranger.pid, pid_started=None)
    return recording


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "OBEY_SECONDS", 0.05)
    monkeypatch.setattr(ending, "EXIT_SECONDS", 0.05)


def test_a_trainer_elsewhere_is_asked_and_nobody_here_is_told(
    remote: Recording, stranger: subprocess.Popen[bytes]
) -> None:
    with pytest.raises(UserError, match="trains on elsewhere"):
        ending.remove(remote.folder)
    assert [command.kind for command in remote.writer.waiting()] == ["stop"]
    assert stranger.poll() is None
    assert catalog.open_run(remote.folder).live


def test_where_nothing_can_be_written_nobody_here_is_told_either(
    remote: Recording, stranger: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise UserError("read-only")

    monkeypatch.setattr(commands, "append", refuse)
    ending.ask_to_stop(remote.folder, catalog.open_run(remote.folder))
    with pytest.raises(subprocess.TimeoutExpired):
        stranger.wait(0.2)


def test_a_trainer_elsewhere_that_obeys_is_not_looked_for_here(
    remote: Recording, stranger: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "append", lambda *_: remote.commit(state="stopped"))
    ending.remove(remote.folder)
    assert not remote.folder.exists()
    assert stranger.poll() is None
