"""What there is, and what is said of a run: ``nntui runs``, ``show``, ``rename``, ``note``, ``rm`` and others."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nntui.cli.output import age, line_of_json, memory, number, table, talk
from nntui.errors import UserError, closest
from nntui.text import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nntui.store.records import RunRecord

    #: A run's folder, what it is, and how many bytes it takes.
    Found = tuple[Path, RunRecord, int]

#: The most characters of a note.
MOST_NOTE = 1000

Run = Annotated[str, typer.Argument(metavar="RUN", help="Id, beginning of an id, name, or latest.")]


def list_runs(
    terms: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TERM...]", help="Such as xor, state=running, 'loss<0.1' or 'age<2d'; all must hold."),
    ] = None,
    sort: Annotated[
        str | None, typer.Option(metavar="FIGURE", help="Sort by loss, val_loss, accuracy, steps, time, size ...")
    ] = None,
    archived: Annotated[bool, typer.Option("--all", help="Also those that were archived.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON list of objects.")] = False,
) -> None:
    """List runs, newest first.

    --json gives id, name, preset, title, note, state, reason, step, epoch, progress, loss, val_loss, accuracy,
    val_accuracy (r2 and val_r2 of a regression), pid, host, waits_for_room, archived, created (seconds since 1970),
    size (bytes) and folder of each.
    """
    from nntui import paths, runfilter
    from nntui.store import catalog, folder
    from nntui.store.records import UNREADABLE

    now = time.time()
    chosen = runfilter.parse(" ".join(terms or []))
    known = catalog.list_runs(paths.runs_dir())
    found = [
        (place, run, folder.size(place))
        for place, run in known
        if (archived or not run.archived) and chosen.matches(run, now)
    ]
    if sort is not None:
        found.sort(key=_order(sort, now))
    if as_json:
        typer.echo(line_of_json([_object(*one) for one in found]))
    elif not found:
        talk(_none(known))
    else:
        typer.echo(_table(found, now))
        for _, run, _ in found:
            if run.state == UNREADABLE:
                talk(run.reason)
            elif run.waits_for_room:
                talk(f"{run.id} waits: {run.why}")


def _object(place: Path, run: RunRecord, size: int) -> dict[str, Any]:
    names = ("id", "name", "preset", "title", "note", "state", "reason", "step", "epoch", "progress", "pid", "host")
    told = {name: getattr(run, name) for name in (*names, "waits_for_room", "archived", "created")}
    return told | run.figures | {"size": size, "folder": str(place)}


def _table(found: Sequence[Found], now: float) -> str:
    columns: dict[str, list[str]] = {
        name: [] for name in ("id", "name", "state", "step", "loss", "size", "age", "note")
    }
    for _, run, size in found:
        figures = (f"{run.step:,}", number(run.latest.get("loss")), memory(size), age(now - run.created))
        cells = (run.id, run.name[:40], run.standing, *figures, run.note.partition("\n")[0][:40])
        for column, cell in zip(columns.values(), cells, strict=True):
            column.append(cell)
    if not any(columns["note"]):
        del columns["note"]
    return table(list(columns), list(zip(*columns.values(), strict=True)), right="step loss size age")


def _none(known: Sequence[tuple[Path, RunRecord]]) -> str:
    """Why nothing is listed."""
    if not known:
        return "no runs yet; nntui train PRESET makes one, nntui presets lists the presets"
    return f"none of {len(known):,} runs; archived ones are listed by nntui runs --all"


def _order(figure: str, now: float) -> Callable[[Found], tuple[bool, float]]:
    """Sorts by a figure, the best or the least first; runs without it come last. Raises UserError."""
    from nntui import comparison, runfilter

    names = (*runfilter.NUMBERS, "size")
    if figure not in names:
        raise UserError(f"--sort {figure}: must be one of {', '.join(names)}{closest(figure, names)}")

    def key(found: Found) -> tuple[bool, float]:
        _, run, size = found
        return comparison.rank(figure, float(size) if figure == "size" else runfilter.figure(run, figure, now))

    return key


def rename(
    run: Run, name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called from now on.")]
) -> None:
    """Give a run another name."""
    from nntui import launch

    if fault := launch.name_fault(name):
        raise UserError(f"NAME: {fault}")
    _label(run, name=name)


def note(
    run: Run, text: Annotated[str, typer.Argument(metavar="[TEXT]", help="Without one, the note is taken away.")] = ""
) -> None:
    """Write a note about a run, which is listed with it."""
    if len(text) > MOST_NOTE:
        raise UserError(f"TEXT: {len(text):,} characters; must be at most {MOST_NOTE:,}")
    _label(run, note=text)


def archive(
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Ids, beginnings of ids, names, or latest.")],
    undo: Annotated[bool, typer.Option("--undo", help="List them again.")] = False,
) -> None:
    """Keep runs, but list them no more."""
    from nntui import paths
    from nntui.store import catalog, folder

    found = [catalog.find_run(paths.runs_dir(), run) for run in runs]  # all, before the first is changed
    for place, _ in found:
        folder.label(place, archived=not undo)


def _label(wanted: str, **labels: str | bool) -> None:
    from nntui import paths
    from nntui.store import catalog, folder

    place, _ = catalog.find_run(paths.runs_dir(), wanted)
    folder.label(place, **labels)


def show(run: Run) -> None:
    """Print the report of a run, with charts and tables.

    Configuration, layers, last values, changes, curves, and the worst predictions.
    """
    from nntui import paths
    from nntui.cli.report import report
    from nntui.store import catalog

    typer.echo(report(*catalog.find_run(paths.runs_dir(), run)))


def remove(
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Ids, beginnings of ids, names, or latest.")],
    force: Annotated[
        bool, typer.Option("--force", help="Also runs that are training: they are stopped first.")
    ] = False,
) -> None:
    """Delete runs with everything recorded in them."""
    from nntui import ending, paths
    from nntui.store import catalog

    meant = [catalog.find_listed(paths.runs_dir(), wanted, alone=True) for wanted in runs]
    found = {run.id: (place, run) for place, run in meant}
    for _, run in found.values():
        if run.live and not force:
            raise UserError(f"run {run.id} is {run.state}; nntui stop {run.id} ends it, --force stops and removes it")
    for place, run in found.values():
        ending.remove(place)
        talk(f"removed {run.id} ({run.name})")


def presets(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Print this preset's TOML.")] = None,
) -> None:
    """List the presets, or print one as a TOML file to start from."""
    from nntui import presets as library

    if name is not None:
        preset = library.find(name)
        preset.load()
        typer.echo("\n".join(map(_plain_line, preset.path.read_text(encoding="utf-8").splitlines())))
        return
    rows = []
    for preset in library.available().values():
        try:
            rows.append((preset.name, preset.load().title))
        except UserError as error:
            talk(f"nntui: {error}")
    typer.echo(table(("name", "title"), rows))


def _plain_line(line: str) -> str:
    return "\t".join(map(plain, line.split("\t")))


def paths() -> None:
    """Print where runs, presets and settings live.

    NNTUI_HOME moves them all.
    """
    from nntui import paths as places
    from nntui import settings

    rows = [
        ("runs", str(places.runs_dir())),
        ("own presets", str(places.user_presets_dir())),
        ("bundled presets", str(places.bundled_presets_dir())),
        ("settings", str(settings.settings_path())),
    ]
    typer.echo(table(("what", "folder"), rows))
