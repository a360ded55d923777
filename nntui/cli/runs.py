"""``nntui runs``, ``show``, ``rm``, ``presets`` and ``paths``: what there is."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from nntui.cli.output import age, line_of_json, number, table, talk
from nntui.errors import UserError
from nntui.text import plain

Run = Annotated[str, typer.Argument(metavar="RUN", help="Id, beginning of an id, name, or latest.")]


def list_runs(as_json: Annotated[bool, typer.Option("--json", help="A JSON list of objects.")] = False) -> None:
    """List all runs, newest first.

    --json gives id, name, preset, title, state, reason, step, epoch, progress, loss, val_loss, accuracy,
    val_accuracy (r2 and val_r2 of a regression), pid, host, created (seconds since 1970) and folder of each.
    """
    from nntui import paths
    from nntui.store import catalog
    from nntui.store.records import UNREADABLE

    found = catalog.list_runs(paths.runs_dir())
    if as_json:
        fields = ("id", "name", "preset", "title", "state", "reason", "step", "epoch", "progress", "pid", "host")
        objects = [
            {name: getattr(run, name) for name in (*fields, "created")} | run.figures | {"folder": str(folder)}
            for folder, run in found
        ]
        typer.echo(line_of_json(objects))
        return
    if not found:
        talk("no runs yet; nntui train PRESET makes one, nntui presets lists the presets")
        return
    now = time.time()
    rows = [
        (run.id, run.name[:40], run.state, f"{run.step:,}", number(run.latest.get("loss")), age(now - run.created))
        for _, run in found
    ]
    typer.echo(table(("id", "name", "state", "step", "loss", "age"), rows, right="step loss age"))
    for _, run in found:
        if run.state == UNREADABLE:
            talk(run.reason)


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

    found = {run.id: (place, run) for place, run in (catalog.find_listed(paths.runs_dir(), wanted) for wanted in runs)}
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
