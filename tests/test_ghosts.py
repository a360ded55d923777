"""A ghost beside a run, with real trainers: adopted to the bit, dropped without a trace, and never left alone."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nntui import ghosts, launch, paths
from nntui.config import RunConfig
from nntui.errors import UserError
from nntui.ghosts import Ghost
from nntui.inference.recollection import Recollection
from nntui.processes import lives
from nntui.store import catalog, commands, folder
from nntui.store.folder import CHECKPOINTS
from nntui.store.reader import Reader
from nntui.trainer.checkpoints import load_model

#: Starts a ghost of a run, says which, and waits to be killed.
HAUNT = """
import sys, time
from pathlib import Path
from nntui import ghosts
ghost = ghosts.start(Path(sys.argv[1]), "training.lr", "0.5")
print(ghost.folder.name, ghost.trainer.pid, flush=True)
time.sleep(600)
"""


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "waited in vain"
        time.sleep(0.005)


def ask(run: Path, kind: str, key: str = "", value: str = "") -> None:
    number = commands.append(run, kind, key, value)
    answer = commands.wait(run, number, alive=lambda: True)
    assert answer is not None
    assert answer.status == "applied", answer


@pytest.fixture
def live(nntui_home: Path) -> Iterator[Path]:
    """A run that trains until the test ends."""
    settings = RunConfig().with_settings(["source=moons", "layers=4,3", "lr=0.125", "epochs=1000000000"])
    folder, trainer = launch.start_run(settings, preset="moons", name="mine")
    wait_until(lambda: catalog.open_run(folder).step > 0)
    yield folder
    trainer.kill()
    trainer.wait()


def weights(run: Path) -> tuple[int, dict[str, bytes]]:
    reader = Reader(run)
    step, found = reader.table("weights") or (-1, {})
    reader.close()
    return step, {name: array.tobytes() for name, array in found.items()}


def held(run: Path) -> tuple[int, dict[str, bytes]]:
    """Step and weights of a run that holds from now on."""
    ask(run, "pause")
    step, found = weights(run)
    assert step == catalog.open_run(run).step
    return step, found


def adopted(source: Path, ghost: Ghost) -> None:
    """The ghost's own steps are made by the run, to the bit, once it has adopted it."""
    wait_until(lambda: catalog.open_run(ghost.folder).step > ghost.step + 300)
    step, there = held(ghost.folder)
    assert ghosts.adopt(source, ghost) is None
    assert not ghost.folder.exists()
    assert ghost.trainer.returncode is not None
    wait_until(lambda: catalog.open_run(source).branches == 1 and catalog.open_run(source).step >= step)
    recollection = Recollection(source)
    assert recollection.seek(step, 60.0) == 1
    _, portrait = recollection.portrait
    assert {name: array.tobytes() for name, array in portrait.tables["weights"].items()} == there


def test_a_run_becomes_its_ghost_to_the_bit(live: Path) -> None:
    ghost = ghosts.start(live, "training.lr", "0.5")
    wait_until(lambda: catalog.open_run(live).step > ghost.step + 300)
    adopted(live, ghost)
    config = catalog.open_run(live).config["training"]
    assert config["lr"] == 0.5
    assert catalog.open_run(live).state == "running"


def test_knobs_turned_just_where_the_ghost_began_are_kept(live: Path) -> None:
    ask(live, "pause")
    ask(live, "set", "training.l2", "0.01")
    ghost = ghosts.start(live, "training.lr", "0.5")
    assert ghost.step == catalog.open_run(live).step
    ask(live, "resume")
    wait_until(lambda: catalog.open_run(live).step > ghost.step + 300)
    ask(live, "set", "training.l1", "0.01")
    adopted(live, ghost)
    config = catalog.open_run(live).config["training"]
    assert (config["lr"], config["l2"], config["l1"]) == (0.5, 0.01, 0.0)


def test_a_run_that_holds_where_its_ghost_began_only_turns_the_knob(live: Path) -> None:
    step, _ = held(live)
    ghost = ghosts.start(live, "training.lr", "0.5")
    wait_until(lambda: catalog.open_run(ghost.folder).step > step)
    ghosts.adopt(live, ghost)
    wait_until(lambda: catalog.open_run(live).step > step)
    assert catalog.open_run(live).branches == 0
    assert catalog.open_run(live).config["training"]["lr"] == 0.5
    refused = [command.kind for command in commands.listed(live) if command.status != "applied"]
    assert refused == ["rewind"], "it is there already"


