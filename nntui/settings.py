"""A person's own settings: one TOML file that this program reads and never writes."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nntui import paths
from nntui.errors import UserError, closest

FILE = "settings.toml"
MARKERS = ("auto", "braille", "quadrant", "ascii")
#: Each setting that is a text: the environment variables that say the same, the first that is set counts.
VARIABLES = {"theme": ("NNTUI_THEME", "TEXTUAL_THEME"), "marker": ("NNTUI_MARKER",), "budget": ("NNTUI_BUDGET",)}

TEMPLATE = """\
# Settings of nntui's screen. They go into {path}
# An option of the command line goes before, then the environment (NNTUI_THEME, NNTUI_MARKER, NNTUI_BUDGET).

# The theme; without it, the one that was chosen last (ctrl+p, Theme).
{theme}

# What curves are drawn with: auto, braille, quadrant or ascii.
{marker}

# Bytes a second that the screen may send to this terminal, such as "4k", or "off".
{budget}

# Other keys: the action, and its keys. Names of keys are those that `nntui keys` lists.
[keys]
{keys}
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the screen is told: a theme (nothing: the one chosen last), a marker, a budget, and keys by action."""

    theme: str = ""
    marker: str = "auto"
    budget: str = "off"
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def settings_path() -> Path:
    """Where the file is, or would be."""
    return paths.config_dir() / FILE


def load(path: Path | None = None) -> Settings:
    """The settings of the environment, else of the file, else the defaults. Raises UserError, in one line."""
    path = path or settings_path()
    table = _read(path)
    known = (*VARIABLES, "keys")
    for name in table:
        if name not in known:
            raise UserError(f"{path}: unknown setting {name!r}{closest(name, known)}; settings: {', '.join(known)}")
    texts = {name: _text(path, table, name) for name in VARIABLES}
    where = {name: texts[name][0] for name in texts}
    found = {name: texts[name][1] for name in texts}
    marker = found["marker"] or "auto"
    if marker not in MARKERS:
        hint = closest(marker, MARKERS)
        raise UserError(f"{where['marker']}: marker = {marker!r}: must be one of {', '.join(MARKERS)}{hint}")
    return Settings(found["theme"], marker, found["budget"] or "off", _keys(path, table.get("keys", {})))


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path}: {' '.join(str(error).split())}") from None


def _text(path: Path, table: Mapping[str, Any], name: str) -> tuple[str, str]:
    """Where a setting is found, and its text; an empty one when it is nowhere."""
    for variable in VARIABLES[name]:
        if text := os.environ.get(variable, ""):
            return variable, text
    value = table.get(name, "")
    if not isinstance(value, str):
        raise UserError(f"{path}: {name} = {value!r}: must be a text")
    return str(path), value


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

    keys = [f"{action!r} = {list(names)!r}".replace("'", '"') for action, names in settings.keys.items()]
    return TEMPLATE.format(
        path=settings_path(),
        theme=row("theme", settings.theme, "", "nord"),
        marker=row("marker", settings.marker, "auto", "auto"),
        budget=row("budget", settings.budget, "off", "off"),
        keys="\n".join(keys) or '# "a run: toggle_pause" = ["p", "space"]',
    )
