"""``nntui set``, ``pause``, ``resume``, ``step`` and ``stop``: a command to a live run, and its trainer's answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nntui.cli.output import FAILED, talk
from nntui.cli.runs import Run
from nntui.errors import UserError
from nntui.text import plain

if TYPE_CHECKING:
    from nntui.knob import Knob, Value
    from nntui.store.records import Command, RunRecord

#: Most single steps that can be asked for at once.
MOST_STEPS = 1_000_000


def turn(
    run: Run,
    settings: Annotated[list[str], typer.Argument(metavar="KEY=VALUE...", help="Such as lr=0.1 or momentum=0.95.")],
) -> int:
    """Change hyperparameters of a run while it trains.

    Weights and optimizer state stay. All of them are checked before the first is sent.
    """
    from nntui.store import commands

    place, record = _live(run)
    wanted = _check(record, settings)
    sent = [(knob, commands.append(place, "set", knob.key, knob.show(value))) for knob, value in wanted]
    code = 0
    for knob, number in sent:
        answer = _answer(place, record, number)
        if answer is None:
            return FAILED
        if answer.status == "applied":
            typer.echo(plain(f"{knob.name} {answer.answer} at step {answer.step}"))
        else:
            code = _refused(answer)
    return code


def _check(run: RunRecord, settings: list[str]) -> list[tuple[Knob, Value]]:
    """The knobs and their new values. Raises ConfigError for the first that cannot be had."""
    from nntui import config
    from nntui.knobs import KNOBS, parse_setting

    settled = config.from_dict(run.config)
    wanted = []
    for setting in settings:
        key, value = parse_setting(setting)
        knob = KNOBS[key]
        if not knob.live:
            live = ", ".join(other.name for other in KNOBS.values() if other.live)
            raise UserError(f"{key} cannot change while the network trains; these can: {live}")
        settled = settled.with_value(key, value)
        wanted.append((knob, value))
    return wanted


def pause(run: Run) -> int:
    """Hold a run until it is resumed."""
    return _ask(run, "pause")


def resume(run: Run) -> int:
    """Let a paused run go on."""
    return _ask(run, "resume")


def step(run: Run, count: Annotated[int, typer.Argument(metavar="[N]", help="How many.")] = 1) -> int:
    """Train single steps, then hold."""
    if not 1 <= count <= MOST_STEPS:
        raise UserError(f"step {count}: must be a whole number from 1 to {MOST_STEPS}")
    return _ask(run, "step", str(count))


def stop(run: Run) -> int:
    """End a run in good order, with a last checkpoint."""
    return _ask(run, "stop")


def _ask(run: str, kind: str, value: str = "") -> int:
    from nntui import ending
    from nntui.store import commands

    place, record = _live(run)
    answer = _answer(place, record, commands.append(place, kind, value=value))
    if answer is None:
        return FAILED
    if answer.status != "applied":
        return _refused(answer)
    if kind == "stop":
        ending.wait_for_exit(record)
    done = {"pause": "paused at", "resume": "goes on from", "step": f"{value} single from", "stop": "stopped at"}
    typer.echo(f"{done[kind]} step {answer.step}")
    return 0


def _live(wanted: str) -> tuple[Path, RunRecord]:
    """The run, if a trainer owns it. Raises RunError."""
    from nntui import paths
    from nntui.store import catalog

    place, run = catalog.find_run(paths.runs_dir(), wanted)
    if not run.live:
        raise UserError(f"run {run.id} {_ended(run.state)} at step {run.step}; only a live run can be steered")
    return place, run


def _ended(state: str) -> str:
    return {"stopped": "was stopped"}.get(state, f"has {state}")


def _answer(place: Path, run: RunRecord, number: int) -> Command | None:
    """The trainer's answer; None, and why on stderr, when there is none."""
    from nntui.store import catalog, commands

    answer = commands.wait(place, number, alive=lambda: catalog.open_run(place).live)
    if answer is None:
        now = catalog.open_run(place)
        talk(f"nntui: run {run.id} did not answer; it is {now.state} at step {now.step}")
    return answer


def _refused(answer: Command) -> int:
    talk(f"nntui: refused at step {answer.step}: {answer.answer}")
    return FAILED
