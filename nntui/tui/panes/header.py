"""The two lines above the panes: which run, how it stands, how far it is and how fast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from rich.cells import cell_len
from rich.style import Style

from nntui.knobs import KNOBS
from nntui.store.records import RunRecord
from nntui.text import plain
from nntui.tui import keymap
from nntui.tui.panes.numbers import bar, count, duration, figure
from nntui.tui.panes.pane import PictureCells
from nntui.tui.picture import Picture
from nntui.tui.widgets.cells import line
from nntui.tui.widgets.text import fit

SYMBOLS = {
    "starting": "◌",
    "waits": "◌",
    "running": "●",
    "paused": "‖",
    "finished": "✓",
    "stopped": "■",
    "diverged": "✕",
    "crashed": "✕",
}
#: The progress bar is not made narrower for the sake of figures.
_BAR_WIDTH = 6
#: From this width on the figures are spelled out.
_WIDE = 100


class Header(PictureCells):
    """State, name, progress, step, epoch, accuracy or R², speed, elapsed and remaining time."""

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
        &:nocolor { .header--live, .header--attention, .header--done, .header--bar { color: $foreground; } }
    }
    """

    def __init__(self) -> None:
        super().__init__(id="header")
        self._lost = ""
        self.tells_pace = True  # unless another line does

    def lost(self, reason: str) -> None:
        """From now on says that the run cannot be read any more, and why."""
        self._lost = reason
        self.redraw()
        if self._last is None:
            self.show([line((fit(reason, self.size.width), self.get_component_rich_style("header--attention")))])

    def draw(self, picture: Picture) -> None:
        """Two lines: who and how; how far and how fast."""
        then, width = picture.then, self.size.width
        run = picture.shown.run
        quiet = self.get_component_rich_style("header--quiet")
        symbol = SYMBOLS.get(run.standing, "?")
        state = f"{symbol} {run.standing}" if then is None else "◂ past"
        sought = () if self._lost else _sought(picture)
        where = "" if sought else self._lost or _where(picture)
        name = f"  {run.name}" if run.name == run.preset or not run.preset else f"  {run.name} ({run.preset})"
        name_width = cell_len(plain(name))
        right = f"{run.id}" if width >= 60 else ""
        room = width - len(state) - len(right) - 1
        if sought and room - min(name_width, room // 3) < len(sought[0]) + 2:  # the way back is worth more than an id
            room, right = room + len(right), ""
        else_said = "reading the data" if run.state == "starting" else run.title
        note = f"  {where or _longest(sought, room - min(name_width, room // 3) - 2) or else_said}"
        left = fit(name, max(0, min(name_width, max(room - cell_len(plain(note)), room // 3))))
        note = fit(note, max(0, room - cell_len(left)))
        first = line(
            (state, self.get_component_rich_style(f"header--{'attention' if then else _tone(run)}")),
            (left, self.get_component_rich_style("header--name")),
            (note, self.get_component_rich_style("header--attention") if where or sought else quiet),
            (" " + right, quiet),
        )
        self.show([first, line(*self._figures(picture.shown, width, quiet))])

    def _figures(self, picture: Picture, width: int, quiet: Style) -> list[str | tuple[str, Style]]:
        run, is_past = picture.run, picture.now is not None
        facts = _facts(run, wide=width >= _WIDE)
        facts = [fact for fact in facts if self.tells_pace or "/s" not in fact.after]
        facts = [fact for fact in facts if not is_past or fact.after != " left"]
        while len(facts) > 2 and sum(fact.width for fact in facts) > width - _BAR_WIDTH:
            facts.remove(max(facts, key=lambda fact: fact.rank))
        bar_width = max(4, width - sum(fact.width for fact in facts))
        parts: list[str | tuple[str, Style]] = [
            (bar(run.progress, bar_width), self.get_component_rich_style("header--bar"))
        ]
        for fact in facts:
            parts += [(f"  {fact.before}", quiet), fact.text, (fact.after, quiet)]
        return parts


class _Fact(NamedTuple):
    """A figure with the words before and after it; those of the highest rank go first when there is no room."""

    before: str
    text: str
    after: str
    rank: int

    @property
    def width(self) -> int:
        return 2 + sum(map(len, self[:3]))


def _facts(run: RunRecord, *, wide: bool) -> list[_Fact]:
    ends: list[Any] = [KNOBS[f"training.{name}"].value_in(run.config) for name in ("epochs", "steps")]
    epochs, steps = ends
    runs = run.standing == "running"
    pace = _Fact("", f"{count(run.steps_per_s) if runs else '–':>7}", " steps/s" if wide else "/s", 4)
    left = _Fact("", duration(run.remaining if runs else None), " left", 3)
    facts = [
        _Fact("", f"{run.progress:4.0%}", "", 0),
        _Fact("step ", f"{count(run.step)}/{count(steps)}" if steps else count(run.step), "", 1),
        _Fact("epoch ", f"{count(run.epoch)}/{count(epochs)}" if wide and not steps else count(run.epoch), "", 6),
        *_score(run, wide),
        pace,
        _Fact("", duration(run.elapsed), " elapsed", 5),
        left,
    ]
    return facts if run.live else [fact for fact in facts if fact not in (pace, left)]


def _score(run: RunRecord, wide: bool) -> list[_Fact]:
    """Accuracy or R², that of the held-out rows if there are any."""
    for name, series in (("accuracy" if wide else "acc", "accuracy"), ("R²", "r2")):
        for before, value in (("val ", run.latest.get(f"val_{series}")), ("", run.latest.get(series))):
            if value is not None:
                text = f"{value:6.1%}" if series == "accuracy" else figure(value, 6)
                return [_Fact(f"{before}{name} ", text, "", 2)]
    return []


def _tone(run: RunRecord) -> str:
    if run.standing in ("diverged", "crashed", "waits"):
        return "attention"
    return "live" if run.state == "running" else "done"


def _sought(picture: Picture) -> tuple[str, ...]:
    """Which step is looked at, and which is on its way, if one of the past is: at length, then ever shorter."""
    then, now, seeking = picture.then, picture.newest, picture.seeking
    goes_on = {"running": "training goes on", "paused": "now it is paused"}.get(now.state, f"it has {now.state}")
    here, step = (f"at step {then.run.step:,} of {now.step:,}", f"step {then.run.step:,}") if then else ("", "")
    if then and then.past:  # only the newest are kept, and those of then cannot be made again
        goes_on = f"predictions of step {then.table('predictions').step:,}"
    if seeking is None:
        back = f"{keymap.shown(keymap.DASHBOARD, 'back')}: now"
        texts = (f"{here} · {goes_on} · {back}", f"{here} · {back}", f"{step} · {back}", back)
        return texts if then else ()
    if seeking.error:
        return (f"step {seeking.step:,} cannot be shown: {seeking.error}",)
    coming = f"making step {seeking.step:,} again: {seeking.share:.0%}"
    return (f"{here} · {coming}", coming) if then else (coming,)


def _longest(texts: Sequence[str], width: int) -> str:
    """The first text that there is room for, or else the last, if there is any."""
    return next((text for text in texts if cell_len(text) <= width), texts[-1] if texts else "")


def _where(picture: Picture) -> str:
    """What needs saying about how the run stands."""
    run = picture.run
    if run.state in ("diverged", "crashed"):
        return f"at step {count(run.step)}: {run.reason}"
    if run.live and run.why:
        return run.why
    if picture.silence and run.state != "starting":  # a large file is read without a word
        return f"no word from the trainer for {duration(picture.silence)}; its machine may be asleep"
    return ""
