"""What each entrance loads, seen by a fresh interpreter, and that loading leaves no trace on the disk.

The walls between the packages are import contracts in ``pyproject.toml``.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import nntui

ROOT = Path(nntui.__file__).parent.parent
SCREEN = {"textual", "rich", "plotext", "typer", "nntui.tui", "nntui.cli"}
NUMBERS = {"numpy", "nntui.engine", "nntui.data", "nntui.trainer"}
SAY = "\nimport json, sys; print(json.dumps(sorted(sys.modules)))"


def python(code: str, *, home: Path, **environment: str) -> str:
    """What a fresh interpreter prints, with nothing but an empty home folder."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("NNTUI", "XDG_"))}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=clean | {"HOME": str(home), "PYTHONPATH": str(ROOT)} | environment,
        cwd=home,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


def loaded(code: str, home: Path) -> set[str]:
    """The modules that an interpreter holds after this code."""
    return set(json.loads(python(code + SAY, home=home).splitlines()[-1]))


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("nntui.cli.app", SCREEN - {"typer", "rich", "nntui.cli"} | NUMBERS | {"nntui.store", "psutil", "sqlite3"}),
        ("nntui.store.catalog", SCREEN | NUMBERS | {"nntui.config"}),
        ("nntui.store.commands", SCREEN | NUMBERS | {"nntui.config"}),
        ("nntui.store.reader", SCREEN | NUMBERS - {"numpy"}),
        ("nntui.store.writer", SCREEN | NUMBERS - {"numpy"}),
        ("nntui.launch", SCREEN | NUMBERS),
        ("nntui.presets", SCREEN | NUMBERS | {"nntui.store"}),
        ("nntui.engine", SCREEN | {"nntui.config", "nntui.store", "nntui.data", "nntui.trainer", "sqlite3"}),
        ("nntui.data", SCREEN | {"nntui.config", "nntui.store", "nntui.engine", "nntui.trainer", "sqlite3"}),
        ("nntui.trainer.loop", SCREEN | {"nntui.store", "nntui.data", "sqlite3", "psutil", "safetensors"}),
        ("nntui.trainer.session", SCREEN),
        ("nntui.inference.service", SCREEN | {"nntui.launch", "nntui.store.writer", "nntui.trainer.session"}),
        ("nntui.tui.app", {"typer", "nntui.cli", "nntui.inference"} | NUMBERS - {"numpy"}),
        ("nntui.tui.app", {f"nntui.tui.screens.{name}" for name in ("start", "edit", "autopsy", "values", "help")}),
    ],
)
def test_a_module_loads_none_of_what_it_must_not_know(module: str, forbidden: set[str], tmp_path: Path) -> None:
    assert sorted(loaded(f"import {module}", tmp_path) & forbidden) == []


@pytest.mark.parametrize(
    ("arguments", "forbidden"),
    [
        (["runs"], {"textual", "plotext"} | NUMBERS),
        (["runs", "--json"], {"textual", "plotext"} | NUMBERS),
        (["presets"], {"textual", "plotext", "psutil", "sqlite3"} | NUMBERS),
        (["paths"], {"textual", "plotext", "psutil", "sqlite3"} | NUMBERS),
        (["--help"], {"textual", "plotext", "psutil", "sqlite3"} | NUMBERS),
    ],
)
def test_a_light_command_loads_nothing_heavy(arguments: list[str], forbidden: set[str], tmp_path: Path) -> None:
    assert sorted(loaded(f"from nntui.cli import main; main({arguments!r})", tmp_path) & forbidden) == []


def test_a_trainer_that_trains_has_loaded_no_screen(tmp_path: Path) -> None:
    code = """
import runpy, sys
from nntui import config, paths
from nntui.store import folder
settings = config.RunConfig().with_settings(["steps=50", "test_fraction=0"])
run = folder.create(paths.runs_dir(), name="", preset="xor", config=settings.to_dict())
sys.argv = ["trainer", str(run)]
try:
    runpy.run_module("nntui.trainer", run_name="__main__", alter_sys=True)
except SystemExit as end:
    assert end.code == 0, end.code
"""
    modules = loaded(code, tmp_path)
    assert "nntui.trainer.session" in modules
    assert sorted(modules & SCREEN) == []


def test_importing_anything_creates_no_file(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    code = """
import importlib, pkgutil, nntui
for module in pkgutil.walk_packages(nntui.__path__, "nntui."):
    if not module.name.endswith("__main__") and module.name != "nntui.data.sets.prepare":
        importlib.import_module(module.name)
"""
    python(code, home=home, PYTHONDONTWRITEBYTECODE="1", TMPDIR=str(home))
    assert list(home.rglob("*")) == []


@pytest.mark.parametrize("package", ["engine", "data", "trainer/loop.py", "trainer/problem.py"])
def test_the_mathematics_imports_nothing_but_numpy_and_a_little_of_the_standard_library(package: str) -> None:
    """A list of what is allowed, where the contracts are lists of what is not."""
    allowed = {"__future__", "collections", "csv", "dataclasses", "difflib", "functools", "gzip", "importlib", "io"}
    allowed |= {
        "itertools",
        "math",
        "numbers",
        "numpy",
        "os",
        "pathlib",
        "re",
        "stat",
        "typing",
        "warnings",
        "zipfile",
        "nntui",
    }
    allowed |= {"_csv", "contextlib", "PIL"} if package == "data" else set()
    root = Path(nntui.__file__).parent / package
    files = [root] if root.is_file() else list(root.glob("*.py"))
    assert files
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            strangers = {name.partition(".")[0] for name in names} - allowed
            assert not strangers, f"{path.name} imports {strangers}"
