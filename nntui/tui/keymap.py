"""Every key once: what it does, where, and in which words. Bindings, footer, help and README are made from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual.binding import Binding, BindingType


@dataclass(frozen=True, slots=True)
class Key:
    """Keys that do one thing in one place.

    ``keys`` is a comma-separated list of Textual's key names, the first the one that is shown; ``label`` is what the
    footer calls it, empty when it is not shown there; ``help`` one line for the help page.
    """

    place: str
    keys: str
    action: str
    help: str
    label: str = ""
    show_as: str = ""

    @property
    def shown(self) -> str:
        """The key as a person reads it."""
        return self.show_as or _SYMBOLS.get(first := self.keys.partition(",")[0], first)


_SYMBOLS = {
    "question_mark": "?",
    "full_stop": ".",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "ctrl+p": "^p",
    "ctrl+z": "^z",
    "ctrl+q": "^q",
}

APP, DASHBOARD, KNOBS, PREDICTIONS, START, QUESTION, HELP = (
    "everywhere",
    "a run",
    "the knobs",
    "the predictions",
    "the start screen",
    "a question",
    "the help",
)

KEYS: tuple[Key, ...] = (
    Key(DASHBOARD, "space", "toggle_pause", "pause the training, or go on", "pause"),
    Key(DASHBOARD, "full_stop,n", "single_step", "train a single step, then pause", "step"),
    Key(DASHBOARD, "s", "stop", "stop the run for good (asks first)", "stop"),
    Key(DASHBOARD, "left_square_bracket", "turn_rate(-1)", "lower the learning rate by a fifth"),
    Key(DASHBOARD, "right_square_bracket", "turn_rate(1)", "raise the learning rate by a quarter", "rate", "[ ]"),
    Key(DASHBOARD, "1", "pane(1)", "show or hide the loss; in a small terminal, go to it"),
    Key(DASHBOARD, "2", "pane(2)", "the same for the gradients"),
    Key(DASHBOARD, "3", "pane(3)", "the same for the knobs"),
    Key(DASHBOARD, "4", "pane(4)", "the same for the layers"),
    Key(DASHBOARD, "5", "pane(5)", "the same for the predictions", "panes", "1-5"),
    Key(DASHBOARD, "tab", "next_pane(1)", "go to the next pane"),
    Key(DASHBOARD, "shift+tab", "next_pane(-1)", "go to the pane before"),
    Key(DASHBOARD, "m,z", "maximise", "let the pane fill the screen, or put it back", "maximise"),
    Key(DASHBOARD, "y", "toggle_log", "loss on a logarithmic axis, or a plain one", "log"),
    Key(DASHBOARD, "escape", "back", "back to the start screen, or from one pane to all"),
    Key(KNOBS, "up,k", "choose(-1)", "choose the knob above"),
    Key(KNOBS, "down,j", "choose(1)", "choose the knob below"),
    Key(KNOBS, "left,h,minus", "turn(-1)", "turn the knob down"),
    Key(KNOBS, "right,l,plus,equals_sign", "turn(1)", "turn the knob up", "turn", "← →"),
    Key(KNOBS, "enter", "type", "type a value", "type", "⏎"),
    Key(PREDICTIONS, "up,k", "scroll(-1)", "move up"),
    Key(PREDICTIONS, "down,j", "scroll(1)", "move down"),
    Key(PREDICTIONS, "pageup", "page(-1)", "a page up"),
    Key(PREDICTIONS, "pagedown", "page(1)", "a page down"),
    Key(PREDICTIONS, "home,g", "scroll_home", "to the first row"),
    Key(PREDICTIONS, "end,G", "scroll_end", "to the last row"),
    Key(PREDICTIONS, "o", "order", "worst rows first, or in the order of the data", "order"),
    Key(START, "enter", "open", "start the preset, or open the run", "open", "⏎"),
    Key(START, "tab", "app.focus_next", "from the presets to the runs and back", "presets/runs"),
    Key(QUESTION, "y,enter", "answer(True)", "yes"),
    Key(QUESTION, "n,escape,q", "answer(False)", "no"),
    Key(HELP, "escape,question_mark,f1,q", "app.pop_screen", "close the help"),
    Key(APP, "q,ctrl+q", "leave", "leave; training goes on", "leave"),
    Key(APP, "question_mark,f1", "help", "this page", "help"),
    Key(APP, "ctrl+p", "command_palette", "the palette: themes, a picture of the screen, more", "palette"),
    Key(APP, "ctrl+z", "suspend_process", "back to the shell; fg returns"),
)


def bindings(*places: str) -> list[BindingType]:
    """Textual's bindings for the keys of these places."""
    return [_binding(key) for key in _at(places)]


def _at(places: Iterable[str]) -> list[Key]:
    return [key for place in places for key in KEYS if key.place == place]


def _binding(key: Key) -> Binding:
    shown = key.show_as or None
    return Binding(key.keys, key.action, key.label or key.help, show=bool(key.label), key_display=shown or key.shown)
