"""All the runs under one folder: listed newest first, found by id, the beginning of one, name, or ``latest``."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from nntui.errors import closest
from nntui.store import room, soundness
from nntui.store.records import UNREADABLE, LayerRecord, RunRecord
from nntui.store.schema import CONFIG, DATABASE, RunError, connect_reader, readable

#: A run that was made but whose trainer has not yet said its process id is given so long to appear.
START_SECONDS = 20.0
#: Without a heartbeat for so long, a run of another machine is taken for crashed.
SILENT_SECONDS = 60.0

#: The reason told of a run whose trainer could not record one.
VANISHED = "the trainer ended without a word"

_NAMES = tuple(f.name for f in fields(RunRecord) if f.name != "waits_for_room")
_COLUMNS = ", ".join(_NAMES)


def read_run(db: sqlite3.Connection, folder: Path) -> RunRecord:
    """The own row of the run in a folder. A live state whose trainer is gone is told as ``crashed``."""
    *row, pid_started = db.execute(f"SELECT {_COLUMNS}, pid_started FROM run").fetchone()
    values = dict(zip(_NAMES, row, strict=True))
    values.update({name: json.loads(values[name]) for name in ("latest", "config", "data")})
    layers = tuple(LayerRecord(**layer) for layer in json.loads(values.pop("layers")))
    if values["archived"] in (0, 1):
        values["archived"] = bool(values["archived"])
    run = RunRecord(**values, layers=layers)
    soundness.check(run)
    if run.live and not _trainer_alive(run, pid_started):
        doing = f" while {run.reason}" if run.reason else ""
        return replace(run, state="crashed", reason=VANISHED + doing)
    return replace(run, waits_for_room=True) if run.live and room.lacks(folder) else run


def _trainer_alive(run: RunRecord, pid_started: float | None) -> bool:
    silence = time.time() - run.heartbeat
    if not run.is_here:
        return silence < SILENT_SECONDS
    if run.pid is None:
        return silence < START_SECONDS
    from nntui.processes import lives

    return lives(run.pid, pid_started)


def list_runs(runs: Path, most: int | None = None) -> list[tuple[Path, RunRecord]]:
    """Every run and its folder, newest first, damaged ones as :func:`listed`; folders that hold none are passed over.

    With ``most``, only so many folders are opened, those made last.
    """
    opened = ((folder, listed(folder)) for folder in newest_folders(runs, most))
    found = [(folder, run) for folder, run in opened if run is not None]
    return sorted(found, key=lambda pair: (pair[1].created, pair[1].id), reverse=True)


def newest_folders(runs: Path, most: int | None = None) -> list[Path]:
    """The folders that may be runs, in any order; with ``most``, only so many, those made last."""
    folders = _folders(runs)
    if most is not None and len(folders) > most:
        folders = sorted(folders, key=_made, reverse=True)[:most]
    return folders


def _folders(runs: Path) -> list[Path]:
    """Everything that may be a run; a name that begins with a dot is of one that is being made or removed."""
    try:
        place = next((place for place in (runs, *runs.parents) if place.exists()), runs)
        if place.exists() and not place.is_dir():
            raise RunError(f"{place}: is no folder, so it can hold no runs; NNTUI_HOME names another")
        return [folder for folder in runs.iterdir() if not folder.name.startswith(".")] if place == runs else []
    except OSError as error:
        raise RunError(f"{runs}: cannot be read: {error.strerror or error}") from None


def _made(folder: Path) -> float:
    """When a folder was made, near enough: its configuration is written once."""
    try:
        return (folder / CONFIG).stat().st_mtime
    except OSError:
        return 0.0


def open_run(folder: Path) -> RunRecord:
    """The row of the run in a folder. Raises RunError when it cannot be read."""
    db = connect_reader(folder)
    try:
        with readable(folder / DATABASE):
            return read_run(db, folder)
    finally:
        db.close()


def listed(folder: Path) -> RunRecord | None:
    """The row of the run in a folder; of one that cannot be read, what is known without; None where there is no run."""
    try:
        return open_run(folder)
    except RunError as error:
        reason = str(error)
    made = _made(folder)
    if not made:
        return None
    config = first_config(folder)
    return RunRecord(
        id=folder.name,
        name=str(config.get("title", "")) or folder.name,
        preset="",
        title="",
        state=UNREADABLE,
        reason=reason,
        created=made,
        heartbeat=made,
        pid=None,
        host="",
        step=0,
        epoch=0,
        progress=0.0,
        steps_left=0,
        steps_per_s=0.0,
        elapsed=0.0,
        config=config,
    )


def first_config(folder: Path) -> dict[str, Any]:
    """The configuration with which the run in a folder began, before anybody turned a knob; empty where it is lost."""
    import tomllib

    try:
        found = tomllib.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if soundness.has_sections(found) else {}


def find_run(runs: Path, wanted: str = "latest") -> tuple[Path, RunRecord]:
    """The run meant by an id, a unique beginning of one, a name, or ``latest``. Raises RunError.

    A whole id wins over a name, a name over a beginning; of several runs of one name the newest is meant. The latest is
    one that is listed: not archived, unless all are. One that cannot be read is not the latest, and raises RunError
    with the reason.
    """
    folder, run = find_listed(runs, wanted)
    return folder, open_run(folder) if run.state == UNREADABLE else run


def find_listed(runs: Path, wanted: str, *, alone: bool = False) -> tuple[Path, RunRecord]:
    """The same, also of a run that cannot be read: it is told as :func:`listed`.

    Where it has to be ``alone``, a name that several runs have means none of them.
    """
    for folder in _folders(runs):
        if folder.name == wanted:
            return folder, listed(folder) or open_run(folder)
    return meant(runs, list_runs(runs), wanted, alone=alone)


def meant(
    runs: Path, known: Sequence[tuple[Path, RunRecord]], wanted: str, *, alone: bool = False
) -> tuple[Path, RunRecord]:
    """The same, of the runs that are ``known`` to be there, newest first."""
    if not known:
        raise RunError(f"no runs in {runs}; nntui train PRESET makes one")
    if wanted == "latest":
        readable = [pair for pair in known if pair[1].state != UNREADABLE]
        return next((pair for pair in readable if not pair[1].archived), [*readable, *known][0])
    called = [pair for pair in known if pair[0].name == wanted] or [pair for pair in known if pair[1].name == wanted]
    if alone and len(called) > 1:
        ids = ", ".join(run.id for _, run in called[:8])
        raise RunError(f"{wanted!r} is the name of {len(called)} runs: {ids}; say which by its id")
    if called:
        return called[0]
    beginning = [pair for pair in known if wanted and pair[1].id.startswith(wanted)]
    if len(beginning) == 1:
        return beginning[0]
    shown = repr(wanted if len(wanted) <= 60 else wanted[:57] + "...")
    if beginning:
        raise RunError(f"{shown} begins several runs: {', '.join(run.id for _, run in beginning[:8])}")
    names: list[Any] = [text for _, run in known for text in (run.id, run.name)]
    raise RunError(f"no run {shown}{closest(wanted, names)}; nntui runs lists them")
