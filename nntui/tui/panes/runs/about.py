"""What a preset or a run is about, in words."""

from __future__ import annotations

import time

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from nntui.config import RunConfig
from nntui.errors import UserError
from nntui.knob import show
from nntui.store.records import UNREADABLE, RunRecord
from nntui.text import plain
from nntui.tui.panes.header import SYMBOLS
from nntui.tui.panes.numbers import count, duration, figure
from nntui.tui.panes.runs.runlist import age


class About(VerticalScroll):
    """A text that scrolls."""

    def compose(self) -> ComposeResult:
        """The text."""
        yield Static(id="description", markup=False)

    def tell(self, content: Content) -> None:
        """Shows a text from its beginning."""
        self.query_one("#description", Static).update(content)
        self.scroll_home()


def about_preset(config: RunConfig | UserError) -> Content:
    """What a preset trains, on what, and what there is to see."""
    if isinstance(config, UserError):
        return Content(plain(" ".join(str(config).split())))
    return _text(config.title, (*facts(config), "", *config.description.strip().splitlines()))


def about_run(run: RunRecord, config: RunConfig | None) -> Content:
    """How a run stands or ended, its figures, and what it trains."""
    if run.state == UNREADABLE:
        lines = [f"{run.state}: {run.reason}", f"id {run.id}", *(facts(config) if config else ())]
        return _text(run.name, lines)
    reason = f": {run.why}" if run.why else ""
    figures = "   ".join(f"{name} {figure(value).strip()}" for name, value in run.figures.items() if value is not None)
    lines = [
        f"{SYMBOLS.get(run.standing, '?')} {run.standing}{reason}",
        f"step {count(run.step)}, epoch {count(run.epoch)}, {run.progress:.0%}, trained for {duration(run.elapsed)}",
        *([figures] if figures else []),
        f"preset {run.preset}, id {run.id}, made {age(time.time() - run.created)} ago".replace("now ago", "now"),
        *([run.descent] if run.descent else []),
        *(facts(config) if config else ()),
    ]
    return _text(run.name if not run.title else f"{run.name}: {run.title}", lines)


def facts(config: RunConfig) -> tuple[str, ...]:
    """The network, how it learns, and from what; a line each."""
    model, training = config.model, config.training
    units = " → ".join(["inputs", *map(str, model.layers), _outputs(config)])
    target = f", target {config.target}" if config.target else ""
    task = "" if config.task == "auto" else f", {config.task}"
    return (
        f"{units}, {show(model.activation) if model.layers else 'no hidden layer'}",
        f"{training.optimizer}, lr {training.lr:g}, {training.epochs:,} epochs",
        f"data {config.data.source}{target}{task}",
    )


def _text(title: str, lines: tuple[str, ...] | list[str]) -> Content:
    return Content.assemble((plain(" ".join(title.split())), "bold"), "\n", "\n".join(map(plain, lines)))


def _outputs(config: RunConfig) -> str:
    """How many outputs the network has, or what they are where only the data can tell how many."""
    if config.task == "regression":
        return str(len(config.target.split(",")))
    return {"binary": "1", "multi-class": "classes"}.get(config.task, "outputs")
