"""``nntui fork``: a run of its own that goes on from a step of another one."""

from __future__ import annotations

from typing import Annotated

import typer

from nntui.cli import steer
from nntui.cli.output import FAILED, has_terminal
from nntui.cli.runs import Run
from nntui.cli.train import Settings, check_name
from nntui.errors import UserError


def fork(
    run: Run,
    at: Annotated[
        int | None, typer.Option(metavar="STEP", help="The step to go on from; else the newest.", min=0)
    ] = None,
    settings: Settings = None,
    name: Annotated[str | None, typer.Option(help="A name for the new run.", metavar="N")] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Print the new run's id and return at once.")] = False,
) -> int:
    """Make a run that goes on from any step of another one, with other knobs.

    The other run is not disturbed, and all that was recorded of it up to that step belongs to the new one, too. Only
    knobs that can change while a network trains can be set. Where there is a terminal, the dashboard opens.
    """
    from nntui import launch, paths
    from nntui.store import catalog

    place, record = catalog.find_run(paths.runs_dir(), run)
    if at is not None and at > record.step:
        raise UserError(f"--at {at}: run {record.id} is at step {record.step}; must not be later")
    if record.state == "diverged" and at in (None, record.step):
        raise UserError(f"run {record.id} diverged at step {record.step}; --at STEP goes on from before it")
    check_name(name)
    wanted = steer.check(record, settings or [])
    steer.check_data(place, record)
    made, numbers, _ = launch.fork_run(
        place,
        name=name or f"{record.name} fork"[:100],
        at=at,
        changes=[(knob.key, knob.show(value)) for knob, value in wanted],
    )
    if detach:
        typer.echo(made.name)
        return 0
    code = steer.report(made, catalog.open_run(made), numbers)
    if code == FAILED or not has_terminal():
        return code
    from nntui.cli import screen
    from nntui.tui.app import open_dashboard

    return open_dashboard(made, screen.wanted(None, None, None, slow=False))
