"""``nntui screenshot``: the dashboard of a run as a picture in a file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from nntui.cli import screen
from nntui.cli.output import talk, write_file
from nntui.cli.runs import Run
from nntui.errors import UserError

#: The least and the most columns and lines of a picture.
LEAST, MOST = (20, 8), (500, 200)


def screenshot(
    run: Run,
    file: Annotated[Path, typer.Argument(metavar="FILE.svg", help="Where to write the picture.")],
    size: Annotated[str, typer.Option(metavar="CxL", help="Columns and lines, from 20x8 to 500x200.")] = "120x40",
    at: Annotated[int | None, typer.Option(metavar="STEP", help="The run as it stood at an earlier step.")] = None,
    theme: screen.Theme = None,
    marker: screen.Marker = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is already there.")] = False,
) -> None:
    """Write the dashboard of a run as a picture (.svg).

    With --at, curves, events, knobs and figures are those of that step. Predictions, weights and the plane are made
    again from the nearest checkpoint, to the bit; where that cannot be, predictions are the newest, and it says so.

    From within the dashboard, the palette (Ctrl-P) does the same with the screen as it is.
    """
    from nntui import paths
    from nntui.store import catalog
    from nntui.store.schema import FOREVER

    if file.suffix.lower() != ".svg":
        found = f"ends in {file.suffix!r}" if file.suffix else "has no ending"
        raise UserError(f"{file}: {found}; must be .svg, which a browser shows and cairosvg turns into PNG")
    cells = _cells(size)
    place, record = catalog.find_run(paths.runs_dir(), run)
    if at is not None and not 0 <= at <= record.step:
        raise UserError(f"--at {at}: must be a step of the run, which has made {record.step}")
    if file.exists() and not force:
        raise UserError(f"{file}: is already there; --force replaces it")
    own = screen.wanted(theme, marker, None, slow=False)
    from nntui.tui import still

    drawn = still.take(place, record, cells, FOREVER if at is None else at, own)
    write_file(file, drawn.encode("utf-8"))
    talk(f"wrote {file}")


def _cells(size: str) -> tuple[int, int]:
    """Columns and lines. Raises UserError."""
    found = re.fullmatch(r"([0-9]{1,6})[x×]([0-9]{1,6})", size)
    cells = (int(found[1]), int(found[2])) if found else (0, 0)
    if not all(least <= cell <= most for least, cell, most in zip(LEAST, cells, MOST, strict=True)):
        shown = repr(size if len(size) <= 40 else size[:37] + "...")
        raise UserError(f"--size {shown}: must be columns and lines from 20x8 to 500x200, such as 120x40")
    return cells
