"""The system line, below the header where there is room: processor, memory, pace, and bytes to this terminal."""

from __future__ import annotations

from typing import ClassVar

from nntui.store.records import RunRecord
from nntui.tui.panes.numbers import count
from nntui.tui.system import Usage
from nntui.tui.widgets.cells import Cells, line
from nntui.tui.widgets.text import fit

#: The least terminal, in columns and lines, that has room for it.
WIDE, HIGH = 100, 30


class SystemLine(Cells):
    """One quiet line; every figure has a steady place."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"system--quiet"}
    DEFAULT_CSS = """
    SystemLine { height: 1; width: 1fr; padding: 0 1; }
    SystemLine .system--quiet { color: $foreground 65%; }
    """

    def usage(self, usage: Usage, run: RunRecord, sent: float, budget: float | None = None) -> None:
        """Shows what was measured, and the pace of the training.

        ``sent`` is how many bytes a second go to the terminal, ``budget`` how many may, if that is bounded.
        """
        quiet = self.get_component_rich_style("system--quiet")
        trainer = _process(usage.trainer) if usage.trainer else " not on this machine" if run.live else " ended"
        pace = count(run.steps_per_s) if run.standing == "running" else "–"
        of = f" of {budget / 1024:.1f}" if budget else ""
        text = (
            f"trainer{trainer}   screen{_process(usage.screen)}   {pace:>9} steps/s   out {sent / 1024:6.1f}{of} KiB/s"
        )
        self.show([line((fit(text, self.size.width), quiet))])


def _process(figures: tuple[float, int]) -> str:
    share, memory = figures
    return f" {share:4.0%} cpu {memory / 2**20:4.0f} MiB"
