"""Every key once: what it does, where, and in which words. Bindings, footer, help and README are made from it."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from textual.binding import Binding, BindingType
from textual.keys import KEY_NAME_REPLACEMENTS, Keys, key_to_character

from nntui.errors import UserError, closest


@dataclass(frozen=True, slots=True)
class Key:
    """Keys that do one thing in one place.

    ``keys`` is a comma-separated list of Textual's key names, the first the one that is shown; ``help`` is one line
    for the help page. ``label`` is what the key bar calls it, nothing when it is not shown there; where there is not
    room for all, those of the highest ``rank`` go first. One that counts ``always`` works over dialogs, too.
    """

    place: str
    keys: str
    action: str
    help: str
    label: str = ""
    rank: int = 9
    show_as: str = ""
    always: bool = False

    @property
    def id(self) -> str:
        """What the settings file calls it: ``a run: toggle_pause``, ``the knobs: turn(-1)``."""
        return f"{self.place}: {self.action}"

    @property
    def names(self) -> tuple[str, ...]:
        """The keys as a person reads them."""
        return tuple(_SYMBOLS.get(key) or _character(key) or key for key in self.keys.split(","))

    @property
    def moves(self) -> bool:
        """Whether it moves about, by a key that needs no words."""
        return self.keys.partition(",")[0].rpartition("+")[2] in _MOVING

    @property
    def shown(self) -> str:
        """How the key bar writes it."""
        return self.show_as or self.names[0]


def _character(key: str) -> str:
    """What a key types, if that can be seen."""
    character = key_to_character(key) or ""
    return character if character.isprintable() and character != " " else ""


_MOVING = frozenset(("up", "down", "left", "right", "pageup", "pagedown", "home", "end", "tab"))
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
    "left_parenthesis": "(",
    "right_parenthesis": ")",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "shift+left": "⇧←",
    "shift+right": "⇧→",
    "backspace": "⌫",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "ctrl+p": "^p",
    "ctrl+l": "^l",
    "ctrl+z": "^z",
    "ctrl+q": "^q",
    "ctrl+c": "^c",
}

#: The places where keys work, as the help page calls them.
APP = "everywhere"
DASHBOARD = "a run"
PANES = "the panes"
CURVES = "the curves"
GRADIENTS = "the gradients"
KNOBS = "the knobs"
LAYERS = "the layers"
PREDICTIONS = "the predictions"
AUTOPSY = "the autopsy of a row"
VALUES = "values of your own"
PLANE = "the plane"
EVENTS = "the events"
START = "the start screen"
PRESETS = "the presets"
RUNS = "past runs"
LISTS = "every list"
FILTER = "a filter"
ENTRY = "typing a value"
LOOK = "a closer look"
EDIT = "editing before starting"
COMPARE = "comparing runs"
FILES = "opening a file"
EXPLANATION = "an explanation"
QUESTION = "a question"
CHOICE = "a choice"
HELP = "the help"

#: Places that say themselves how they are closed.
PASSING = (FILTER, ENTRY, LOOK, FILES, EXPLANATION, QUESTION, CHOICE, HELP)

#: Places whose keys work at the same time; those of everywhere work in all but the passing ones.
TOGETHER = (
    {DASHBOARD, PANES, CURVES, GRADIENTS},
    {COMPARE, CURVES},
    *({DASHBOARD, PANES, pane} for pane in (KNOBS, LAYERS, PREDICTIONS, PLANE, EVENTS)),
    *({START, LISTS, rows} for rows in (PRESETS, RUNS)),
)

KEYS: tuple[Key, ...] = (
    Key(APP, "q,ctrl+q,ctrl+c", "leave", "leave; training goes on", "leave", 1),
    Key(APP, "question_mark,f1", "help", "this page", "help", 1),
    Key(DASHBOARD, "space", "toggle_pause", "pause the training, or go on; also with a run that has ended", "pause", 1),
    Key(DASHBOARD, "full_stop,n", "single_step", "train a single step, then pause", "step", 5),
    Key(DASHBOARD, "s", "stop", "stop the run for good (asks first)", "stop", 5),
    Key(DASHBOARD, "r", "past", "all panes as they were at the step of the cursor, or as they are", "past", 3),
    Key(DASHBOARD, "left_parenthesis", "past_step(-1)", "the step before, as it was"),
    Key(DASHBOARD, "right_parenthesis", "past_step(1)", "the step after it", "a step", 2, "( )"),
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
    Key(CURVES, "b", "rewind", "go back to the step of the cursor (asks first)", "rewind", 8),
    Key(GRADIENTS, "v", "view", "curves, or layers as rows of colour over the whole run", "waterfall", 2),
    Key(KNOBS, "up,k", "choose(-1)", "choose the knob above"),
    Key(KNOBS, "down,j", "choose(1)", "choose the knob below"),
    Key(KNOBS, "left,h,minus", "turn(-1)", "turn the knob down"),
    Key(KNOBS, "right,l,plus,equals_sign", "turn(1)", "turn the knob up", "turn", 2, "← →"),
    Key(KNOBS, "enter", "type", "type a value; adopt the ghost, if there is one", "type", 6),
    Key(KNOBS, "g", "haunt", "a ghost: another value, tried beside the run", "ghost", 2),
    Key(LAYERS, "up,k", "scroll(-1)", "the layer above"),
    Key(LAYERS, "down,j", "scroll(1)", "the layer below"),
    Key(LAYERS, "pageup", "page(-1)", "a page of layers up"),
    Key(LAYERS, "pagedown", "page(1)", "a page of layers down"),
    Key(LAYERS, "home,g", "scroll_home", "to the first layer"),
    Key(LAYERS, "end,G", "scroll_end", "to the last layer"),
    Key(LAYERS, "v", "view", "other columns: norms, activations, shape", "columns", 2),
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
    Key(PLANE, "v", "view", "the surface or curve, each unit's own map, the weights", "view", 2),
    Key(PLANE, "up,k", "move(0, -1)", "move the cross up, or scroll", "cross", 5, "↑ ↓ ← →"),
    Key(PLANE, "down,j", "move(0, 1)", "move the cross down, or scroll"),
    Key(PLANE, "left,h", "move(-1, 0)", "move the cross to the left"),
    Key(PLANE, "right,l", "move(1, 0)", "move the cross to the right"),
    Key(PLANE, "pageup", "page(-1)", "a page up; on the surface, the output before"),
    Key(PLANE, "pagedown", "page(1)", "a page down; on the surface, the next output"),
    Key(PLANE, "home,g", "start", "put the cross away; to the first line"),
    Key(PLANE, "end,G", "finish", "to the last line"),
    Key(EVENTS, "up,k", "choose(-1)", "move up, to newer events", "move", 5, "↑ ↓"),
    Key(EVENTS, "down,j", "choose(1)", "move down"),
    Key(EVENTS, "pageup", "page(-1)", "a page up"),
    Key(EVENTS, "pagedown", "page(1)", "a page down"),
    Key(EVENTS, "home,g", "end(-1)", "to the newest event"),
    Key(EVENTS, "end,G", "end(1)", "to the oldest event"),
    Key(EVENTS, "slash", "search", "search as you type, by kind, step or words", "search", 2),
    Key(DASHBOARD, "u", "undo", "put the knob back that was turned here last", "undo", 6),
    Key(DASHBOARD, "K", "checkpoint", "keep a checkpoint of this step"),
    Key(DASHBOARD, "left_square_bracket", "turn_rate(-1)", "lower the learning rate by a fifth"),
    Key(DASHBOARD, "right_square_bracket", "turn_rate(1)", "raise the learning rate by a quarter", "rate", 5, "[ ]"),
    Key(PANES, "1", "pane(1)", "go to the loss; there already: hide it"),
    Key(PANES, "2", "pane(2)", "the same for the gradients"),
    Key(PANES, "3", "pane(3)", "the same for the knobs"),
    Key(PANES, "4", "pane(4)", "the same for the layers"),
    Key(PANES, "5", "pane(5)", "the same for the predictions"),
    Key(PANES, "6", "pane(6)", "the same for the plane"),
    Key(PANES, "7", "pane(7)", "the same for the events", "panes", 2, "1-7"),
    Key(PANES, "tab", "next_pane(1)", "go to the next pane"),
    Key(PANES, "shift+tab", "next_pane(-1)", "go to the pane before"),
    Key(PANES, "m,z", "maximise", "let the pane fill the screen, or put it back", "maximise", 7),
    Key(PANES, "less_than_sign", "widen(-1)", "make the column narrower"),
    Key(PANES, "greater_than_sign", "widen(1)", "make the column wider; or drag its border", "size", 8, "<>{}"),
    Key(PANES, "left_curly_bracket", "heighten(-1)", "make the pane lower"),
    Key(PANES, "right_curly_bracket", "heighten(1)", "make the pane higher"),
    Key(PANES, "0", "reset", "all panes where they were at first"),
    Key(DASHBOARD, "e", "explain", "what the pane shows, what good looks like, what to turn", "explain", 4),
    Key(DASHBOARD, "escape", "back", "to now; drops the ghost; to all panes; to the start screen, if any"),
    Key(START, "tab", "app.focus_next", "to the next list", "next list", 4),
    Key(START, "e", "edit", "edit what is chosen, then start it as a new run", "edit", 2),
    Key(START, "slash", "filter", "filter the list by words; runs also: state=running loss<0.1 age<2d", "filter", 3),
    Key(START, "o", "open_file", "open a file: a preset, a table, arrays, a folder of images", "file", 5),
    Key(START, "v", "look", "look closer: the whole description, and the data", "look", 6),
    Key(START, "escape", "clear", "take the filter away, then the marks"),
    Key(PRESETS, "enter", "open_row", "start the preset", "start", 1),
    Key(RUNS, "enter", "open_row", "open the run", "open", 1),
    Key(RUNS, "space", "mark", "mark the run, to compare it", "mark", 4),
    Key(RUNS, "c", "screen.compare", "compare the marked runs", "compare", 4),
    Key(RUNS, "d,delete", "screen.delete", "delete the run (asks first)", "delete", 5),
    Key(LISTS, "up,k", "move(-1)", "move up"),
    Key(LISTS, "down,j", "move(1)", "move down"),
    Key(LISTS, "pageup", "page(-1)", "a page up"),
    Key(LISTS, "pagedown", "page(1)", "a page down"),
    Key(LISTS, "home,g", "edge(-1)", "to the first row"),
    Key(LISTS, "end,G", "edge(1)", "to the last row"),
    Key(FILTER, "enter,down", "keep", "keep it, and go to the list", "keep", 1),
    Key(FILTER, "escape", "give_up", "take it away", "take away", 1),
    Key(ENTRY, "escape", "dismiss(None)", "leave the value as it is"),
    Key(LOOK, "escape,v,enter,q", "dismiss", "close it"),
    Key(EDIT, "left,h,minus", "turn(-1)", "the value before"),
    Key(EDIT, "right,l,plus,equals_sign", "turn(1)", "the next value", "turn", 3, "← →"),
    Key(EDIT, "enter", "type", "type a value", "type", 2),
    Key(EDIT, "backspace", "reset", "the value as it was", "as it was", 5),
    Key(EDIT, "n", "name_run", "give the run a name", "name", 4),
    Key(EDIT, "s,f5", "start", "start the run", "start", 1),
    Key(EDIT, "w", "save", "write it down as a preset of your own", "save", 4),
    Key(EDIT, "v", "look", "look closer at the data", "look", 6),
    Key(EDIT, "escape", "back", "leave it (asks, when something was changed)", "back", 2),
    Key(COMPARE, "v", "metric(1)", "the next metric; the keys of the curves work, too", "metric", 2),
    Key(COMPARE, "V", "metric(-1)", "the metric before"),
    Key(COMPARE, "m", "group", "runs that differ only in their seed as mean and band, or each", "mean", 2),
    Key(COMPARE, "up,k", "move(-1)", "choose the run above; it is drawn over the others", "move", 5, "↑ ↓"),
    Key(COMPARE, "down,j", "move(1)", "choose the run below"),
    Key(COMPARE, "space", "hide", "hide the run, or show it again", "hide", 3),
    Key(COMPARE, "0", "show_all", "hide none"),
    Key(COMPARE, "o", "order", "sort by the next column; or click its name", "sort", 2),
    Key(COMPARE, "O", "reverse", "the order the other way round"),
    Key(COMPARE, "less_than_sign", "columns(-1)", "the columns on the left"),
    Key(COMPARE, "greater_than_sign", "columns(1)", "the columns on the right", "columns", 4, "< >"),
    Key(COMPARE, "enter", "open_run", "open the run", "open", 5),
    Key(COMPARE, "escape", "back", "take the cursor away; else back to the start screen, if any", "back", 1),
    Key(FILES, "tab", "complete", "complete the path"),
    Key(FILES, "escape", "dismiss(None)", "close it"),
    Key(QUESTION, "y,enter", "answer(True)", "yes"),
    Key(QUESTION, "n,escape,q", "answer(False)", "no"),
    Key(CHOICE, "up", "highlight(-1)", "the name above"),
    Key(CHOICE, "down", "highlight(1)", "the name below"),
    Key(CHOICE, "escape", "close", "close, with what is ticked"),
    Key(EXPLANATION, "escape,e,enter,space,q", "dismiss", "close it"),
    Key(HELP, "escape,question_mark,f1,q", "dismiss", "close the help"),
    Key(APP, "ctrl+p", "command_palette", "the palette: themes, a picture of the screen, more", "palette", 8),
    Key(APP, "ctrl+l", "paint_anew", "paint the screen anew, if something else has written on it", always=True),
    Key(APP, "ctrl+z", "suspend_process", "back to the shell; fg returns"),
)


def told() -> list[str]:
    """The places of which help and README tell: a run and its panes, each pane, other screens, everywhere."""
    others = dict.fromkeys(key.place for key in KEYS if key.place not in (*PASSING, DASHBOARD, PANES, APP))
    return [DASHBOARD, PANES, *others, APP]


def shown(place: str, action: str) -> str:
    """The key that does something in a place, as a person reads it; for the words that tell of it elsewhere."""
    return next(key.names[0] for key in KEYS if (key.place, key.action) == (place, action))


def bindings(*places: str, without: Collection[str] = ()) -> list[BindingType]:
    """Textual's bindings for the keys of these places, but for some actions."""
    return [_binding(key) for key in KEYS if key.place in places and key.action not in without]


