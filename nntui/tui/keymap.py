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
    "slash": "/",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "ctrl+p": "^p",
    "ctrl+z": "^z",
    "ctrl+q": "^q",
    "ctrl+c": "^c",
}

APP, DASHBOARD, PANES, KNOBS, PREDICTIONS, AUTOPSY, VALUES, FILTER, PLANE, EVENTS, START, QUESTION, HELP = (
    "everywhere",
    "a run",
    "the panes",
    "the knobs",
    "the predictions",
    "the autopsy of a row",
    "values of your own",
    "a filter",
    "the plane",
    "the events",
    "the start screen",
    "a question",
    "the help",
)

KEYS: tuple[Key, ...] = (
    Key(APP, "q,ctrl+q,ctrl+c", "leave", "leave; training goes on", "leave", 1),
    Key(APP, "question_mark,f1", "help", "this page", "help", 1),
    Key(DASHBOARD, "space", "toggle_pause", "pause the training, or go on", "pause", 1),
    Key(DASHBOARD, "full_stop,n", "single_step", "train a single step, then pause", "step", 4),
    Key(DASHBOARD, "s", "stop", "stop the run for good (asks first)", "stop", 3),
    Key(KNOBS, "up,k", "choose(-1)", "choose the knob above"),
    Key(KNOBS, "down,j", "choose(1)", "choose the knob below"),
    Key(KNOBS, "left,h,minus", "turn(-1)", "turn the knob down"),
    Key(KNOBS, "right,l,plus,equals_sign", "turn(1)", "turn the knob up", "turn", 2, "← →"),
    Key(KNOBS, "enter", "type", "type a value", "type", 6),
    Key(PREDICTIONS, "up,k", "move(-1)", "choose the row above", "move", 6, "↑ ↓"),
    Key(PREDICTIONS, "down,j", "move(1)", "choose the row below"),
    Key(PREDICTIONS, "left,h", "aside(-1)", "choose the image on the left"),
    Key(PREDICTIONS, "right,l", "aside(1)", "choose the image on the right"),
    Key(PREDICTIONS, "pageup", "page(-1)", "a page up"),
    Key(PREDICTIONS, "pagedown", "page(1)", "a page down"),
    Key(PREDICTIONS, "home,g", "edge(-1)", "to the first row"),
    Key(PREDICTIONS, "end,G", "edge(1)", "to the last row"),
    Key(PREDICTIONS, "enter", "open_row", "the autopsy of the row: its loss over time, its activations", "autopsy", 2),
    Key(PREDICTIONS, "o", "order", "order by the worst, by number, or by the next column", "order", 3),
    Key(PREDICTIONS, "O", "reverse", "the order the other way round"),
    Key(
        PREDICTIONS,
        "slash",
        "filter",
        "show some rows only: wrong, test, class=3, x1>0.5, P<0.2, row=17",
        "filter",
        3,
    ),
    Key(PREDICTIONS, "v", "compare", "rows, or the confusion matrix (of numbers: said over is)", "matrix", 4),
    Key(PREDICTIONS, "i", "type", "type values of your own, and see what the network says", "type values", 5),
    Key(FILTER, "enter,down", "keep", "keep it, and go to the list", "keep", 1),
    Key(FILTER, "escape", "give_up", "take it away", "take away", 1),
    Key(AUTOPSY, "left,up,h,k", "step(-1)", "the row before, in the order of the pane"),
    Key(AUTOPSY, "right,down,l,j", "step(1)", "the next row", "next row", 2, "← →"),
    Key(AUTOPSY, "home,g", "edge(-1)", "the first row"),
    Key(AUTOPSY, "end,G", "edge(1)", "the last row"),
    Key(AUTOPSY, "y", "toggle_log", "the loss on a logarithmic axis, or a plain one", "log", 3),
    Key(AUTOPSY, "i", "type", "type values of your own, beginning with the row's", "type values", 4),
    Key(AUTOPSY, "escape,enter,q", "close", "back to the run", "back", 1),
    Key(VALUES, "up", "app.focus_previous", "the input above"),
    Key(VALUES, "down", "app.focus_next", "the input below"),
    Key(VALUES, "escape", "close", "back to the run", "back", 1),
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
    Key(PANES, "y", "toggle_log", "the chart on a logarithmic axis, or a plain one", "log", 7),
    Key(DASHBOARD, "escape", "back", "from one pane to all; else to the start screen, if any"),
    Key(START, "enter", "open", "start the preset, or open the run", "open", 2),
    Key(START, "tab", "app.focus_next", "to the next list", "next list", 2),
    Key(QUESTION, "y,enter", "answer(True)", "yes"),
    Key(QUESTION, "n,escape,q", "answer(False)", "no"),
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
