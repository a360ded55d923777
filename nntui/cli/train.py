"""``nntui train``: makes a run, starts its trainer, and shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from nntui.cli import screen
from nntui.cli.output import FAILED, INTERRUPTED, has_terminal, silence_stdout, talk
from nntui.errors import UserError

if TYPE_CHECKING:
    from nntui.config import RunConfig
    from nntui.settings import Settings as ScreenSettings


Preset = Annotated[str, typer.Argument(metavar="PRESET|FILE.toml", help="A preset's name, or a TOML file.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change one key, such as lr=0.1; may be repeated."),
]


def train(
    preset: Preset,
    settings: Settings = None,
    name: Annotated[str | None, typer.Option(help="A name for the run; else the preset's.", metavar="N")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of split, weights and row order.", metavar="N")] = None,
    epochs: Annotated[int | None, typer.Option(help="End after so many epochs.", metavar="N")] = None,
    steps: Annotated[int | None, typer.Option(help="End after so many steps.", metavar="N")] = None,
    as_text: Annotated[bool, typer.Option("--plain", help="Progress lines instead of the dashboard.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Print the run's id and return at once.")] = False,
    slow: screen.Slow = False,
    budget: screen.BytesPerSecond = None,
    theme: screen.Theme = None,
    marker: screen.Marker = None,
) -> int:
    """Train a network and watch it learn.

    The network trains in a process of its own. Leaving the dashboard (q) leaves it training. Ctrl-C of --plain or
    --json stops the run in good order, with exit code 130. Where stdout is no terminal, --plain is meant.

    --json writes {"event":"start","run":ID}, then "progress" objects with step, epoch, loss, val_loss, accuracy,
    val_accuracy (r2 and val_r2 of a regression), lr, grad_norm (one number per layer) and steps_per_s, then
    {"event":"end","state":STATE} with the last values. Where the disk is full, "wait" says so, and "continue" that the
    run goes on.
    """
    from nntui import presets

    if as_text + as_json + detach > 1:
        raise UserError("--plain, --json and --detach exclude each other")
    chosen = presets.find(preset)
    config = _configure(chosen.load(), settings or [], seed, epochs, steps)
    check_name(name)
    _look(config)
    screen.check(theme, marker, budget, slow=slow)
    if detach:
        return _detach(config, chosen.name, name or "")
    if as_json or as_text or not has_terminal():
        return _follow(config, chosen.name, name or "", as_json=as_json)
    return _show(config, chosen.name, name or "", screen.wanted(theme, marker, budget, slow=slow))


def _configure(
    config: RunConfig, settings: list[str], seed: int | None, epochs: int | None, steps: int | None
) -> RunConfig:
    """The preset with what the command line changes. Raises UserError."""
    ends = end_settings(epochs, steps)
    config = config.with_settings(settings)
    if seed is not None:
        config = config.with_value("training.seed", seed)
    return config.with_settings(ends)


def end_settings(epochs: int | None, steps: int | None) -> list[str]:
    """The settings that --epochs and --steps mean. Raises UserError."""
    from nntui.knobs import MAX_COUNT

    if epochs is not None and steps is not None:
        raise UserError("--epochs and --steps exclude each other")
    if epochs is not None:
        return [f"training.epochs={epochs}", "training.steps=0"]
    if steps is None:
        return []
    if steps < 1:
        raise UserError(f"--steps {steps}: must be a whole number from 1")
    return [f"training.steps={steps}", f"training.epochs={MAX_COUNT}"]


def _look(config: RunConfig) -> None:
    """Reads the files that a run is to begin with, so that what is wrong with them is said here. Raises UserError."""
    from nntui.knobs import is_path

    if is_path(config.data.source) or config.data.features or config.data.source == "function" or config.model.weights:
        from nntui.trainer.problem import make_problem
        from nntui.trainer.recall import make_loop

        make_loop(config, make_problem(config))


def check_name(name: str | None) -> None:
    """Raises UserError for a --name that no run can have."""
    from nntui import launch

    if name is not None and (fault := launch.name_fault(name)):
        raise UserError(f"--name{' latest' if name == 'latest' else ''}: {fault}")


def _detach(config: RunConfig, preset: str, name: str) -> int:
    from nntui import launch

    run_folder, _ = launch.start_run(config, preset=preset, name=name)
    typer.echo(run_folder.name)
    return 0


def _show(config: RunConfig, preset: str, name: str, own: ScreenSettings) -> int:
    from nntui import launch

    # The trainer starts before the screen is imported, so that both load at once.
    run_folder, _ = launch.start_run(config, preset=preset, name=name)
    from nntui.tui.app import open_dashboard

    return open_dashboard(run_folder, own)


def _follow(config: RunConfig, preset: str, name: str, *, as_json: bool) -> int:
    """Trains without a screen, to the end; returns the exit code."""
    from nntui import launch
    from nntui.cli import follow

    with follow.Interrupt() as interrupt:
        run_folder, trainer = launch.start_run(config, preset=preset, name=name)
        reporter = follow.JsonReporter(run_folder) if as_json else follow.PlainReporter(run_folder)
        try:
            run = follow.follow(run_folder, reporter, interrupt)
        except BrokenPipeError:
            talk(f"nntui: output: nobody reads it any more; training goes on, nntui watch {run_folder.name} shows it")
            raise
        except OSError as error:
            silence_stdout()
            talk(f"nntui: output: {error.strerror or error}; training goes on, nntui watch {run_folder.name} shows it")
            return FAILED
        trainer.poll()
        code = follow.exit_code(run_folder, run)
        return INTERRUPTED if interrupt.came else code
