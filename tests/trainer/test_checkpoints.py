"""A checkpoint predicts as the live network did, to the bit; a damaged one is refused, never half believed."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from nntui.config import RunConfig
from nntui.trainer.checkpoints import LATEST, CheckpointError, load_model, save_checkpoint
from nntui.trainer.loop import Loop
from nntui.trainer.problem import Problem, make_problem
from nntui.trainer.recall import make_loop

CONFIG = RunConfig().with_settings(["source=breast-cancer", "layers=4", "optimizer=adam", "batch_size=32", "epochs=50"])


def start(config: RunConfig = CONFIG) -> tuple[Loop, Problem]:
    problem = make_problem(config)
    return make_loop(config, problem), problem


@pytest.fixture(scope="module")
def trained() -> tuple[Loop, Problem]:
    """A loop in the middle of an epoch."""
    loop, problem = start()
    loop.run(40)
    return loop, problem


@pytest.fixture(scope="module")
def checkpoint(trained: tuple[Loop, Problem], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a checkpoint; not to be changed."""
    folder = tmp_path_factory.mktemp("checkpoints")
    save_checkpoint(folder, *trained, CONFIG)
    return folder


def test_a_checkpoint_predicts_as_the_live_network(checkpoint: Path, trained: tuple[Loop, Problem]) -> None:
    loop, problem = trained
    model = load_model(checkpoint)
    rows = np.concatenate((problem.train, problem.test))
    np.testing.assert_array_equal(
        model.predict(problem.dataset.X[rows]), loop.network.predict_proba(problem.inputs(rows))
    )
    assert model.step == loop.step == 40
    assert model.features == problem.dataset.features
    assert (model.target, model.classes) == (problem.dataset.target, problem.dataset.classes)


def test_it_holds_what_is_needed_to_go_on(checkpoint: Path, trained: tuple[Loop, Problem]) -> None:
    arrays = load_file(checkpoint / LATEST)
    state = trained[0].optimizer.state
    assert {f"optimizer.{name}" for name in state} == {name for name in arrays if name.startswith("optimizer.")}
    for name, array in state.items():
        np.testing.assert_array_equal(arrays[f"optimizer.{name}"], array)


def test_a_new_one_takes_the_place_of_the_old(tmp_path: Path) -> None:
    loop, problem = start()
    for step in (0, 5):
        loop.run(step)
        save_checkpoint(tmp_path, loop, problem, CONFIG)
        assert load_model(tmp_path).step == step
    assert [path.name for path in tmp_path.iterdir()] == [LATEST]


def test_nothing_in_it_can_be_executed(checkpoint: Path) -> None:
    content = (checkpoint / LATEST).read_bytes()
    header = int.from_bytes(content[:8], "little")
    assert content[8:9] == b"{"
    assert content[8 : 8 + header].decode().isprintable()


# Damage


def refusal(folder: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        load_model(folder)
    text = str(caught.value)
    assert len(text.splitlines()) == 1
    assert text.startswith(str(folder / LATEST))
    return text


def test_where_there_is_none_it_says_when_there_will_be(tmp_path: Path) -> None:
    assert "no checkpoint yet" in refusal(tmp_path)


@pytest.mark.parametrize("content", [b"", b"x", b"{}" * 50, b"\x02" + bytes(7) + b"{}", b"\xff" * 100])
def test_something_else_is_no_checkpoint(content: bytes, tmp_path: Path) -> None:
    (tmp_path / LATEST).write_bytes(content)
    assert "damaged" in refusal(tmp_path)


def test_other_arrays_are_no_checkpoint(tmp_path: Path) -> None:
    save_file({"weights": np.zeros(3)}, tmp_path / LATEST)
    assert "damaged" in refusal(tmp_path)


@given(data=st.data())
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_truncated_or_flipped_checkpoint_is_refused_or_the_same(
    data: st.DataObject, checkpoint: Path, trained: tuple[Loop, Problem], tmp_path: Path
) -> None:
    content = bytearray((checkpoint / LATEST).read_bytes())
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    else:
        header = 8 + int.from_bytes(content[:8], "little")
        end = data.draw(st.sampled_from([8, header, len(content)])) - 1
        content[data.draw(st.integers(0, end))] ^= 1 << data.draw(st.integers(0, 7))
    (tmp_path / LATEST).write_bytes(content)
    try:
        model = load_model(tmp_path)
    except CheckpointError:
        assert refusal(tmp_path)
        return
    loop, problem = trained
    np.testing.assert_array_equal(
        model.predict(problem.dataset.X), loop.network.predict_proba(problem.inputs(np.arange(569)))
    )


@pytest.mark.parametrize("name", ["layer 1.W", "output.b", "input.mean", "optimizer.second_moment"])
def test_one_bit_of_any_array_is_missed(name: str, checkpoint: Path, tmp_path: Path) -> None:
    content = bytearray((checkpoint / LATEST).read_bytes())
    header = int.from_bytes(content[:8], "little")
    place = re.search(rf'"{name}":{{[^}}]*"data_offsets":\[(\d+),', content[8 : 8 + header].decode())
    assert place
    content[8 + header + int(place[1])] ^= 1
    (tmp_path / LATEST).write_bytes(content)
    assert "checksum" in refusal(tmp_path)


# Writing


def test_a_full_disk_keeps_the_old_one_and_leaves_no_half(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    loop, problem = start()
    save_checkpoint(tmp_path, loop, problem, CONFIG)
    loop.run(3)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            save_checkpoint(tmp_path, loop, problem, CONFIG)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path.name for path in tmp_path.iterdir()] == [LATEST]
    assert load_model(tmp_path).step == 0
