"""``nntui resume``, ``rewind``, ``fork``, ``replay``, ``export`` to a ZIP file and ``import``, as a shell sees them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Nntui, wait_until

Runs = Callable[[], list[dict[str, Any]]]


def ended(runs: Runs, run: str) -> dict[str, Any]:
    """The run once it has ended."""

    def found() -> dict[str, Any]:
        return next(told for told in runs() if told["id"].startswith(run) or told["name"] == run)

    wait_until(lambda: found()["state"] not in ("starting", "running", "paused"))
    return found()


def test_a_finished_run_goes_on_with_more_steps(demo: Path, nntui: Nntui, runs: Runs) -> None:
    done = nntui("resume", "demo", "--steps", "4000", "--set", "lr=0.5")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "steps 3000 → 4000 at step 3000",
        "lr 1 → 0.5 at step 3000",
        "goes on from step 3000",
    ]
    assert ended(runs, "demo")["step"] == 4000
    replayed = nntui("replay", "demo")
    assert replayed.returncode == 0
    assert replayed.stdout.startswith("the same weights at step 4,000, bit for bit (4,000 steps and 2 changes in ")


def test_what_cannot_be_gone_on_with_is_told(demo: Path, live: str, nntui: Nntui, runs: Runs) -> None:
    before = next(run for run in runs() if run["name"] == "demo")
    assert before["loss"] is not None
    for arguments, words in {
        ("resume", live): "is running; nntui watch",
        ("resume", "demo", "--steps", "1", "--epochs", "1"): "exclude each other",
        ("resume", "demo", "--set", "layers=3"): "cannot change while the network trains",
        ("resume", "nobody"): "no run 'nobody'",
        ("resume", "demo", "--steps", "5"): "--steps 5: run ID has trained 3000 steps already; must be more than 3000",
        ("resume", "demo", "--epochs", "9"): "--epochs 9: run ID has trained 3000 epochs already; must be more than",
        ("resume", "demo", "--set", "steps=2999"): "--steps 2999: run ID has trained 3000 steps already",
        ("rewind", "demo", "--to", "3000"): "is at step 3000; must be an earlier one",
        ("rewind", "demo", "--to", "-1"): "--to",
        ("rewind", "demo", "--to", "soon"): "'--to': 'soon' must be a whole number",
        ("rewind", "demo"): "--to",
        ("fork", "demo", "--at", "3001"): "is at step 3000; must not be later",
        ("fork", "demo", "--set", "seed=3"): "cannot change while the network trains",
        ("fork", "demo", "--name", "latest"): "already means the newest run",
        ("import", "nothing.zip"): "No such file",
        ("export", "demo", "/nowhere/demo.zip"): "/nowhere/demo.zip: cannot be written: No such file",
        ("checkpoint", live, "../evil"): "NAME: a name must be at most 40 letters",
    }.items():
        done = nntui(*arguments)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert words.replace("ID", demo.name) in done.stderr
        assert len(done.stderr.splitlines()) == 1, done.stderr
    assert ended(runs, "demo") == before  # no trainer has touched it


def test_a_run_goes_back_and_waits_there(demo: Path, nntui: Nntui, runs: Runs) -> None:
    done = nntui("rewind", "demo", "--to", "1234")
    assert (done.returncode, done.stdout) == (
        0,
        f"back from step 3,000 at step 1234; nntui resume {demo.name} goes on from there\n",
    )
    assert (runs()[0]["state"], runs()[0]["step"]) == ("paused", 1234)
    again = nntui("rewind", "demo", "--to", "0")
    assert again.stdout.startswith("back from step 1,234 at step 0")
    assert nntui("resume", "demo").stdout == "goes on from step 0\n"
    assert ended(runs, "demo")["step"] == 3000
    assert nntui("replay", "demo").returncode == 0


def test_a_fork_leaves_the_other_run_alone(demo: Path, nntui: Nntui, runs: Runs) -> None:
    before = next(run for run in runs() if run["name"] == "demo")
    fork = nntui("fork", "demo", "--at", "1000", "--set", "lr=0.1", "--name", "slow", "--detach").stdout.strip()
    assert ended(runs, fork)["name"] == "slow"
    assert ended(runs, fork)["step"] == 3000
    report = nntui("show", fork).stdout
    assert f", forked from {demo.name} at step 1,000\n" in report
    assert "forked" not in nntui("show", "demo").stdout
    assert next(run for run in runs() if run["name"] == "demo") == before
    same = nntui("fork", "demo", "--at", "2999", "--detach").stdout.strip()
    assert ended(runs, same)["loss"] == before["loss"]
    assert nntui("replay", same).returncode == 0


def test_a_live_run_is_forked_where_it_is(live: str, nntui: Nntui, runs: Runs) -> None:
    done = nntui("fork", "live", "--name", "other")
    assert done.returncode == 0
    assert done.stdout.startswith("goes on from step ")
    assert {run["state"] for run in runs()} == {"running"}
    assert nntui("stop", "other").returncode == 0


def test_a_run_is_carried_to_another_machine(
    demo: Path, nntui: Nntui, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = str(tmp_path / "demo.zip")
    assert nntui("export", "demo", file).returncode == 0
    assert "--force" in nntui("export", "demo", file).stderr
    there = nntui("import", file)
    assert there.returncode == 2
    assert f"run {demo.name} is here already" in there.stderr
    monkeypatch.setenv("NNTUI_HOME", str(tmp_path / "elsewhere"))
    done = nntui("import", file)
    assert (done.returncode, done.stderr) == (0, f"imported {demo.name} (demo), finished at step 3,000\n")
    assert nntui("replay", "demo").returncode == 0


def test_a_held_run_is_forked_at_the_step_where_it_is(live: str, nntui: Nntui, runs: Runs) -> None:
    step = int(nntui("pause", live).stdout.split()[-1])
    done = nntui("fork", live, "--at", str(step), "--name", "other")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"goes on from step {step}\n", "")
    assert nntui("stop", "other").returncode == 0


def test_where_a_run_diverged_it_cannot_be_forked(nntui: Nntui, runs: Runs) -> None:
    settings = ["lr=1000", "activation=relu", "output=identity", "loss=squared-error"]
    assert nntui("train", "xor", "--plain", *[word for one in settings for word in ("--set", one)]).returncode == 1
    step = runs()[0]["step"]
    for arguments in ([], ["--at", str(step)]):
        done = nntui("fork", "latest", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"diverged at step {step}; --at STEP goes on from before it" in done.stderr
    assert len(runs()) == 1


def test_of_a_run_that_diverged_resume_says_what_to_type(nntui: Nntui, runs: Runs) -> None:
    settings = ["source=plane", "target=height", "layers=", "lr=2.5", "epochs=300"]
    assert nntui("train", "xor", "--plain", *[word for one in settings for word in ("--set", one)]).returncode == 1
    run = runs()[0]
    done = nntui("resume", run["id"])
    told = f"nntui rewind {run['id']} --to 0 && nntui resume {run['id']} --set lr=1.25"
    assert (done.returncode, done.stdout) == (2, "")
    begun = f"nntui: run {run['id']} diverged at step {run['step']}; at half the rate, from before it: "
    assert done.stderr == f"{begun}{told}\n"
    first, second = (words.split()[1:] for words in told.split(" && "))
    assert nntui(*first).returncode == 0
    assert nntui(*second).returncode == 0


@pytest.mark.parametrize(
    "arguments", [("resume", "own", "--steps", "300"), ("rewind", "own", "--to", "50"), ("fork", "own", "--at", "50")]
)
def test_a_run_whose_data_are_others_by_now_stays_as_it_is(
    arguments: tuple[str, ...], nntui: Nntui, runs: Runs, tmp_path: Path
) -> None:
    table = tmp_path / "own.csv"
    rows = ["size,price", *(f"{n},{n % 7}" for n in range(60))]
    table.write_text("\n".join(rows))
    settings = [f"--set={each}" for each in (f"source={table}", "target=price", "task=regression", "steps=200")]
    assert nntui("train", "xor", *settings, "--name", "own", "--json").returncode == 0
    for spoil, told in (
        (lambda: table.write_text("\n".join([*rows[:-1], "59,100"])), "the data are others than the run learned from"),
        (table.unlink, "there is no such file"),
    ):
        spoil()
        done = nntui(*arguments, "--detach") if arguments[0] != "rewind" else nntui(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert told in done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert [(run["state"], run["step"]) for run in runs()] == [("finished", 200)]


def test_an_import_tells_of_damaged_checkpoints(
    demo: Path, nntui: Nntui, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    latest = demo / "checkpoints" / "latest.safetensors"
    spoilt = bytearray(latest.read_bytes())
    spoilt[-1] ^= 1
    latest.unlink()  # what is kept of that step is the same file
    latest.write_bytes(spoilt)
    file = str(tmp_path / "demo.zip")
    assert nntui("export", "demo", file).returncode == 0
    monkeypatch.setenv("NNTUI_HOME", str(tmp_path / "elsewhere"))
    done = nntui("import", file)
    assert done.returncode == 0
    told = done.stderr.splitlines()
    assert len(told) == 2
    assert told[1].endswith("latest.safetensors: damaged: its checksum is another; resume goes on from one before it")
    assert nntui("resume", "demo", "--steps", "3100", "--detach").returncode == 0
