"""The panes: which are seen, and which has the focus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.widget import Widget

from nntui.tui import keymap
from nntui.tui.panes.curves import CurvePane, GradientPane, LossPane
from nntui.tui.panes.events import EventPane
from nntui.tui.panes.knobs import KnobPane
from nntui.tui.panes.layers import LayerPane
from nntui.tui.panes.plane import PlanePane
from nntui.tui.panes.predictions import PredictionPane
from nntui.tui.picture import Picture

AnyPane = LossPane | GradientPane | KnobPane | LayerPane | PredictionPane | PlanePane | EventPane
PANES: tuple[type[AnyPane], ...] = (
    LossPane,
    GradientPane,
    KnobPane,
    LayerPane,
    PredictionPane,
    PlanePane,
    EventPane,
)
#: Panes that are hidden at first in a terminal of fewer columns or lines than these.
ROOMY, EXTRA = (110, 34), (6, 7)
#: In a smaller terminal one pane is shown at a time.
WIDE, HIGH = 72, 20
#: In a lower terminal panes give up what can be scrolled to.
SHORT = 28


class Board(Horizontal):
    """Curves on the left, figures on the right; or one pane alone, where a person or the terminal's size wants it."""

    BINDINGS: ClassVar = keymap.bindings(keymap.PANES)

    def __init__(self, marker: str) -> None:
        super().__init__()
        self._marker = marker
        self._hidden: set[int] | None = None  # what fits decides, until a person does
        self._alone: int | None = None
        self._small_shows = 1
        self._focus_before: Widget | None = None

    def compose(self) -> ComposeResult:
        """Two columns."""
        with Vertical(id="left"):
            yield LossPane(self._marker, log_axis=False, id="loss")
            yield GradientPane(self._marker, log_axis=True, id="gradients")
            yield PlanePane(self._marker)
        with Vertical(id="right"):
            yield KnobPane()
            yield LayerPane(id="layers")
            yield PredictionPane(self._marker)
            yield EventPane(id="events")

    @property
    def panes(self) -> list[AnyPane]:
        """All panes, in the order of their numbers."""
        return [self.query_one(pane) for pane in PANES]

    def picture(self, picture: Picture) -> None:
        """Shows the run as it is in the picture, in every pane."""
        for pane in self.panes:
            pane.picture(picture)

    def on_mount(self) -> None:
        """Shows what there is room for."""
        self._arrange()

    def on_resize(self, event: Resize) -> None:
        """Shows what there is room for."""
        self._arrange()

    @property
    def _small(self) -> bool:
        return self.app.size.width < WIDE or self.app.size.height < HIGH

    @property
    def _only(self) -> int | None:
        """The number of the pane that is shown alone, if one is."""
        return self._small_shows if self._small else self._alone

    @property
    def _hides(self) -> set[int]:
        """The numbers of the panes that are not shown where several are."""
        if self._hidden is not None:
            return self._hidden
        roomy = self.app.size.width >= ROOMY[0] and self.app.size.height >= ROOMY[1]
        return set() if roomy else set(EXTRA)

    def _arrange(self) -> None:
        only, hidden, panes = self._only, self._hides, self.panes
        for pane in panes:
            pane.display = pane.number == only if only else pane.number not in hidden
        for column in (self.query_one("#left"), self.query_one("#right")):
            seen = [child for child in column.children if child.display]
            column.display = bool(seen)
            for child in column.children:
                child.set_class(child in seen[-1:], "last")
        self.set_class(self._small, "small")
        self.set_class(self.app.size.height < SHORT, "short")
        self._keep_focus([pane for pane in panes if pane.display])

    def _keep_focus(self, seen: Sequence[Widget]) -> None:
        """Some pane that is seen has the focus; the one that had it before the terminal was small gets it back."""
        if not seen:  # the panes of a screen that is being left are closed already
            return
        focused = self.screen.focused
        if self._small:
            self._focus_before = self._focus_before or focused
        else:
            focused, self._focus_before = self._focus_before or focused, None
        if focused is None or not any(widget in seen for widget in focused.ancestors_with_self):
            focused = seen[0]
        if focused is not self.screen.focused:
            self.screen.set_focus(focused)

    def action_pane(self, number: int) -> None:
        """Shows or hides a pane, all but the last one; where one is shown alone, shows this one instead."""
        if self._small:
            self._small_shows = number
        elif self._alone:
            self._alone = number
        elif number in self._hides:
            self._hidden = self._hides - {number}
        elif len(self._hides) < len(self.panes) - 1:
            self._hidden = self._hides | {number}
        self._arrange()
        pane = self.panes[number - 1]
        if pane.display:
            pane.focus()

    def action_next_pane(self, direction: int) -> None:
        """The next pane; where one is shown alone, shows it instead."""
        if self._only:
            self.action_pane((self._only - 1 + direction) % len(self.panes) + 1)
        elif direction > 0:
            self.screen.focus_next()
        else:
            self.screen.focus_previous()

    def action_maximise(self) -> None:
        """Lets the focused pane fill the screen, or brings all back."""
        if not self.restore() and not self._small:
            self._alone = getattr(self.screen.focused, "number", 1)
            self._arrange()

    def restore(self) -> bool:
        """Brings all panes back when one fills the screen; whether there was anything to do."""
        if self._small or self._alone is None:
            return False
        number, self._alone = self._alone, None
        self._arrange()
        self.panes[number - 1].focus()
        return True

    def action_toggle_log(self) -> None:
        """Changes the axis of the focused chart, else of the loss."""
        focused = self.screen.focused
        (focused if isinstance(focused, CurvePane) else self.query_one(LossPane)).toggle_log()
