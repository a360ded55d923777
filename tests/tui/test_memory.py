"""What the screen remembers: written when there is something, borne when it cannot be, never believed blindly."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nntui.tui.memory import FILE, Memory


def written(memory: Memory) -> None:
    """Waits until all is on the disk."""
    memory.close()
    if memory._thread is not None:
        memory._thread.shutdown(wait=True)


def test_what_is_kept_is_there_the_next_time(nntui_home: Path) -> None:
    memory = Memory()
    memory.keep(theme="nord")
    memory.keep(layout={"full": {"hidden": [6], "heights": {"1": 20.0}}})
    written(memory)
    again = Memory()
    assert again.theme == "nord"
    assert again.layout == {"full": {"hidden": [6], "heights": {"1": 20.0}}}
    assert [path.name for path in nntui_home.iterdir()] == [FILE]


def test_looking_makes_nothing(nntui_home: Path) -> None:
    memory = Memory()
    assert (memory.theme, memory.layout) == ("", {})
    memory.keep()
    written(memory)
    assert not nntui_home.exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"theme = 3", b"layout = 'x'", b"[[[", b"\xff\xfe", b"theme = 'a'\ntheme = 'b'", b"a = " + b"[" * 5000],
    ids=range(7),
)
def test_a_file_of_anything_is_as_good_as_none(nntui_home: Path, content: bytes) -> None:
    nntui_home.mkdir()
    (nntui_home / FILE).write_bytes(content)
    assert (Memory().theme, Memory().layout) == ("", {})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_no_bytes_end_the_program(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / FILE
    path.write_bytes(content)
    assert isinstance(Memory(path).layout, dict)


def test_the_last_of_two_screens_is_remembered() -> None:
    one, other = Memory(), Memory()
    one.keep(theme="nord")
    written(one)
    other.keep(theme="dracula")
    written(other)
    assert Memory().theme == "dracula"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_borne(nntui_home: Path) -> None:
    nntui_home.mkdir()
    nntui_home.chmod(0o500)
    memory = Memory()
    memory.keep(theme="nord")
    written(memory)
    assert memory.theme == "nord"


def test_a_file_in_place_of_the_folder_is_borne(nntui_home: Path) -> None:
    nntui_home.write_text("")
    memory = Memory()
    memory.keep(theme="nord")
    written(memory)
    assert memory.theme == "nord"


def test_nobody_waits_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Memory()
    monkeypatch.setattr("nntui.tui.memory._write", lambda *_: time.sleep(0.5))
    begun = time.monotonic()
    slow.keep(theme="nord")
    slow.close()
    assert time.monotonic() - begun < 0.4
    written(slow)
