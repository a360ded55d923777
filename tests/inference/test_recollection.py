"""A step of the past, made again: to the bit what the trainer told of it, and quick beside another one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nntui import launch
from nntui.config import RunConfig
from nntui.errors import UserError
from nntui.inference.recollection import Recollection
from nntui.inference.service import Service
from nntui.store import catalog
from nntui.store.folder import CHECKPOINTS
from nntui.store.reader import Reader
from nntui.store.schema import CONFIG
from nntui.store.tables import Arrays
from nntui.trainer.loop import Loop, Slice
from tests.trainer.conftest import Trained, wait_for

Train = Callable[..., Trained]
#: What a trainer that holds has told of just the step at which it holds.
TOLD = ("loss", "grad_norm", "lr", "accuracy", "r2", "val_loss", "val_accuracy", "val_r2", *("act_mean", "dead"))
PRESETS = {
    "xor": (),
    "spirals": ("dropout=0.2", "schedule=cosine", "clip_norm=0.5"),
    "bumps": ("optimizer=sgd", "batch_size=7"),
}


def told(run: Path) -> tuple[int, dict[str, Any], dict[str, Any], dict[str, Arrays]]:
    """The step where a run holds, and all that its trainer has told of it."""
    reader = Reader(run)
    record = reader.run()
    tables = {}
    for name in ("predictions", "weights"):
        step, tables[name] = reader.table(name) or (-1, {})
        assert step == record.step
    reader.close()
    return record.step, record.config, record.latest, tables


def recalled(service: Service, run: Path, step: int) -> tuple[dict[str, Any], Arrays]:
    """All that comes back of a step."""
    service.answer({"kind": "open", "folder": str(run)}, {})
    while True:
        facts, arrays = service.answer({"kind": "recall", "step": step}, {})
        if facts["share"] == 1:
            return facts, arrays


def same(service: Service, run: Path, then: tuple[int, dict[str, Any], dict[str, Any], dict[str, Arrays]]) -> None:
    step, config, latest, tables = then
    facts, arrays = recalled(service, run, step)
    assert (facts["step"], facts["config"]) == (step, config)
    assert {name: facts["latest"].get(name) for name in TOLD} == {name: latest.get(name) for name in TOLD}
    for table, known in tables.items():
        for name, array in known.items():
            assert arrays[f"{table}/{name}"].tobytes() == array.tobytes(), (step, table, name)


def held_at(run: Trained, steps: int) -> int:
    """Has a run hold after so many more steps."""
    assert run.ask("step", value=str(steps)).status == "applied"
    wait_for(lambda: run.record().state == "paused")
    return run.record().step


@pytest.mark.parametrize("preset", PRESETS)
def test_a_step_comes_back_as_the_trainer_told_it(preset: str, train: Train) -> None:
    run = train(*PRESETS[preset], preset=preset)
    wait_for(lambda: run.record().step > 0)
    run.ask("pause")
    known = [told(run.folder)]
    for steps, key, value in (
        (300, "training.lr", "0.003"),
        (1, "model.activation", "relu"),
        (157, "training.l2", "0.01"),
    ):
        held_at(run, steps)
        known.append(told(run.folder))
        run.ask("set", key, value)
    held_at(run, 1000)
    known.append(told(run.folder))
    run.ask("resume")  # it trains on, and nobody asks it
    service = Service()
    for then in (*known[::-1], *known):
        if then in known[1:4]:  # of these, a knob was turned right there: its weights are of both
            step, _, _, tables = then
            _, arrays = recalled(service, run.folder, step)
            for name, array in tables["weights"].items():
                assert arrays[f"weights/{name}"].tobytes() == array.tobytes()
        else:
            same(service, run.folder, then)
    assert run.record().live


def test_a_step_is_that_of_the_way_that_led_to_where_the_run_is(train: Train) -> None:
    run = train("lr=0.5")
    wait_for(lambda: run.record().step > 0)
    run.ask("pause")
    first = held_at(run, 500)
    recollection = Recollection(run.folder)
    assert recollection.seek(first - 10, 60.0) == 1
    run.ask("rewind", value=str(first - 200))
    run.ask("set", "training.lr", "0.125")
    held_at(run, 190)
    then = told(run.folder)
    held_at(run, 100)
    assert recollection.seek(first - 10, 60.0) == 1
    moment, portrait = recollection.portrait
    assert moment.config.training.lr == 0.125
    assert portrait.tables["predictions"]["P"].tobytes() == then[3]["predictions"]["P"].tobytes()
    same(Service(), run.folder, then)


@pytest.fixture
def ended(nntui_home: Path) -> Path:
    """A run that has had 3000 steps."""
    settings = RunConfig().with_settings(["source=moons", "layers=4,3", "steps=3000", "epochs=100000"])
    folder, trainer = launch.start_run(settings, preset="moons")
    assert trainer.wait(60) == 0
    return folder


def test_a_checkpoint_that_is_damaged_is_passed_by(ended: Path) -> None:
    then = told(ended)
    for path in (ended / CHECKPOINTS).glob("*.safetensors"):
        path.write_bytes(path.read_bytes()[:-20])
    same(Service(), ended, then)


def digests(run: Path) -> dict[Path, str]:
    """What is in each file, but those that every reader of a database makes."""
    kept = [path for path in run.rglob("*") if path.is_file() and path.suffix not in (".db-shm", ".db-wal")]
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}


def test_nothing_is_written(ended: Path) -> None:
    before = digests(ended)
    recollection = Recollection(ended)
    assert recollection.seek(1500, 60.0) == 1
    assert recollection.seek(2, 60.0) == 1
    assert digests(ended) == before


def test_another_step_does_not_wait_and_one_beside_is_near(ended: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (ended / CHECKPOINTS).glob("*.safetensors"):
        path.unlink()
    made: list[int] = []
    run = Loop.run

    def counted(loop: Loop, count: int) -> Slice:
        happened = run(loop, count)
        made.extend(happened.steps.tolist())
        return happened

    monkeypatch.setattr(Loop, "run", counted)
    recollection = Recollection(ended)
    assert recollection.seek(3000, 0.0) < 1
    with pytest.raises(UserError, match="not been reached"):
        recollection.model(3000)
    assert len(made) < 100
    shares = []
    while (share := recollection.seek(3000, 0.0)) < 1:
        shares.append(share)
    assert shares == sorted(shares)
    assert made == list(range(1, 3001))
    made.clear()
    assert recollection.seek(3000, 60.0) == 1
    assert made == []
    assert recollection.seek(2999, 60.0) == 1
    assert len(made) < 3000
    made.clear()
    assert recollection.seek(3000, 60.0) == 1
    assert len(made) <= 2


def test_what_cannot_be_made_again_is_said(ended: Path, tmp_path: Path, nntui_home: Path) -> None:
    with pytest.raises(UserError, match="the run has made 3,000"):
        Recollection(ended).seek(3001, 60.0)
    table = tmp_path / "table.csv"
    rows = ["a,b"] + [f"{i},{i % 3}" for i in range(30)]
    table.write_text("\n".join(rows))
    settings = RunConfig().with_settings([f"source={table}", "target=b", "layers=2", "steps=50", "epochs=100"])
    folder, trainer = launch.start_run(settings, preset="table")
    assert trainer.wait(60) == 0
    recollection = Recollection(folder)
    assert recollection.seek(20, 60.0) == 1
    table.write_text("\n".join([*rows[:-1], "7,7"]))
    with pytest.raises(UserError, match="the data are others"):
        Recollection(folder).seek(20, 60.0)
    table.unlink()
    with pytest.raises(UserError, match=r"table\.csv"):
        Recollection(folder)
    assert catalog.open_run(folder).state == "finished"


def test_what_comes_out_otherwise_than_it_was_recorded_is_not_told(ended: Path) -> None:
    first = ended / CONFIG
    assert "seed = 0" in first.read_text()
    first.write_text(first.read_text().replace("seed = 0", "seed = 7"))
    for path in (ended / CHECKPOINTS).glob("*.safetensors"):
        path.unlink()
    with pytest.raises(UserError, match=r"its loss is [\d.e-]+; recorded was"):
        Recollection(ended).seek(900, 60.0)


def test_the_network_of_a_step_is_asked_by_its_number(ended: Path) -> None:
    service = Service()
    X = np.array([[0.25, -0.5]])
    _, now = (service.answer({"kind": "open", "folder": str(ended)}, {}), service.answer({"kind": "forward"}, {"X": X}))
    with pytest.raises(UserError, match="step 40 has not been reached"):
        service.answer({"kind": "forward", "at": 40}, {"X": X})
    recalled(service, ended, 40)
    facts, then = service.answer({"kind": "forward", "at": 40, "layers": True}, {"X": X})
    assert facts["step"] == 40
    assert facts["layers"] == 3
    assert then["P"] != now[1]["P"]
    with pytest.raises(UserError, match="step 41 has not been reached"):
        service.answer({"kind": "forward", "at": 41}, {"X": X})
    recalled(service, ended, 3000)
    assert service.answer({"kind": "forward", "at": 3000}, {"X": X})[1]["P"] == now[1]["P"]


@pytest.mark.parametrize("step", [-1, 1.5, "7", None, True])
def test_a_step_is_a_whole_number(step: object, ended: Path) -> None:
    service = Service()
    with pytest.raises(UserError, match="no run is open"):
        service.answer({"kind": "recall", "step": 1}, {})
    service.answer({"kind": "open", "folder": str(ended)}, {})
    with pytest.raises(UserError, match="must be a whole number"):
        service.answer({"kind": "recall", "step": step}, {})
