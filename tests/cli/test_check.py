"""Gradient checks of presets: right for all that can be chosen, wrong when a derivative is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nntui import engine, presets
from nntui.cli import main
from nntui.engine import ACTIVATIONS, LOSSES, OUTPUTS, Activation, LayerError, activations, gradient_check

Check = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    """``nntui check PRESET`` with settings: the exit code, and the lines printed."""

    def run(preset: str, *settings: str) -> tuple[int, list[str]]:
        code = main(["check", preset, *(part for setting in settings for part in ("--set", setting))])
        told = capsys.readouterr()
        assert told.err == ""
        return code, told.out.splitlines()

    return run


@pytest.mark.parametrize("preset", [name for name in presets.available() if name not in ("digits-500", "cat-deep")])
def test_the_gradients_of_every_preset_are_right(preset: str, check: Check) -> None:
    code, told = check(preset)
    layers = presets.find(preset).load().model.layers
    assert code == 0, told
    assert len(told) == 1 + len(layers) + 1 + 1
    assert all(line.endswith("  right") for line in told[1:-1])
    assert told[-1].endswith("all layers within 1e-06")


@pytest.mark.heavy
@pytest.mark.parametrize("preset", ["digits-500", "cat-deep"])
def test_the_gradients_of_large_networks_are_right(preset: str, check: Check) -> None:
    code, told = check(preset)
    assert code == 0, told
    assert told[1].split()[2] == "100"


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_is_right(name: str, check: Check) -> None:
    assert check("iris", f"activation={name}", "layers=8,6", "init=xavier")[0] == 0


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("output", OUTPUTS)
def test_every_output_and_loss_is_right(output: str, loss: str, check: Check) -> None:
    if (output, loss) != ("identity", "cross-entropy"):
        code, told = check("iris", f"output={output}", f"loss={loss}", "huber_delta=0.2", "l1=0.01", "l2=0.1")
        assert code == 0
        assert told[-1].startswith(f"{loss} of 16 rows")


@pytest.mark.parametrize("loss", ["squared-error", "huber"])
def test_numbers_without_a_common_scale_are_right(loss: str, check: Check) -> None:
    assert check("diabetes", f"loss={loss}", "standardize=false", "layers=5,5", "activation=relu,gelu")[0] == 0


@pytest.mark.parametrize("seed", range(4))
def test_large_inputs_are_right(seed: int, check: Check) -> None:
    settings = ("source=wine", "target=cultivar", "standardize=false", "layers=6", "init=zeros", f"seed={seed}")
    assert check("iris", *settings)[0] == 0
    assert check("logistic", "standardize=false", "layers=6", "activation=tanh", "init=xavier", f"seed={seed}")[0] == 0


def test_images_are_right(check: Check, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for label in ("a", "b"):
        (tmp_path / label).mkdir()
        for n in range(4):
            Image.fromarray(rng.integers(0, 255, (9, 9, 3)).astype(np.uint8)).save(tmp_path / label / f"{n}.png")
    settings = ("image_size=8", "layers=7", "activation=relu", "target=", "standardize=false")
    code, told = check("xor", f"source={tmp_path}", *settings)
    assert code == 0, told
    assert told[1].split()[2:5] == ["100", "of", "1,351"]


@pytest.mark.parametrize("seed", range(4))
def test_kinks_at_the_start_are_no_mistakes(seed: int, check: Check) -> None:
    settings = ("activation=relu", "layers=20,20", "init=zeros,zeros,he", "loss=huber", "huber_delta=0.01")
    assert check("logistic", f"seed={seed}", *settings)[0] == 0


def test_a_kink_met_by_chance_is_no_mistake(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    met: list[Any] = []

    def meets_a_kink_once(*arguments: Any, **options: Any) -> tuple[LayerError, ...]:
        met.append(arguments[0].parameters.copy())
        errors = gradient_check(*arguments, **options)
        return tuple(found._replace(error=0.5) for found in errors) if len(met) == 1 else errors

    monkeypatch.setattr(engine, "gradient_check", meets_a_kink_once)
    assert check("iris")[0] == 0
    first, second = met
    assert (first != second).all(), "it has looked elsewhere"


def test_gradients_that_vanish_are_lost_in_rounding_and_no_mistake(check: Check) -> None:
    code, told = check("digits", "activation=sigmoid", f"layers={','.join(['5'] * 25)}", "init=xavier")
    assert code == 0
    assert told[1].endswith("lost in rounding")
    assert told[-2].endswith("right")
    right = sum(line.endswith("  right") for line in told)
    assert told[-1].endswith(f": {right} of 26 layers within 1e-06, {26 - right} lost in rounding")


def test_gradients_that_vanish_are_judged_at_larger_weights(check: Check) -> None:
    code, told = check("digits", "activation=tanh", f"layers={','.join(['5'] * 20)}", "init=uniform")
    assert code == 0
    assert told[-1].endswith("all layers within 1e-06"), told


def test_when_no_layer_can_be_judged_the_check_has_failed(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    def vanish(*arguments: Any, **options: Any) -> tuple[LayerError, ...]:
        return tuple(found._replace(error=1.0, largest=1e-30) for found in gradient_check(*arguments, **options))

    monkeypatch.setattr(engine, "gradient_check", vanish)
    code, told = check("iris")
    assert code == 1
    assert ": 0 of " in told[-1]


@pytest.mark.parametrize("factor", [1.001, 0, -1])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_wrong_derivative_is_found(name: str, factor: float, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    right = ACTIVATIONS[name]

    def spoiled(A: activations.Array, dA: activations.Array, S: activations.Array) -> None:
        right.backward(A, dA, S)
        np.multiply(dA, factor, dA)

    monkeypatch.setitem(activations.ACTIVATIONS, name, Activation(right.forward, spoiled))
    code, told = check("iris", f"activation={name}", "layers=8", "init=xavier", "output=softmax")
    assert code == 1
    assert told[1].endswith("wrong")
    assert told[2].endswith("right"), "the layer after it does not need this derivative"
    assert told[-1].endswith("1 of 2 layers within 1e-06, 1 wrong")


def test_a_preset_that_is_not_there_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "irs"]) == 2
    assert "did you mean iris?" in capsys.readouterr().err
