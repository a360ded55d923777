"""Every key once: what it does, where, and in which words. Bindings, footer, help and README are made from it."""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding, BindingType


@dataclass(frozen=True, slots=True)
class Key:
    """Keys that do one thing in one place.

    ``keys`` is a comma-separated list of Textual's key names, the first the one that is shown; ``help`` is one line
    for the help page. ``label`` is what the key bar calls it, nothing when it is not shown there; where there is not
    room for all, those of the highest ``rank`` go first.
    """

    place: str
    keys: str
    action: str
    help: str
    label: str = ""
    rank: int = 9
    show_as: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The keys as a person reads them."""
        return tuple(_SYMBOLS.get(key, key) for key in self.keys.split(","))

    @property
    def shown(self) -> str:
        """How the key bar writes it."""
        return self.show_as or self.names[0]


_SYMBOLS = {
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "enter": "⏎",
    "escape": "esc",
    "minus": "-",
    "plus": "+",
    "equals_sign": "=",
    "question_mark": "?",
    "full_stop": ".",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "shift+left": "⇧←",
    "shift+right": "⇧→",
    "ctrl+p": "^p",
    "ctrl+z": "^z",
    "ctrl+q": "^q",
    "ctrl+c": "^c",
}

APP, DASHBOARD, PANES, CURVES, GRADIENTS, KNOBS, LAYERS, PREDICTIONS, PLANE, EVENTS, START, QUESTION, CHOICE, HELP = (
    "everywhere",
    "a run",
    "the panes",
    "the curves",
    "the gradients",
    "the knobs",
    "the layers",
    "the predictions",
    "the plane",
    "the events",
    "the start screen",
    "a question",
    "a choice",
    "the help",
)

KEYS: tuple[Key, ...] = (
    Key(APP, "q,ctrl+q,ctrl+c", "leave", "leave; training goes on", "leave", 1),
    Key(APP, "question_mark,f1", "help", "this page", "help", 1),
    Key(DASHBOARD, "space", "toggle_pause", "pause the training, or go on", "pause", 1),
    Key(DASHBOARD, "full_stop,n", "single_step", "train a single step, then pause", "step", 4),
    Key(DASHBOARD, "s", "stop", "stop the run for good (asks first)", "stop", 3),
    Key(CURVES, "c", "cursor", "read values at a step, or no more", "cursor", 2),
    Key(CURVES, "left,h", "move(-1)", "the cursor a column to the left"),
    Key(CURVES, "right,l", "move(1)", "the cursor a column to the right"),
    Key(CURVES, "shift+left", "move(-10)", "ten columns to the left"),
    Key(CURVES, "shift+right", "move(10)", "ten columns to the right"),
    Key(CURVES, "pageup", "move_share(-1)", "a quarter of the chart to the left"),
    Key(CURVES, "pagedown", "move_share(1)", "a quarter of the chart to the right"),
    Key(CURVES, "home,g", "move_to_end(-1)", "the cursor to the first step that is seen"),
    Key(CURVES, "end,G", "move_to_end(1)", "the cursor to the last step that is seen"),
    Key(CURVES, "plus,equals_sign", "zoom(1)", "half as many steps, around the cursor", "zoom", 3, "+ -"),
    Key(CURVES, "minus", "zoom(-1)", "twice as many steps"),
    Key(CURVES, "H", "pan(-1)", "half a chart back"),
    Key(CURVES, "L", "pan(1)", "half a chart on"),
    Key(CURVES, "f", "follow", "follow the newest steps, or stand still", "follow", 6),
    Key(CURVES, "a", "whole", "all of the run"),
    Key(CURVES, "y", "log_values", "values on a logarithmic axis, or a plain one", "log", 6),
    Key(CURVES, "x", "log_steps", "steps on a logarithmic axis, or a plain one"),
    Key(CURVES, "t", "next_unit", "count in steps, epochs or time"),
    Key(CURVES, "w", "smooth", "smooth the lines: off, 0.6, 0.9, 0.97, 0.99", "smooth", 6),
    Key(CURVES, "p", "pick", "choose which of the recorded series are drawn", "pick", 7),
    Key(GRADIENTS, "v", "view", "curves, or layers as rows of colour over the whole run", "waterfall", 2),
    Key(KNOBS, "up,k", "choose(-1)", "choose the knob above"),
    Key(KNOBS, "down,j", "choose(1)", "choose the knob below"),
    Key(KNOBS, "left,h,minus", "turn(-1)", "turn the knob down"),
    Key(KNOBS, "right,l,plus,equals_sign", "turn(1)", "turn the knob up", "turn", 2, "← →"),
    Key(KNOBS, "enter", "type", "type a value", "type", 6),
    Key(LAYERS, "up,k", "scroll(-1)", "the layer above"),
    Key(LAYERS, "down,j", "scroll(1)", "the layer below"),
    Key(LAYERS, "pageup", "page(-1)", "a page of layers up"),
    Key(LAYERS, "pagedown", "page(1)", "a page of layers down"),
    Key(LAYERS, "home,g", "scroll_home", "to the first layer"),
    Key(LAYERS, "end,G", "scroll_end", "to the last layer"),
    Key(LAYERS, "v", "view", "other columns: norms, activations, shape", "columns", 2),
    Key(PREDICTIONS, "up,k", "scroll(-1)", "move up", "move", 5, "↑ ↓"),
    Key(PREDICTIONS, "down,j", "scroll(1)", "move down"),
    Key(PREDICTIONS, "pageup", "page(-1)", "a page up"),
    Key(PREDICTIONS, "pagedown", "page(1)", "a page down"),
    Key(PREDICTIONS, "home,g", "scroll_home", "to the first row"),
    Key(PREDICTIONS, "end,G", "scroll_end", "to the last row"),
    Key(PREDICTIONS, "o", "order", "worst rows first, or in the order of the data", "order", 2),
    Key(DASHBOARD, "left_square_bracket", "turn_rate(-1)", "lower the learning rate by a fifth"),
    Key(DASHBOARD, "right_square_bracket", "turn_rate(1)", "raise the learning rate by a quarter", "rate", 5, "[ ]"),
    Key(PANES, "1", "pane(1)", "show or hide the loss; in a small terminal, go to it"),
    Key(PANES, "2", "pane(2)", "the same for the gradients"),
    Key(PANES, "3", "pane(3)", "the same for the knobs"),
    Key(PANES, "4", "pane(4)", "the same for the layers"),
    Key(PANES, "5", "pane(5)", "the same for the predictions"),
    Key(PANES, "6", "pane(6)", "the same for the plane"),
    Key(PANES, "7", "pane(7)", "the same for the events", "panes", 2, "1-7"),
    Key(PANES, "tab", "next_pane(1)", "go to the next pane"),
    Key(PANES, "shift+tab", "next_pane(-1)", "go to the pane before"),
    Key(PANES, "m,z", "maximise", "let the pane fill the screen, or put it back", "maximise", 7),
    Key(DASHBOARD, "escape", "back", "from one pane to all; else to the start screen, if any"),
    Key(START, "enter", "open", "start the preset, or open the run", "open", 2),
    Key(START, "tab", "app.focus_next", "to the next list", "next list", 2),
    Key(QUESTION, "y,enter", "answer(True)", "yes"),
    Key(QUESTION, "n,escape,q", "answer(False)", "no"),
    Key(CHOICE, "up", "highlight(-1)", "the name above"),
    Key(CHOICE, "down", "highlight(1)", "the name below"),
    Key(CHOICE, "escape", "close", "close, with what is ticked"),
    Key(HELP, "escape,question_mark,f1,q", "dismiss", "close the help"),
    Key(APP, "ctrl+p", "command_palette", "the palette: themes, a picture of the screen, more", "palette", 8),
    Key(APP, "ctrl+z", "suspend_process", "back to the shell; fg returns"),
)


def bindings(*places: str) -> list[BindingType]:
    """Textual's bindings for the keys of these places."""
    return [_binding(key) for key in KEYS if key.place in places]


def labelled(*places: str) -> list[Key]:
    """What a key bar offers in these places, in the order of the keymap."""
    return [key for key in KEYS if key.label and key.place in places]


def _binding(key: Key) -> Binding:
    return Binding(key.keys, key.action, key.help, show=bool(key.label), key_display=key.shown)
