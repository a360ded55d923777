"""Where runs, presets and settings live. Nothing is made by asking."""

from __future__ import annotations

import os
from pathlib import Path

from nntui.errors import UserError

APP = "nntui"


def home() -> Path | None:
    """``$NNTUI_HOME``, which moves all state, if it is set."""
    value = os.environ.get("NNTUI_HOME", "")
    try:
        return Path(value).expanduser().absolute() if value else None
    except RuntimeError:
        raise UserError(f"NNTUI_HOME = {value!r}: names no folder") from None


def data_dir() -> Path:
    """The folder that holds the runs."""
    if (moved := home()) is not None:
        return moved
    import platformdirs

    return platformdirs.user_data_path(APP, appauthor=False)


def config_dir() -> Path:
    """The folder that holds a user's own presets."""
    if (moved := home()) is not None:
        return moved
    import platformdirs

    return platformdirs.user_config_path(APP, appauthor=False)


def make(folder: Path) -> None:
    """Makes a folder, and those above it that are missing, for this user alone, whatever the umask. Raises OSError."""
    for missing in [place for place in (*reversed(folder.parents), folder) if not place.exists()]:
        missing.mkdir(mode=0o700, exist_ok=True)


def runs_dir() -> Path:
    """One folder per run."""
    return data_dir() / "runs"


def user_presets_dir() -> Path:
    """The user's own presets, found by name like the bundled ones."""
    return config_dir() / "presets"


def bundled_presets_dir() -> Path:
    """The presets that come with the program: inside the wheel, or at the top of a checkout."""
    package = Path(__file__).parent
    inside = package / "_presets"
    return inside if inside.is_dir() else package.parent / "presets"
