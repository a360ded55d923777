"""What the screen remembers by itself from one time to the next: the theme, and where the panes stand."""

from __future__ import annotations

import tomllib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import tomli_w

from nntui import paths
from nntui.files import replacing

FILE = "screen.toml"
#: A file that is larger was not written here.
_MOST_BYTES = 65_536
_HEADING = "# What the screen remembers. Settings of your own go into settings.toml: nntui settings prints them.\n\n"


class Memory:
    """The file beside the runs. It is written when there is something to remember, never by looking.

    Whatever is wrong with the file or its folder is as good as nothing remembered. Of two screens that are open at
    the same time, the last one to write is remembered.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or paths.data_dir() / FILE
        self._facts = _read(self._path)
        self._thread: ThreadPoolExecutor | None = None

    @property
    def theme(self) -> str:
        """The theme that was chosen last; nothing when none was."""
        theme = self._facts.get("theme", "")
        return theme if isinstance(theme, str) else ""

    @property
    def layout(self) -> dict[str, Any]:
        """What was changed of the board's plans, by plan."""
        layout = self._facts.get("layout", {})
        return layout if isinstance(layout, dict) else {}

    def keep(self, **facts: Any) -> None:
        """Remembers these facts besides the others; another thread writes them, so that nobody waits for the disk."""
        changed = {**self._facts, **facts}
        if changed != self._facts:
            self._facts = changed
            self._thread = self._thread or ThreadPoolExecutor(1, thread_name_prefix="nntui-memory")
            self._thread.submit(_write, self._path, changed)

    def close(self) -> None:
        """Nothing more will be remembered; what is, is still written."""
        if self._thread is not None:
            self._thread.shutdown(wait=False)


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.loads(file.read(_MOST_BYTES).decode())
    except (OSError, ValueError, RecursionError):
        return {}


def _write(path: Path, facts: dict[str, Any]) -> None:
    """Puts a whole new file in place of the old one, if the folder lets it."""
    with suppress(OSError, ValueError, TypeError):
        paths.make(path.parent)
        with replacing(path, 0o600) as file:
            file.write((_HEADING + tomli_w.dumps(facts)).encode())
