"""The command line as a program, and a run that has finished."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.template import Template

Nntui = Callable[..., "subprocess.CompletedProcess[str]"]

COMMAND = [sys.executable, "-m", "nntui"]


@functools.cache
def template() -> Template:
    """One for all tests: it is there when the first asks for it."""
    return Template()


def call(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """``nntui ARGUMENTS`` without a terminal."""
    env = os.environ | options.pop("env", {})
    if hasattr(os, "fork") and not options.keys() - {"cwd"} and template().fits(env):
        return template().call(*arguments, env=env, **options)
    options = {"stdin": subprocess.DEVNULL, "timeout": 120, "env": env} | options
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False, **options)


@pytest.fixture
def nntui(nntui_home: Path) -> Nntui:
    """Runs the program to its end, in the data folder of this test."""
    return call


@pytest.fixture
def runs(nntui: Nntui) -> Callable[[], list[dict[str, Any]]]:
    """``nntui runs --json``, read."""
    return lambda: json.loads(nntui("runs", "--json").stdout)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one finished run, ``demo``, that has learned XOR."""
    home = tmp_path_factory.mktemp("trained")
    arguments = ["train", "xor", "--set", "lr=1", "--steps", "3000", "--name", "demo", "--json"]
    done = call(*arguments, env={"NNTUI_HOME": str(home)})
    assert done.returncode == 0, done.stderr
    return home


@pytest.fixture
def demo(trained: Path, nntui_home: Path) -> Path:
    """The folder of the finished run ``demo``, a copy for this test alone."""
    shutil.copytree(trained, nntui_home)
    return next((nntui_home / "runs").iterdir())


@pytest.fixture
def live(nntui: Nntui, runs: Callable[[], list[dict[str, Any]]]) -> str:
    """The id of a run that trains until it is stopped."""
    run = nntui("train", "xor", "--detach", "--name", "live", "--set", "epochs=1000000000").stdout.strip()
    wait_until(lambda: runs()[0]["step"] > 0)
    return run


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Waits for a condition; fails when it does not come."""
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "waited in vain"
        time.sleep(0.02)
