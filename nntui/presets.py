"""Finds presets, the bundled ones and then the user's own, and loads them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nntui import config, paths
from nntui.config import RunConfig
from nntui.errors import closest
from nntui.knob import ConfigError


@dataclass(frozen=True, slots=True)
class Preset:
    """A named configuration file."""

    name: str
    path: Path

    def load(self) -> RunConfig:
        """Its configuration, checked. Raises ConfigError."""
        return config.load(self.path)


def available() -> dict[str, Preset]:
    """Every preset by name; a user's own hides a bundled one of the same name."""
    found = {}
    for folder in (paths.bundled_presets_dir(), paths.user_presets_dir()):
        for path in sorted(folder.glob("*.toml"), key=lambda path: path.stem) if folder.is_dir() else ():
            found[path.stem] = Preset(path.stem, path)
    return found


def find(name: str) -> Preset:
    """A preset by its name, or any TOML file by its path. Raises ConfigError."""
    if name.endswith(".toml") or "/" in name or "\\" in name:
        return Preset(Path(name).stem, Path(name))
    presets = available()
    if name not in presets:
        listed = ", ".join(presets) or "none"
        shown = repr(name if len(name) <= 60 else name[:57] + "...")
        raise ConfigError(f"no preset {shown}{closest(name, presets)}; presets: {listed}; or name a .toml file")
    return presets[name]
