"""``nntui compare``: several runs in one table, with what makes them differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from nntui.cli.output import duration, line_of_json, number, table
from nntui.errors import UserError, closest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nntui.comparison import Final
    from nntui.store.records import RunRecord

#: What the tables can be sorted by besides metrics.
_COUNTS = ("steps", "time")


def compare(
    runs: Annotated[
        list[str],
        typer.Argument(metavar="RUN...", help="Ids, names, patterns such as 'xor*', terms such as 'loss<0.1'."),
    ],
    sort: Annotated[
        str | None, typer.Option(metavar="METRIC", help="The best first: loss, val_loss ...; steps or time: the least.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON object.")] = False,
) -> None:
    """Print runs beside each other: last values, and the knobs that are not the same in all.

    * marks the best of a column. Where runs differ only in their seed, a second table has mean and standard deviation
    of them. Knobs are told as they are now, or were at the end.

    --json gives runs (id, name, state, step, elapsed, note, metrics, differs: the knobs by name) and groups (runs: ids,
    metrics: mean, std and n of each).
    """
    from nntui import comparison, paths, selection

    found = [run for _, run in selection.selected(paths.runs_dir(), runs)]
    names = comparison.metrics(found)
    if sort is not None and sort not in (*names, *_COUNTS):
        allowed = (*names, *_COUNTS)
        raise UserError(f"--sort {sort}: must be one of {', '.join(allowed)}{closest(sort, allowed)}")
    found.sort(key=lambda run: _rank([run], sort))
    together = [[found[place] for place in group] for group in comparison.groups(found)]
    together.sort(key=lambda group: _rank(group, sort))
    if as_json:
        typer.echo(line_of_json({"runs": _runs(found), "groups": [_group(group, names) for group in together]}))
        return
    typer.echo(_table_of_runs(found, names))
    if len(together) < len(found):
        typer.echo("")
        typer.echo(_table_of_groups(together, names))


def _rank(runs: Sequence[RunRecord], sort: str | None) -> tuple[bool, float]:
    """Where one run stands, or several that differ only in their seed; as they came where nothing is asked."""
    from nntui import comparison

    if sort is None:
        return False, 0.0
    if sort in _COUNTS:
        return False, max(float(run.step) if sort == "steps" else run.elapsed for run in runs)
    found = comparison.final(runs, sort)
    return comparison.rank(sort, found.mean if found else None)


def _runs(found: Sequence[RunRecord]) -> list[dict[str, Any]]:
    from nntui import comparison

    differs = comparison.differences(found)
    return [
        {name: getattr(run, name) for name in ("id", "name", "state", "step", "elapsed", "note")}
        | {"metrics": {name: run.latest.get(name) for name in comparison.metrics(found)}}
        | {"differs": {name: values[place] for name, values in differs.items()}}
        for place, run in enumerate(found)
    ]


def _group(runs: Sequence[RunRecord], names: Sequence[str]) -> dict[str, Any]:
    from nntui import comparison

    finals = {name: comparison.final(runs, name) for name in names}
    told = {name: {"mean": one.mean, "std": one.spread, "n": one.n} if one else None for name, one in finals.items()}
    return {"runs": [run.id for run in runs], "metrics": told}


def _table_of_runs(found: Sequence[RunRecord], names: Sequence[str]) -> str:
    from nntui import comparison

    columns: dict[str, list[str]] = {
        "id": [run.id for run in found],
        "name": [run.name[:40] for run in found],
        "state": [run.standing for run in found],
    }
    for name in names:
        columns[name] = _marked(name, [comparison.final([run], name) for run in found])
    columns |= comparison.differences(found)
    columns["steps"] = [f"{run.step:,}" for run in found]
    columns["time"] = [duration(run.elapsed) for run in found]
    notes = [run.note.partition("\n")[0][:40] for run in found]
    columns |= {"note": notes} if any(notes) else {}
    right = " ".join(name for name in columns if name not in ("id", "name", "state", "note"))
    return table(list(columns), list(zip(*columns.values(), strict=True)), right=right)


def _table_of_groups(together: Sequence[Sequence[RunRecord]], names: Sequence[str]) -> str:
    """A line for the runs of each configuration, whatever their seed."""
    from nntui import comparison

    columns = {
        "runs": [" ".join(run.id for run in group) for group in together],
        "name": [group[0].name[:40] for group in together],
        "n": [str(len(group)) for group in together],
    }
    for name in names:
        columns[name] = _marked(name, [comparison.final(group, name) for group in together])
    differs = comparison.differences([group[0] for group in together])
    columns |= {name: values for name, values in differs.items() if name != comparison.SEED.rpartition(".")[2]}
    right = " ".join(name for name in columns if name not in ("runs", "name"))
    return table(list(columns), list(zip(*columns.values(), strict=True)), right=right)


def _marked(metric: str, finals: Sequence[Final | None]) -> list[str]:
    """The cells of a metric: the best has a star; how far several runs spread, and how many of them have no number."""
    from nntui import comparison

    best = comparison.best(metric, [one.mean if one else None for one in finals])
    cells = []
    for one in finals:
        text = number(one.mean) if one else "-"
        if one is not None and one.spread is not None:
            text += f" ± {one.spread:.2g}"
        if one is not None and 0 < one.n < one.runs:
            text += f" ({one.n} of {one.runs})"
        cells.append(f"{text}{'*' if one is not None and one.mean == best else ' '}")
    return cells
