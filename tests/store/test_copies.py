"""A run taken elsewhere, whole; and files that are none, or worse."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import stat
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from nntui.store import catalog, commands, copies, room
from nntui.store.reader import Reader
from nntui.store.schema import DATABASE, RunError
from nntui.store.writer import Status, Writer

Make = Callable[..., Path]


@pytest.fixture
def recorded(make_run: Make) -> Path:
    """A run of 500 steps with two checkpoints."""
    run = make_run(name="first")
    with closing(Writer(run)) as writer:
        writer.add_stream("step", ["loss"])
        writer.record("step", np.arange(1, 501), np.sqrt(np.arange(1, 501))[:, None])
        writer.event(3, "set", "lr 1 → 2")
        writer.status(Status("running", step=500))
        writer.commit()
    for name in ("latest", "000000000000"):
        (run / "checkpoints" / f"{name}.safetensors").write_bytes(name.encode())
        (run / "checkpoints" / f"{name}.safetensors").chmod(0o600)
    commands.append(run, "pause")
    return run


def told(run: Path) -> tuple[bytes, list[str]]:
    with closing(Reader(run)) as reader:
        return reader.curves(["loss"], 0, 500, 1000)["loss"].mean.tobytes(), [e.text for e in reader.events()]


def private(folder: Path) -> bool:
    return all(not path.stat().st_mode & 0o077 for path in (folder, *folder.rglob("*")))


def test_word_of_a_full_disk_stays_where_the_disk_is(recorded: Path, runs: Path, tmp_path: Path) -> None:
    room.tell(recorded, lacks=True)
    copies.pack(recorded, tmp_path / "run.zip")
    found, _ = copies.unpack(tmp_path / "run.zip", tmp_path / "elsewhere")
    assert not room.lacks(found)
    assert not room.lacks(copies.copy(recorded, runs, name="copy"))


@pytest.mark.parametrize("packed", [False, True])
def test_what_checkpoints_hold_is_recorded_in_a_copy(
    packed: bool, recorded: Path, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that goes on meanwhile may write a checkpoint at any moment, and records before what it holds."""
    copied = copies._copy_database

    def goes_on(source: Path, target: Path) -> None:
        copied(source, target)
        (source / "checkpoints" / "latest.safetensors").unlink()
        (source / "checkpoints" / "latest.safetensors").write_bytes(b"later")

    monkeypatch.setattr(copies, "_copy_database", goes_on)
    if packed:
        copies.pack(recorded, tmp_path / "run.zip")
        made, _ = copies.unpack(tmp_path / "run.zip", tmp_path / "elsewhere" / "runs")
    else:
        made = copies.copy(recorded, runs, name="second")
    assert (made / "checkpoints" / "latest.safetensors").read_bytes() == b"latest"


def test_a_copy_is_a_run_of_its_own(recorded: Path, runs: Path) -> None:
    made = copies.copy(recorded, runs, name="second")
    run, first = catalog.open_run(made), catalog.open_run(recorded)
    assert (run.name, run.state, run.step, run.pid) == ("second", "stopped", 500, None)
    assert run.id == made.name != first.id
    losses, events = told(recorded)
    assert told(made) == (losses, [*events, f"forked from first ({first.id}) at step 500"])
    assert (run.descent, first.descent) == (f"forked from {first.id} at step 500", "")
    assert sorted(path.name for path in (made / "checkpoints").iterdir()) == [
        "000000000000.safetensors",
        "latest.safetensors",
    ]
    assert private(made)
    with closing(Reader(made)) as reader:
        assert [command.status for command in reader.commands()] == ["refused"]
    with closing(Reader(recorded)) as reader:
        assert [command.status for command in reader.commands()] == ["waiting"]


def test_a_run_is_carried_to_another_machine(recorded: Path, tmp_path: Path) -> None:
    copies.pack(recorded, tmp_path / "run.zip")
    assert [path.name for path in tmp_path.glob("*run.zip*")] == ["run.zip"]
    made, run = copies.unpack(tmp_path / "run.zip", tmp_path / "elsewhere" / "runs")
    assert (run.id, run.name, run.state, run.step) == (recorded.name, "first", "stopped", 500)
    assert told(made) == told(recorded)
    assert (made / "checkpoints" / "latest.safetensors").read_bytes() == b"latest"
    assert private(made)


