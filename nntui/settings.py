"""A person's own settings: one TOML file that this program reads and never writes."""

from __future__ import annotations

import json
import os
import re
import textwrap
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from nntui import paths
from nntui.errors import UserError, closest

FILE = "settings.toml"
MARKERS = ("auto", "braille", "quadrant", "ascii")
#: Our own themes, then Textual's; named here so that a command can check a name without importing Textual.
THEMES = (
    *("nntui-dark", "nntui-light", "ansi-dark", "ansi-light", "atom-one-dark", "atom-one-light"),
    *("catppuccin-frappe", "catppuccin-latte", "catppuccin-macchiato", "catppuccin-mocha", "dracula", "flexoki"),
    *("gruvbox", "monokai", "nord", "rose-pine", "rose-pine-dawn", "rose-pine-moon", "solarized-dark"),
    *("solarized-light", "textual-dark", "textual-light", "tokyo-night"),
)
#: Each setting that is a text: the environment variables that say the same, the first that is set counts.
VARIABLES = {"theme": ("NNTUI_THEME", "TEXTUAL_THEME"), "marker": ("NNTUI_MARKER",), "budget": ("NNTUI_BUDGET",)}
#: Bytes a second: of ``--slow``, which is to stay below 2 KiB; and the least in which one still sees a curve grow.
SLOW: Final = 1740
LEAST: Final = 1024
#: Where nobody says anything: what a screen may send that is to stay below 8 KiB.
USUAL: Final = 7800

_AMOUNT = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)([kKmM]?)")
_UNITS = {"": 1, "k": 1024, "m": 1024 * 1024}

TEMPLATE = """\
# Settings of nntui's screen. They go into {path}
# An option of the command line goes before, then the environment (NNTUI_THEME, NNTUI_MARKER, NNTUI_BUDGET).

# The theme; without it, the one that was chosen last (ctrl+p, Theme). There are:
{themes}
{theme}

# What curves are drawn with: auto, braille, quadrant or ascii.
{marker}

# Most bytes a second that the screen may send to this terminal, such as "4k" or "1M", or "none"; else {usual}.
{budget}

# Other keys: the action, and its keys. Names of keys are those that `nntui keys` lists.
[keys]
{keys}
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the screen is told: a theme (nothing: the one chosen last), a marker, a budget, and keys by action.

    The budget is in bytes a second, None for as many as there are.
    """

    theme: str = ""
    marker: str = "auto"
    budget: int | None = USUAL
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def settings_path() -> Path:
    """Where the file is, or would be."""
    return paths.config_dir() / FILE


def load(path: Path | None = None, options: Mapping[str, str | None] | None = None) -> Settings:
    """The settings of the command line, else of the environment, of the file, or the defaults.

    ``options`` are those of the command line, by setting, None for one that was not given. Raises UserError, in one
    line that says where the wrong thing stands.
    """
    path = path or settings_path()
    table = _read(path)
    known = (*VARIABLES, "keys")
    for name in table:
        if name not in known:
            raise UserError(f"{path}: unknown setting {name!r}{closest(name, known)}; settings: {', '.join(known)}")
    found = {name: _text(path, table, name, (options or {}).get(name)) for name in VARIABLES}
    return Settings(
        _one_of(THEMES, *found["theme"]),
        _one_of(MARKERS, *found["marker"]) or "auto",
        budget(found["budget"][1], found["budget"][0]) if found["budget"][1] is not None else USUAL,
        _keys(path, table.get("keys", {})),
    )


def budget(text: str, source: str = "--budget") -> int | None:
    """Bytes a second: ``4k``, ``1.5M`` or a plain number; None for ``none``, which sets no limit. Raises UserError."""
    if text == "none":
        return None
    found = _AMOUNT.fullmatch(text)
    amount = int(float(found[1]) * _UNITS[found[2].lower()]) if found else 0
    if amount < LEAST:
        raise UserError(f"{source} {_short(text)}: must be bytes a second, such as 4k or 1M, at least 1k; or none")
    return amount


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")


def _one_of(names: Sequence[str], source: str, text: str | None) -> str:
    if text is not None and text not in names:
        raise UserError(f"{source} {_short(text)}: must be one of {', '.join(names)}{closest(text, names)}")
    return text or ""


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.exists() and not path.is_file():
            raise UserError(f"{path}: a directory or a device, not a file")
        return tomllib.loads(path.read_bytes().decode())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: {' '.join(str(error).split())}") from None


def _text(path: Path, table: Mapping[str, Any], name: str, option: str | None) -> tuple[str, str | None]:
    """Where a setting stands, in the words of an error, and its text; None when it stands nowhere."""
    if option is not None:
        return f"--{name}", option
    for variable in VARIABLES[name]:
        if text := os.environ.get(variable, ""):
            return f"{variable} =", text
    value = table.get(name)
    if value is not None and not isinstance(value, str):
        raise UserError(f"{path}: {name} = {value!r}: must be a text")
    return f"{path}: {name} =", value


def _keys(path: Path, table: object) -> dict[str, tuple[str, ...]]:
    """Keys by action, as the file has them: a text, or a list of texts. Whether they exist, the keymap knows."""
    if not isinstance(table, dict):
        raise UserError(f"{path}: keys = {table!r}: must be a table of actions and their keys")
    found = {}
    for action, keys in table.items():
        several = [keys] if isinstance(keys, str) else keys
        if not isinstance(several, list) or not several or not all(isinstance(key, str) and key for key in several):
            raise UserError(f'{path}: keys: {action} = {keys!r}: must be a key such as "x", or a list of them')
        found[action] = tuple(several)
    return found


def template(settings: Settings) -> str:
    """A commented file that says what counts now."""

    def row(name: str, value: str, default: str, example: str) -> str:
        return f'{name} = "{value}"' if value != default else f'# {name} = "{example}"'

    keys = [f"{json.dumps(action)} = {json.dumps(names)}" for action, names in settings.keys.items()]
    return TEMPLATE.format(
        path=settings_path(),
        theme=row("theme", settings.theme, "", "nntui-light"),
        themes="\n".join(textwrap.wrap(", ".join(THEMES), 100, initial_indent="# ", subsequent_indent="# ")),
        marker=row("marker", settings.marker, "auto", "auto"),
        usual=_amount(USUAL),
        budget=row("budget", _amount(settings.budget), _amount(USUAL), "4k"),
        keys="\n".join(keys) or '# "a run: toggle_pause" = ["p", "space"]',
    )


def _amount(budget: int | None) -> str:
    """A budget as a person writes it."""
    if budget is None:
        return "none"
    return str(budget) if budget % 1024 else f"{budget // 1024}k"
