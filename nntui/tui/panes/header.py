"""The two lines above the panes: which run, how it stands, how far it is and how fast."""

from __future__ import annotations

import time
from typing import ClassVar

from rich.style import Style

from nntui.store.records import RunRecord
from nntui.tui.feed import Picture
from nntui.tui.panes.numbers import bar, count, duration
from nntui.tui.panes.pane import PictureCells
from nntui.tui.widgets.cells import line
from nntui.tui.widgets.text import fit

SYMBOLS = {
    "starting": "◌",
    "running": "●",
    "paused": "‖",
    "finished": "✓",
    "stopped": "■",
    "diverged": "✕",
    "crashed": "✕",
}
#: A live run that says nothing for so long is told apart.
SILENT_SECONDS = 5.0


class Header(PictureCells):
    """State, name, progress, epoch, step, speed, elapsed and remaining time."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "header--live",
        "header--attention",
        "header--done",
        "header--name",
        "header--quiet",
        "header--bar",
    }
    DEFAULT_CSS = """
    Header {
        height: 2; width: 1fr; padding: 0 1;
        .header--live { color: $success; text-style: bold; }
        .header--attention { color: $error; text-style: bold; }
        .header--done { color: $primary; text-style: bold; }
        .header--name { text-style: bold; }
        .header--quiet { color: $foreground 65%; }
        .header--bar { color: $primary; background: $foreground 12%; }
    }
    """

    def __init__(self) -> None:
        super().__init__(id="header")

    def draw(self, picture: Picture) -> None:
        """Two lines: who and how; how far and how fast."""
        run, width = picture.run, self.size.width
        quiet = self.get_component_rich_style("header--quiet")
        symbol = SYMBOLS.get(run.state, "?")
        state, where = f"{symbol} {run.state}", _where(run)
        name = f"  {run.name}" if run.name == run.preset or not run.preset else f"  {run.name} ({run.preset})"
        right = f"{run.id}" if width >= 60 else ""
        room = width - len(state) - len(right) - 1
        left = fit(name, min(room, len(name)))
        note = fit(f"  {where or run.title}", max(0, room - len(left)))
        first = line(
            (state, self.get_component_rich_style(f"header--{_tone(run)}")),
            (left, self.get_component_rich_style("header--name")),
            (note, self.get_component_rich_style("header--attention") if where else quiet),
            (" " + right, quiet),
        )
        self.show([first, line(*self._figures(run, width, quiet))])

    def _figures(self, run: RunRecord, width: int, quiet: Style) -> list[str | tuple[str, Style]]:
        epochs, steps = run.config["training"]["epochs"], run.config["training"]["steps"]
        remaining = run.remaining if run.live else None
        facts = [
            ("", f"{run.progress:4.0%}"),
            ("step", f"{count(run.step)}/{count(steps)}" if steps else count(run.step)),
            ("epoch", f"{count(run.epoch)}/{count(epochs)}"),
            ("steps/s", f"{count(run.steps_per_s):>7}"),
            ("elapsed", duration(run.elapsed)),
            ("left", duration(remaining)),
        ]
        if steps:
            facts[2] = ("epoch", count(run.epoch))
        while len(facts) > 2 and sum(len(a) + len(b) + 3 for a, b in facts) > width - 8:
            facts.pop(3 if len(facts) > 4 else -1)
        room = width - sum(len(a) + len(b) + (3 if a else 1) for a, b in facts)
        style = self.get_component_rich_style("header--bar")
        parts: list[str | tuple[str, Style]] = [(bar(run.progress, max(4, room)), style)]
        for label, text in facts:
            parts += [(f"  {label} " if label else " ", quiet), text]
        return parts


def _tone(run: RunRecord) -> str:
    if run.state in ("diverged", "crashed"):
        return "attention"
    return "live" if run.state == "running" else "done"


def _where(run: RunRecord) -> str:
    """What needs saying about how the run stands."""
    if run.state in ("diverged", "crashed"):
        return f"at step {count(run.step)}: {run.reason}"
    silence = time.time() - run.heartbeat
    if run.live and silence > SILENT_SECONDS:
        return f"no word from the trainer for {duration(silence)}; its disk may be full or its machine asleep"
    return ""