def test_a_run_that_somebody_has_go_on_meanwhile_becomes_its_ghost(live: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was seen to hold where the ghost began, and no longer does when the commands come."""
    held(live)
    seen = catalog.open_run(live)
    ghost = ghosts.start(live, "training.lr", "0.5")
    ask(live, "resume")
    wait_until(lambda: catalog.open_run(live).step > ghost.step + 100)
    look = catalog.open_run
    with monkeypatch.context() as patched:
        patched.setattr(catalog, "open_run", lambda folder: seen if folder == live else look(folder))
        ghosts.adopt(live, ghost)
    wait_until(lambda: catalog.open_run(live).branches == 1 and catalog.open_run(live).state == "running")
    turned = [command for command in commands.listed(live) if command.kind == "set"]
    assert [(command.value, command.step) for command in turned] == [("0.5", ghost.step)]


def test_what_was_turned_since_where_both_hold_is_turned_back(live: Path) -> None:
    step, _ = held(live)
    ghost = ghosts.start(live, "training.lr", "0.5")
    ask(live, "set", "training.l2", "0.01")
    wait_until(lambda: catalog.open_run(ghost.folder).step > step + 100)
    after, there = held(ghost.folder)
    ghosts.adopt(live, ghost)
    wait_until(lambda: catalog.open_run(live).step >= after)
    config = catalog.open_run(live).config["training"]
    assert (config["lr"], config["l2"]) == (0.5, 0.0)
    recollection = Recollection(live)
    assert recollection.seek(after, 60.0) == 1
    assert {name: array.tobytes() for name, array in recollection.portrait[1].tables["weights"].items()} == there


def test_a_run_that_has_ended_meanwhile_is_gone_on_with(live: Path) -> None:
    ghost = ghosts.start(live, "training.lr", "0.5")
    wait_until(lambda: catalog.open_run(live).step > ghost.step + 100)
    ask(live, "stop")
    wait_until(lambda: not catalog.open_run(live).live)
    trainer = ghosts.adopt(live, ghost)
    assert trainer is not None
    wait_until(lambda: catalog.open_run(live).state == "running")
    assert catalog.open_run(live).branches == 1
    trainer.kill()
    trainer.wait()


def test_a_ghost_is_listed_only_with_all_and_goes_without_a_trace(live: Path) -> None:
    ghost = ghosts.start(live, "training.lr", "0.5")
    record = catalog.open_run(ghost.folder)
    assert (record.name, record.archived) == ("ghost of mine", True)
    assert catalog.find_run(paths.runs_dir())[0] == live  # the latest
    assert record.note == f"training.lr = 0.5, beside {live.name} from step {ghost.step:,}"
    wait_until(lambda: catalog.open_run(ghost.folder).config["training"]["lr"] == 0.5)
    before = catalog.open_run(live)
    ghosts.drop(ghost)
    assert [path.name for path in paths.runs_dir().iterdir()] == [live.name]
    assert not lives(ghost.trainer.pid, None)
    after = catalog.open_run(live)
    assert (after.state, after.config, after.branches) == ("running", before.config, 0)
    assert [command.kind for command in commands.listed(live)] == ["checkpoint"]
    ghosts.drop(ghost)  # somebody else was quicker


def test_a_ghost_does_not_outlive_who_watches_it(live: Path) -> None:
    viewer = subprocess.Popen([sys.executable, "-c", HAUNT, str(live)], stdout=subprocess.PIPE, text=True)
    assert viewer.stdout is not None
    name, pid = viewer.stdout.readline().split()
    wait_until(lambda: catalog.open_run(live.with_name(name)).step > 0)
    viewer.kill()
    viewer.communicate()
    wait_until(lambda: not lives(int(pid), None))
    left = catalog.open_run(live.with_name(name))
    assert (left.state, left.reason, left.archived) == ("stopped", "by signal", True)
    assert load_model(live.with_name(name) / CHECKPOINTS).step == left.step
    assert catalog.open_run(live).state == "running"


def test_what_is_left_of_one_goes_with_the_next(live: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left, kept = (ghosts.start(live, "training.lr", "0.5") for _ in range(2))
    folder.label(kept.folder, archived=False)  # somebody wants it
    for ghost in (left, kept):
        ghost.trainer.kill()
        ghost.trainer.wait()
    ghosts.sweep(paths.runs_dir())
    assert left.folder.exists(), "it may be at work yet"
    monkeypatch.setattr(ghosts, "LEFT_SECONDS", 0.0)
    ghosts.drop(ghosts.start(live, "training.lr", "0.5"))
    assert not left.folder.exists()
    assert kept.folder.exists()
    assert catalog.open_run(live).state == "running"
    for ghost in (left, kept):
        ghosts.drop(ghost)


def test_one_that_does_not_stop_is_ended_all_the_same(live: Path) -> None:
    code = (
        "import signal, sys; from pathlib import Path; from nntui.trainer import __main__ as trainer, session;"
        "trainer.LEASH_SECONDS = 0.1; session.Session.run = lambda self: print('here', flush=True) or signal.pause();"
        "trainer.main(Path(sys.argv[1]), leashed=True)"
    )
    command = [sys.executable, "-c", code, str(live)]
    stuck = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert stuck.stdin is not None
    assert stuck.stdout is not None
    assert stuck.stdout.readline() == b"here\n"
    assert stuck.poll() is None
    stuck.stdin.close()
    assert stuck.wait(60) == 1
    stuck.stdout.close()


def test_a_ghost_that_has_not_begun_goes_at_once(live: Path) -> None:
    ghost = ghosts.start(live, "training.lr", "0.5")
    ghosts.drop(ghost)
    assert not ghost.folder.exists()
    assert ghost.trainer.returncode == -signal.SIGKILL


def test_nothing_is_left_of_a_ghost_that_cannot_be_started(live: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(launch, "start_trainer", fail)
    with pytest.raises(OSError, match="no more"):
        ghosts.start(live, "training.lr", "0.5")
    assert [path.name for path in paths.runs_dir().iterdir()] == [live.name]
    with pytest.raises(UserError):
        ghosts.start(live.with_name("nothing"), "training.lr", "0.5")