def test_what_was_laid_beside_an_export_is_left_alone(recorded: Path, tmp_path: Path) -> None:
    """Somebody else may write where it is written, and lay a link where a draft could be foreseen."""
    (tmp_path / "mine").write_text("kept")
    shared = tmp_path / "shared"
    shared.mkdir()
    laid = [shared / f".run.zip.{ending}" for ending in ("new", "db", f"{os.getpid()}.new")]
    for link in laid:
        link.symlink_to(tmp_path / "mine")
    copies.pack(recorded, shared / "run.zip")
    assert (tmp_path / "mine").read_text() == "kept"
    assert sorted(shared.iterdir()) == sorted([*laid, shared / "run.zip"])
    assert copies.unpack(shared / "run.zip", tmp_path / "elsewhere")[1].id == recorded.name


@pytest.mark.parametrize("whose", ["database", "file"])
def test_an_export_that_fails_leaves_nothing(
    whose: str, recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*{"database": (copies, "_copy_database"), "file": (os, "fsync")}[whose], fail)
    (tmp_path / "out").mkdir()
    with pytest.raises(OSError, match="No space left"):
        copies.pack(recorded, tmp_path / "out" / "run.zip")
    assert list((tmp_path / "out").iterdir()) == []


def test_no_run_is_written_over(recorded: Path, runs: Path, tmp_path: Path) -> None:
    copies.pack(recorded, tmp_path / "run.zip")
    with pytest.raises(RunError, match="is here already"):
        copies.unpack(tmp_path / "run.zip", runs)
    assert [path.name for path in runs.iterdir()] == [recorded.name]


