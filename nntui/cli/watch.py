"""``nntui watch``: shows a run that is training, or one that has ended."""

from __future__ import annotations

from typing import Annotated

import typer

from nntui.cli import screen
from nntui.cli.output import has_terminal


def watch(
    run: Annotated[str, typer.Argument(metavar="[RUN]", help="Id, beginning of an id, name, or latest.")] = "latest",
    slow: screen.Slow = False,
    budget: screen.BytesPerSecond = None,
    theme: screen.Theme = None,
    marker: screen.Marker = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Only look: no key steers the run.")] = False,
) -> int:
    """Open the dashboard of a run.

    Where stdout is no terminal, the run is followed line by line until it ends.

    Leaving, also by Ctrl-C, leaves the run training.
    """
    from nntui import paths
    from nntui.store import catalog

    run_folder, _ = catalog.find_run(paths.runs_dir(), run)
    if has_terminal():
        own = screen.wanted(theme, marker, budget, slow=slow)
        from nntui.tui.app import open_dashboard

        return open_dashboard(run_folder, own, read_only=read_only)
    from nntui.cli import follow

    return follow.exit_code(run_folder, follow.follow(run_folder, follow.PlainReporter(run_folder)))
