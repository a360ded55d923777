"""How many cores a trainer's matrix products get."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from nntui import paths
from nntui.config import RunConfig
from nntui.store import folder
from nntui.trainer import threads
from nntui.trainer.threads import VARIABLES, use_threads


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is said yet; whatever is said is taken back."""
    for name in VARIABLES:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def said() -> set[str | None]:
    return {os.environ.get(name) for name in VARIABLES}


@pytest.mark.parametrize(("cores", "half"), [(1, "1"), (2, "1"), (5, "2"), (16, "8")])
def test_half_of_the_cores_are_used_unless_another_number_is_asked_for(
    cores: int, half: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "_cores", lambda: cores)
    use_threads(0)
    assert said() == {half}
    use_threads(3)
    assert said() == {"3"}


def test_the_environment_has_its_say_before_the_rule_and_after_the_knob(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.setenv(name, "7")
    use_threads(0)
    assert said() == {"7"}
    use_threads(2)
    assert said() == {"2"}


def test_only_cores_that_this_process_may_use_are_counted() -> None:
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("no affinity here")
    code = "import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])\n"
    code += "from nntui.trainer import threads; print(threads._cores())"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "1\n"


def test_numpy_is_not_loaded_before_its_threads_are_told() -> None:
    code = "import sys, nntui.trainer.__main__; print('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_a_trainer_takes_the_number_of_its_configuration() -> None:
    settings = RunConfig().with_settings(["threads=3", "steps=5", "test_fraction=0"])
    run = folder.create(paths.runs_dir(), name="", preset="", config=settings.to_dict())
    code = "import os, sys, pathlib\nfrom nntui.trainer.__main__ import main\n"
    code += "print(main(pathlib.Path(sys.argv[1])), os.environ['OMP_NUM_THREADS'])"
    done = subprocess.run([sys.executable, "-c", code, str(run)], capture_output=True, text=True, check=True)
    assert done.stdout == "0 3\n"