def labelled(*places: str) -> list[Key]:
    """What a key bar offers in these places, in the order of the keymap."""
    return [key for key in KEYS if key.label and key.place in places]


def remapped(changes: Mapping[str, Sequence[str]], source: str) -> dict[str, str]:
    """Keys by the ids of Textual's bindings, as ``App.set_keymap`` takes them. Raises UserError, naming the source.

    ``changes`` has, by the id of a :class:`Key`, the keys that work instead of those of the keymap.
    """
    ids = [key.id for key in KEYS]
    found = {}
    for action, keys in changes.items():
        if action not in ids:
            raise UserError(f"{source}: keys: unknown action {action!r}{closest(action, ids)}; nntui keys lists them")
        found[action] = ",".join(_key_name(key, action, source) for key in keys)
    _check_conflicts([replace(key, keys=found.get(key.id, key.keys)) for key in KEYS], found, source)
    return found


def _key_name(key: str, action: str, source: str) -> str:
    """Textual's name of a key, also of one that is given as its character or symbol."""
    name = {symbol: name for name, symbol in _SYMBOLS.items()}.get(key, "")
    if not name and len(key) == 1 and not key.isalnum():
        name = unicodedata.name(key, "").lower().replace("-", "_").replace(" ", "_")
        name = KEY_NAME_REPLACEMENTS.get(name, name)
    name = name or (key if len(key) == 1 else key.lower())
    known = {str(item.value) for item in Keys} | set(_SYMBOLS)
    if len(key) > 1 and name.rpartition("+")[2] not in known and len(name.rpartition("+")[2]) != 1:
        raise UserError(
            f"{source}: keys: {action}: unknown key {key!r}{closest(name, known)}; such as x, f2, ctrl+x, up"
        )
    return name


def _check_conflicts(keys: Sequence[Key], changed: Mapping[str, str], source: str) -> None:
    """Keys mean one thing in one place, and those of a pane nothing else that works there. Raises UserError."""
    meant = {key.id: set(key.keys.split(",")) for key in KEYS}
    for one, other in itertools.combinations(keys, 2):
        places = {one.place, other.place}
        together = len(places) == 1 or any(places <= group for group in TOGETHER)
        together = together or (APP in places and not places & set(PASSING))
        both = set(one.keys.split(",")) & set(other.keys.split(",")) - (meant[one.id] & meant[other.id])
        if together and both and (one.id in changed or other.id in changed):
            raise UserError(f"{source}: keys: {min(both)} means both {one.id!r} and {other.id!r}")


def use(changes: Mapping[str, str]) -> None:
    """From now on help and key bar tell the keys as they are remapped."""
    global KEYS  # noqa: PLW0603 (one keymap a process, changed once before the screen opens)
    KEYS = tuple(replace(key, keys=changes[key.id], show_as="") if key.id in changes else key for key in KEYS)


def _binding(key: Key) -> Binding:
    is_shown, display = bool(key.label), key.shown
    return Binding(key.keys, key.action, key.help, is_shown, display, priority=key.always, id=key.id)
