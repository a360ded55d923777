"""A run folder without a trainer, and what a script can do under a limit on the size of files."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nntui.config import RunConfig
from nntui.store import folder


@pytest.fixture
def runs(nntui_home: Path) -> Path:
    """The folder of this test's runs."""
    return nntui_home / "runs"


@pytest.fixture
def make_run(runs: Path) -> Callable[..., Path]:
    """Makes run folders: ``make_run(name="", preset="xor")``."""

    def make(name: str = "", preset: str = "xor") -> Path:
        return folder.create(runs, name=name, preset=preset, config=RunConfig().to_dict())

    return make


@pytest.fixture
def run(make_run: Callable[..., Path]) -> Path:
    """A new run folder."""
    return make_run()


@pytest.fixture
def python() -> Callable[..., str]:
    """Runs a script in a process of its own and returns what it prints: ``python(code, *arguments)``."""

    def call(code: str, *arguments: object) -> str:
        argv = [sys.executable, "-c", code, *map(str, arguments)]
        return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=True).stdout

    return call
