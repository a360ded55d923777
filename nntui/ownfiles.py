"""A path that a person typed: what it may become while it is typed, and what configuration a file there makes."""

from __future__ import annotations

import os
from pathlib import Path

from nntui import config
from nntui.config import RunConfig
from nntui.errors import UserError
from nntui.knobs import TABLES

#: So many suggestions are made, of at most so many names of a folder.
_MOST, _LOOKED_AT = 50, 5000
#: What a person's own data are tried with first: enough for most small tables, and soon done.
_BASE = {
    "model": {"layers": [16, 16], "activation": "relu", "init": "he"},
    "training": {"optimizer": "adam", "lr": 0.003, "batch_size": 32, "epochs": 500},
}


class FileError(UserError):
    """A path at which there is nothing that can be used."""


def expanded(text: str) -> Path:
    """The path meant by a text, ``~`` and relative ones filled in. Raises FileError."""
    if "\0" in text:
        raise FileError("a path holds no NUL characters")
    return Path(os.path.expanduser(text)).absolute()  # noqa: PTH111 - Path.expanduser raises without a home


def suggestions(text: str) -> tuple[str, ...]:
    """The texts to which a path may be completed, folders with a slash at their end; only what can be opened."""
    head, slash, start = text.rpartition("/")
    try:
        folder = expanded(head + slash) if slash else Path().absolute()
        names = []
        with os.scandir(folder) as entries:
            for _, entry in zip(range(_LOOKED_AT), entries, strict=False):
                hidden = entry.name.startswith(".") and not start.startswith(".")
                if entry.name.startswith(start) and not hidden and _usable(entry):
                    names.append(entry.name + ("/" if entry.is_dir() else ""))
    except (OSError, ValueError, FileError):
        return ()
    return tuple(head + slash + name for name in sorted(names)[:_MOST])


def _usable(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir() or entry.name.lower().endswith((".toml", *TABLES))


def completed(text: str) -> str:
    """The text with all that its suggestions have in common."""
    found = suggestions(text)
    return os.path.commonprefix(found) if found else text  # noqa: RUF071 - as far as the letters agree


def configuration(text: str) -> tuple[str, RunConfig]:
    """A name and the configuration of a preset, or one that fits a table, arrays or a folder. Raises UserError."""
    path = expanded(text.strip())
    if not text.strip():
        raise FileError("a .toml preset, a .csv, .tsv, .txt or .npz file, or a folder of images")
    try:
        is_folder, exists = path.is_dir(), path.exists()
    except (OSError, ValueError) as error:
        raise FileError(f"cannot be looked at: {error}") from None
    if not exists:
        raise FileError("there is no such file or folder")
    if path.suffix.lower() == ".toml" and not is_folder:
        return path.stem, config.load(path)
    if not is_folder and not path.name.lower().endswith(TABLES):
        raise FileError(f"{path.name}: must end in .toml, {', '.join(TABLES)}, or be a folder of images")
    source = f"{path}/" if is_folder else str(path)
    return path.name, config.from_dict({"title": path.name, "data": {"source": source}, **_BASE})
