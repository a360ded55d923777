"""Networks that start from given weights, and files that hold none."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.numpy import save_file

from nntui import presets
from nntui.config import RunConfig
from nntui.engine import Network
from nntui.errors import UserError
from nntui.trainer.problem import make_problem
from nntui.trainer.weights import initial_network, start_from

Array = NDArray[Any]

SIZES = (2, 3, 1)


def given_weights(dtype: str = "float64") -> dict[str, Array]:
    """Those of a network that has drawn them."""
    network = Network(SIZES, seed=5, dtype=dtype)
    network.parameters[...] += 0.125
    return {
        f"{layer.name}.{name}": array for layer in network.layers for name, array in (("W", layer.W), ("b", layer.b))
    }


def write(path: Path, weights: dict[str, Array]) -> Path:
    """A file of the kind that its name says."""
    if path.suffix == ".toml":
        tables: dict[str, dict[str, Any]] = {}
        for name, array in weights.items():
            layer, _, part = name.rpartition(".")
            tables.setdefault(layer, {})[part] = array.tolist()
        path.write_text(tomli_w.dumps(tables))
    elif path.suffix == ".npz":
        np.savez(path, allow_pickle=False, **weights)
    else:
        save_file({name: np.ascontiguousarray(array) for name, array in weights.items()}, path)
    return path


def refusal(path: Path, network: Network | None = None) -> str:
    """Why a file is refused, in one line that names it; no weight has become something that is no number."""
    network = network or Network(SIZES)
    with pytest.raises(UserError) as caught:
        start_from(network, path)
    text = str(caught.value)
    assert text.isprintable()
    assert len(text) < 500
    assert path.name in text
    assert np.isfinite(network.parameters).all()
    return text


FORMATS = (".toml", ".npz", ".safetensors")


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_network_starts_from_the_weights_of_a_file(ending: str, dtype: str, tmp_path: Path) -> None:
    weights = given_weights(dtype)
    network = Network(SIZES, dtype=dtype)
    start_from(network, write(tmp_path / f"mine{ending}", weights))
    for layer in network.layers:
        np.testing.assert_array_equal(layer.W, weights[f"{layer.name}.W"])
        np.testing.assert_array_equal(layer.b, weights[f"{layer.name}.b"])


@pytest.mark.parametrize("ending", [".TOML", ".Npz"])
def test_the_ending_may_be_in_capitals(ending: str, tmp_path: Path) -> None:
    path = write(tmp_path / f"mine{ending.lower()}", given_weights())
    start_from(Network(SIZES), path.rename(tmp_path / f"other{ending}"))


def test_a_preset_looks_for_its_weights_beside_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "weights").mkdir()
    weights = given_weights()
    write(tmp_path / "weights" / "mine.toml", weights)
    preset = tmp_path / "mine.toml"
    preset.write_text(
        '[data]\nsource = "quadrants"\n[model]\nlayers = [3]\nweights = "weights/mine.toml"\ndtype = "float64"\n'
    )
    monkeypatch.chdir("/")
    config = presets.find(str(preset)).load()
    network = initial_network(config, make_problem(config))
    np.testing.assert_array_equal(network.layers[0].W, weights["layer 1.W"])


def test_on_the_command_line_weights_are_those_of_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "mine.npz", given_weights())
    monkeypatch.chdir(tmp_path)
    config = RunConfig().with_settings(["layers=3", "weights=mine.npz"])
    assert config.model.weights == str(tmp_path / "mine.npz")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert config.with_settings(["weights=~/mine.npz"]).model.weights == str(tmp_path / "mine.npz")
    monkeypatch.chdir("/")
    initial_network(config, make_problem(config))


@pytest.mark.parametrize("ending", FORMATS)
def test_a_layer_that_is_not_there_is_told_with_those_that_are(ending: str, tmp_path: Path) -> None:
    weights = given_weights()
    del weights["output.W"]
    assert "no output.W; found: 'layer 1.W'" in refusal(write(tmp_path / f"mine{ending}", weights))


@pytest.mark.parametrize("ending", FORMATS)
def test_another_shape_is_told_with_the_right_one(ending: str, tmp_path: Path) -> None:
    path = write(tmp_path / f"mine{ending}", given_weights() | {"layer 1.W": np.ones((3, 2))})
    assert "layer 1.W has the shape [3, 2]: must be [2, 3]" in refusal(path)


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_a_weight_that_is_not_finite_in_the_networks_precision_is_refused(
    ending: str, value: float, tmp_path: Path
) -> None:
    path = write(tmp_path / f"mine{ending}", given_weights() | {"output.b": np.array([value])})
    assert "output.b: holds a value that is not a finite number of float32" in refusal(path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("W = 1", "'W' = 1: must be a table with W and b"),
        ('["layer 1"]\nW = [[1, 2], [3]]', "cannot be read"),
        ('["layer 1"]\nW = [["a"]]', "'layer 1.W': a weight must be a number"),
        ('["layer 1"]\nW = [[1979-05-27]]', "'layer 1.W': a weight must be a number"),
        ('["layer 1"]\nW = [[' + "9" * 30 + "]]", "'layer 1.W': a weight must be a number"),
        ("x = " + "[" * 3000, "cannot be read"),
        ("[", "cannot be read"),
        ("", "no layer 1.W; found: nothing"),
        ('["\\u001b[31m\\n"]\nW = [1]', "no layer 1.W"),
    ],
)
def test_a_text_that_holds_no_weights_is_refused(content: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(content)
    assert told in refusal(path)


def test_arrays_that_would_need_pickle_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", allow_pickle=True, **{"layer 1.W": np.array([{}], dtype=object)})
    assert "is of type 'object'; must be numbers" in refusal(tmp_path / "mine.npz")


@pytest.mark.parametrize("name", ["none.toml", "none.npz", "none.safetensors"])
def test_a_file_that_is_not_there_is_told(name: str, tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / name)


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "folder.npz").mkdir()
    assert "a directory or a device" in refusal(tmp_path / "folder.npz")
    assert "must end in .toml, .npz, .safetensors" in refusal(tmp_path / "weights.txt")
    with pytest.raises(UserError, match="too long"):
        start_from(Network(SIZES), tmp_path / ("x" * 300 + ".npz"))
    with pytest.raises(UserError, match="null"):
        start_from(Network(SIZES), tmp_path / "a\0b.npz")


@pytest.mark.parametrize("ending", FORMATS)
@given(data=st.data())
@settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.filterwarnings("ignore")
def test_a_damaged_file_gives_finite_weights_or_one_line(ending: str, data: st.DataObject, tmp_path: Path) -> None:
    path = write(tmp_path / f"mine{ending}", given_weights())
    content = path.read_bytes()
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content)))]
    else:
        start = data.draw(st.integers(0, len(content) - 1))
        content = content[:start] + data.draw(st.binary(min_size=1, max_size=4)) + content[start + 1 :]
    path.write_bytes(content)
    network = Network(SIZES)
    try:
        start_from(network, path)
    except UserError:
        refusal(path)
    assert np.isfinite(network.parameters).all()


@pytest.mark.parametrize("name", ["layer 1.W", "something else"])
def test_an_array_that_is_not_as_large_as_needed_is_not_read(name: str, tmp_path: Path) -> None:
    weights = given_weights() | {name: np.zeros((1000, 2000), np.int8)}
    np.savez_compressed(tmp_path / "mine.npz", allow_pickle=False, **weights)
    network = Network(SIZES)
    tracemalloc.start()
    try:
        if name in given_weights():
            assert "layer 1.W has the shape [1000, 2000]: must be [2, 3]" in refusal(tmp_path / "mine.npz", network)
        else:
            start_from(network, tmp_path / "mine.npz")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000
