"""A file is whole or not there, whoever else writes it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from nntui.files import replacing

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and links of this kind are POSIX")


def test_a_file_is_replaced_only_when_it_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "run.zip"
    file.write_bytes(b"before")
    with replacing(file) as out:
        out.write(b"after")
        out.flush()
        assert file.read_bytes() == b"before"
    assert file.read_bytes() == b"after"
    with pytest.raises(KeyboardInterrupt), replacing(file) as out:  # noqa: PT012 - it is left in the middle
        out.write(b"half")
        raise KeyboardInterrupt
    assert file.read_bytes() == b"after"
    assert list(tmp_path.iterdir()) == [file]


def test_what_cannot_take_its_place_is_gone(tmp_path: Path) -> None:
    (tmp_path / "folder" / "kept").mkdir(parents=True)
    with pytest.raises(OSError), replacing(tmp_path / "folder") as out:  # noqa: PT011 - another one on each system
        out.write(b"x")
    assert list(tmp_path.iterdir()) == [tmp_path / "folder"]


def test_two_who_write_the_same_file_do_not_meet(tmp_path: Path) -> None:
    file = tmp_path / "run.zip"
    with replacing(file) as one, replacing(file) as other:
        one.write(b"one")
        other.write(b"other")
    assert file.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [file]


@posix
@pytest.mark.parametrize(("umask", "mode", "found"), [(0o022, 0o666, 0o644), (0o077, 0o666, 0o600), (0, 0o600, 0o600)])
def test_others_may_do_with_it_what_they_may_with_any(umask: int, mode: int, found: int, tmp_path: Path) -> None:
    before = os.umask(umask)
    try:
        with replacing(tmp_path / "file", mode) as out:
            assert os.fstat(out.fileno()).st_mode & 0o777 == found
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == found