def rewritten(file: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    """The same file with other entries."""
    with zipfile.ZipFile(file) as packed:
        entries, comment = {name: packed.read(name) for name in packed.namelist()}, packed.comment
    change(entries)
    other = file.with_name("other.zip")
    with zipfile.ZipFile(other, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.comment = comment
        for name, content in entries.items():
            packed.writestr(name, content)
    return other


def with_sql(statement: str) -> Callable[[dict[str, bytes]], None]:
    """Changes the database of a file."""

    def change(entries: dict[str, bytes]) -> None:
        with closing(sqlite3.connect(":memory:")) as db:
            db.deserialize(entries[DATABASE].replace(b"\x02\x02", b"\x01\x01", 1))  # memory has no write-ahead log
            db.executescript(statement)
            entries[DATABASE] = db.serialize()

    return change


def foreign(entries: dict[str, bytes]) -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE bookmarks (url)")
        entries[DATABASE] = db.serialize()


def cut(entries: dict[str, bytes]) -> None:
    entries[DATABASE] = entries[DATABASE][: len(entries[DATABASE]) // 2]


HOSTILE: dict[str, tuple[Callable[[dict[str, bytes]], object], str]] = {
    "out of the folder": (lambda entries: entries.update({"../../evil": b"x"}), "nothing that a run has"),
    "absolute": (lambda entries: entries.update({"/tmp/evil": b"x"}), "nothing that a run has"),
    "hidden": (lambda entries: entries.update({"checkpoints/.x.safetensors": b"x"}), "nothing that a run has"),
    "another kind": (lambda entries: entries.update({"checkpoints/x.pkl": b"x"}), "nothing that a run has"),
    "deeper": (lambda entries: entries.update({"checkpoints/a/x.safetensors": b"x"}), "nothing that a run has"),
    "no database": (lambda entries: entries.pop(DATABASE), "holds no run"),
    "a bomb": (lambda entries: entries.update({"checkpoints/x.safetensors": bytes(300 * 2**20)}), "which no run does"),
    "a foreign database": (foreign, "not a run of nntui"),
    "half a database": (cut, "cannot be read"),
    "a trigger": (
        with_sql("CREATE TRIGGER t AFTER UPDATE ON run BEGIN DELETE FROM events; END"),
        "its tables are not those of a run",
    ),
    "a trigger that is called much as what SQLite makes": (
        with_sql("CREATE TRIGGER sqlitexevil AFTER UPDATE ON run BEGIN DELETE FROM events; END"),
        "its tables are not those of a run",
    ),
    "a later version": (with_sql("PRAGMA user_version = 99"), "format 99"),
    "a damaged row": (with_sql("UPDATE run SET latest = '[1,2'"), "damaged"),
    "another id": (with_sql("UPDATE run SET id = '../../x'"), "another run than the file says"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_files_are_told_of_in_one_line_and_nothing_is_made(kind: str, recorded: Path, tmp_path: Path) -> None:
    copies.pack(recorded, tmp_path / "run.zip")
    change, words = HOSTILE[kind]
    other = rewritten(tmp_path / "run.zip", change)
    runs = tmp_path / "elsewhere" / "runs"
    with pytest.raises(RunError, match=words) as raised:
        copies.unpack(other, runs)
    assert "\n" not in str(raised.value)
    assert str(raised.value).startswith(str(other))
    assert [*runs.glob("*"), *runs.glob(".*")] == []
    assert not (tmp_path / "evil").exists()


def test_a_link_in_a_file_is_not_followed(recorded: Path, tmp_path: Path) -> None:
    copies.pack(recorded, tmp_path / "run.zip")
    with zipfile.ZipFile(tmp_path / "run.zip", "a") as packed:
        link = zipfile.ZipInfo("checkpoints/x.safetensors")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(link, "/etc/passwd")
    with pytest.raises(RunError, match="nothing that a run has"):
        copies.unpack(tmp_path / "run.zip", tmp_path / "runs")


def test_a_file_that_is_taken_another_way_is_not_opened(recorded: Path, tmp_path: Path) -> None:
    copies.pack(recorded, tmp_path / "run.zip")
    with zipfile.ZipFile(tmp_path / "run.zip", "a", zipfile.ZIP_LZMA) as packed:
        packed.writestr("checkpoints/x.safetensors", bytes(1000))
    with pytest.raises(RunError, match=r"x\.safetensors is packed in another way"):
        copies.unpack(tmp_path / "run.zip", tmp_path / "runs")


@pytest.mark.parametrize("part", ["anywhere", "directory"])
def test_a_bit_that_was_spoilt_makes_no_other_run(part: str, recorded: Path, tmp_path: Path) -> None:
    """The run is taken in whole, where the bit is of no account, or not at all."""
    copies.pack(recorded, tmp_path / "run.zip")
    content, chance = (tmp_path / "run.zip").read_bytes(), random.Random(8)
    first = 0 if part == "anywhere" else content.index(b"PK\1\2")
    file, runs, words = tmp_path / "spoilt.zip", tmp_path / "elsewhere" / "runs", list[str]()
    for _ in range(60):
        spoilt = bytearray(content)
        spoilt[chance.randrange(first, len(content))] ^= 1 << chance.randrange(8)
        file.write_bytes(spoilt)
        try:
            made, run = copies.unpack(file, runs)
        except RunError as error:
            words.append(str(error))
        else:
            assert (run.id, run.name, run.state, run.step) == (recorded.name, "first", "stopped", 500)
            assert told(made) == told(recorded)
            weights = {path.read_bytes() for path in (made / "checkpoints").iterdir()}
            assert weights == {b"000000000000", b"latest"}
            shutil.rmtree(made)
        assert [*runs.glob("*"), *runs.glob(".*")] == []
    assert len(words) > 20
    assert {(told.startswith(f"{file}: "), len(told.splitlines())) for told in words} == {(True, 1)}


def test_packed_bytes_that_mean_nothing_are_told_of(recorded: Path, tmp_path: Path) -> None:
    file = tmp_path / "run.zip"
    copies.pack(recorded, file)
    content = bytearray(file.read_bytes())
    content[30 + len("config.toml")] |= 0b110  # a kind of block that there is not
    file.write_bytes(content)
    with pytest.raises(RunError, match=r"run\.zip: cannot be read: Error -3 while decompressing data"):
        copies.unpack(file, tmp_path / "runs")
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_directory_that_lies_elsewhere_than_it_says_is_told_of(recorded: Path, tmp_path: Path) -> None:
    copies.pack(recorded, tmp_path / "run.zip")
    content = bytearray((tmp_path / "run.zip").read_bytes())
    content[content.rindex(b"PK\5\6") + 17] ^= 0x40  # of the directory's offset
    (tmp_path / "run.zip").write_bytes(content)
    with pytest.raises(RunError, match=r"run\.zip: cannot be read") as raised:
        copies.unpack(tmp_path / "run.zip", tmp_path / "runs")
    assert "NNTUI_HOME" not in str(raised.value)


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip" * 100])
def test_what_is_no_zip_file_is_told_of(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "run.zip").write_bytes(content)
    with pytest.raises(RunError, match="cannot be read"):
        copies.unpack(tmp_path / "run.zip", tmp_path / "runs")
    with pytest.raises(RunError, match="No such file"):
        copies.unpack(tmp_path / "none.zip", tmp_path / "runs")
