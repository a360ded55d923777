"""What is asked of a run, by ``nntui set``, ``pause``, ``resume``, ``rewind`` and so on, and its trainer's answer."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nntui.cli.output import FAILED, has_terminal, talk
from nntui.cli.runs import Run
from nntui.cli.train import Settings, end_settings
from nntui.errors import UserError
from nntui.text import plain

if TYPE_CHECKING:
    from nntui.knob import Knob, Value
    from nntui.store.records import Command, RunRecord

#: Most single steps that can be asked for at once.
MOST_STEPS = 1_000_000
#: Nobody waits for a trainer that has said nothing for so long.
SILENT_SECONDS = 30.0


def turn(
    run: Run,
    settings: Annotated[list[str], typer.Argument(metavar="KEY=VALUE...", help="Such as lr=0.1 or momentum=0.95.")],
) -> int:
    """Change hyperparameters of a run while it trains.

    Weights and optimizer state stay. All of them are checked before the first is sent.
    """
    place, record = _live(run)
    return _turn(place, record, check(record, settings))


def _turn(place: Path, record: RunRecord, wanted: Sequence[tuple[Knob, Value]]) -> int:
    """Sends all, then waits for the answers; returns the exit code."""
    from nntui.store import commands

    sent = [commands.append(place, "set", knob.key, knob.show(value)) for knob, value in wanted]
    return report(place, record, sent)


def check(run: RunRecord, settings: list[str]) -> list[tuple[Knob, Value]]:
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


def resume(
    run: Run,
    epochs: Annotated[int | None, typer.Option(help="End after so many epochs.", metavar="N")] = None,
    steps: Annotated[int | None, typer.Option(help="End after so many steps.", metavar="N")] = None,
    settings: Settings = None,
    detach: Annotated[bool, typer.Option("--detach", help="Return at once, also where there is a terminal.")] = False,
) -> int:
    """Let a run go on: one that is paused, or one that was stopped, has crashed or has finished.

    It goes on from the step where it was, as if it had never stopped. One that has finished ends again at once, unless
    it gets more --epochs or --steps. Where there is a terminal, the dashboard opens.
    """
    place, record = _resumable(run)
    wanted = [
        (knob, value)
        for knob, value in check(record, end_settings(epochs, steps) + (settings or []))
        if knob.show(value) != _now(record, knob)
    ]
    if not record.live:
        _check_end(record, wanted)
        check_data(place, record)
    code = (_resume_live if record.live else _start_again)(place, record, wanted)
    if code or detach or not has_terminal():
        return code
    from nntui.cli import screen
    from nntui.tui.app import open_dashboard

    return open_dashboard(place, screen.wanted(None, None, None, slow=False))


def _check_end(run: RunRecord, wanted: Sequence[tuple[Knob, Value]]) -> None:
    """Raises UserError where a run that has ended is to end at a step or epoch that it has passed."""
    from nntui import config

    settled = config.from_dict(run.config)
    for knob, value in wanted:
        settled = settled.with_value(knob.key, value)
    steps, epochs = settled.training.steps, settled.training.epochs
    name, end, done = ("steps", steps, run.step) if steps else ("epochs", epochs, run.epoch)
    if end <= done and any(knob.name == name for knob, _ in wanted):
        raise UserError(f"--{name} {end}: run {run.id} has trained {done} {name} already; must be more than {done}")


def check_data(place: Path, run: RunRecord) -> None:
    """Raises UserError where the data of a run cannot be read, or are others than it has learned from."""
    from nntui import config
    from nntui.trainer import recall
    from nntui.trainer.problem import make_problem

    recall.check_data(place, make_problem(config.from_dict(run.config)))


def _now(run: RunRecord, knob: Knob) -> str:
    """How a knob stands."""
    from nntui import config

    return knob.show(config.from_dict(run.config).get(knob.key))


def _resumable(wanted: str) -> tuple[Path, RunRecord]:
    """The run, if there is something to go on with. Raises UserError."""
    from nntui import paths
    from nntui.store import catalog

    place, run = catalog.find_run(paths.runs_dir(), wanted)
    if run.state == "diverged":
        from nntui import guard

        way = guard.offered(place)
        raise UserError(
            f"run {run.id} diverged at step {run.step}; at half the rate, from before it: "
            f"nntui rewind {run.id} --to {way.step} && nntui resume {run.id} --set lr={way.lr}"
        )
    return place, run


def _resume_live(place: Path, record: RunRecord, wanted: Sequence[tuple[Knob, Value]]) -> int:
    code = _turn(place, record, wanted)
    if code or (record.state == "running" and wanted):
        return code
    if record.state == "running":
        raise UserError(f"run {record.id} is running; nntui watch {record.id} shows it")
    return _ask(record.id, "resume")


def _start_again(place: Path, record: RunRecord, wanted: Sequence[tuple[Knob, Value]]) -> int:
    from nntui import launch

    turns = [("set", knob.key, knob.show(value)) for knob, value in wanted]
    numbers, _ = launch.start_again(place, [*turns, ("resume", "", "")])
    return report(place, record, numbers)


def report(place: Path, record: RunRecord, numbers: Sequence[int]) -> int:
    """Waits for the answers to commands, and prints them; returns the exit code."""
    code = 0
    for number in numbers:
        answer = _answer(place, record, number)
        if answer is None:
            return FAILED
        if answer.status != "applied":
            code = _refused(answer)
        elif answer.kind != "rewind":  # which is told by whoever asked for it
            typer.echo(plain(_done(answer)))
    return code


def _done(answer: Command) -> str:
    """What a trainer has done."""
    match answer.kind:
        case "set":
            return f"{answer.key.rpartition('.')[2]} {answer.answer} at step {answer.step}"
        case "step":
            return f"{answer.answer} from step {answer.step}"
    done = {"pause": "paused at", "resume": "goes on from", "checkpoint": "kept a checkpoint at", "stop": "stopped at"}
    return f"{done[answer.kind]} step {answer.step}"


def step(run: Run, count: Annotated[int, typer.Argument(metavar="[N]", help="How many.")] = 1) -> int:
    """Train single steps, then hold."""
    if not 1 <= count <= MOST_STEPS:
        raise UserError(f"step {count}: must be a whole number from 1 to {MOST_STEPS}")
    return _ask(run, "step", str(count))


def rewind(
    run: Run, to: Annotated[int, typer.Option("--to", metavar="STEP", help="The step to go back to.", min=0)]
) -> int:
    """Go back to an earlier step of a run, and hold there.

    Everything is as it was when the run came to that step. What it did afterwards stays visible as a branch.
    """
    from nntui import launch, paths
    from nntui.store import catalog, commands

    place, record = catalog.find_run(paths.runs_dir(), run)
    if to >= max(1, record.step):
        raise UserError(f"--to {to}: run {record.id} is at step {record.step}; must be an earlier one")
    if record.live:
        number = commands.append(place, "rewind", value=str(to))
    else:
        check_data(place, record)
        (number,), _ = launch.start_again(place, [("rewind", "", str(to))])
    answer = _answer(place, record, number)
    if answer is None:
        return FAILED
    if answer.status != "applied":
        return _refused(answer)
    typer.echo(f"{answer.answer} at step {to}; nntui resume {record.id} goes on from there")
    return 0


def checkpoint(
    run: Run, name: Annotated[str, typer.Argument(metavar="[NAME]", help="Keeps it for good under this name.")] = ""
) -> int:
    """Keep a checkpoint of a live run, now.

    Named ones stay however many there are; nntui rewind and fork find any step from the nearest one.
    """
    from nntui.store import folder

    if fault := folder.checkpoint_fault(name):
        raise UserError(f"NAME: {fault}")
    return _ask(run, "checkpoint", name)


def stop(run: Run) -> int:
    """End a run in good order, with a last checkpoint."""
    return _ask(run, "stop")


def _ask(run: str, kind: str, value: str = "") -> int:
    from nntui import ending
    from nntui.store import commands

    place, record = _live(run)
    code = report(place, record, [commands.append(place, kind, value=value)])
    if kind == "stop" and not code:
        ending.wait_for_exit(record)
    return code


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
    """The trainer's answer, however long it makes steps of the past again; None, and why on stderr, if none comes."""
    from nntui.store import catalog, commands

    def is_heard() -> bool:
        now = catalog.open_run(place)
        return now.live and time.time() - now.heartbeat < SILENT_SECONDS

    answer = commands.wait(place, number, alive=is_heard, seconds=math.inf)
    if answer is None:
        now = catalog.open_run(place)
        stands = now.standing if now.waits_for_room else f"is {now.state}"
        why = f": {now.why}" if now.why else ""
        later = "; it will do it when it goes on" if now.live else ""
        talk(f"nntui: run {run.id} has not answered; it {stands} at step {now.step}{why}{later}")
    return answer


def _refused(answer: Command) -> int:
    talk(f"nntui: refused at step {answer.step}: {answer.answer}")
    return FAILED
