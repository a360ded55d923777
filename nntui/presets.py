"""Finds presets, the bundled ones and then the user's own, and loads them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nntui import config, paths
from nntui.config import RunConfig
from nntui.errors import UserError, closest
from nntui.files import replacing
from nntui.knob import ConfigError


@dataclass(frozen=True, slots=True)
class Preset:
    """A named configuration file."""

    name: str
    path: Path
    own: bool = False

    def load(self) -> RunConfig:
        """Its configuration, checked. Raises ConfigError."""
        return config.load(self.path)


def available() -> dict[str, Preset]:
    """Every preset by name; a user's own hides a bundled one of the same name."""
    found = {}
    for folder, own in ((paths.bundled_presets_dir(), False), (paths.user_presets_dir(), True)):
        for path in sorted(folder.glob("*.toml"), key=lambda path: path.stem) if folder.is_dir() else ():
            found[path.stem] = Preset(path.stem, path, own)
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


def own_path(name: str) -> Path:
    """Where a user's own preset of this name is kept. Raises ConfigError for a name that no file should have."""
    if not 0 < len(name) <= 60 or not all(char.isalnum() or char in "-_ ." for char in name) or name[0] in ". -":
        raise ConfigError(
            "must be 1 to 60 letters, digits, blanks, points, - and _, and begin with a letter or a digit"
        )
    if name != name.strip() or name.lower().endswith(".toml"):
        raise ConfigError("must be a name without blanks at its ends, and without .toml")
    return paths.user_presets_dir() / f"{name}.toml"


def save(name: str, preset: RunConfig) -> Path:
    """Writes a configuration as one of the user's own presets, whole or not at all. Raises UserError."""
    import tomli_w

    path = own_path(name)
    try:
        paths.make(path.parent)
        with replacing(path, 0o600) as file:
            file.write(tomli_w.dumps(preset.to_dict(), multiline_strings=True).encode())
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror or error}") from None
    return path
