"""Networks as ONNX models: ONNX Runtime must say what nntui says."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from nntui.cli import onnx as exported
from nntui.cli.onnx import to_onnx
from nntui.data.dataset import BINARY, MULTI_CLASS, REGRESSION
from nntui.engine import ACTIVATIONS, OUTPUTS
from nntui.errors import UserError
from nntui.expressions import FUNCTIONS
from nntui.trainer.checkpoints import Model
from tests.cli.models import EXPRESSIONS, make_model, raw_rows

onnxruntime: Any = pytest.importorskip("onnxruntime")
TASKS = (BINARY, MULTI_CLASS, REGRESSION)


def answers(model: Model, X: Any) -> dict[str, Any]:
    """What ONNX Runtime makes of raw rows, by the name of the output."""
    session = onnxruntime.InferenceSession(to_onnx(model, "run"), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, {"X": X.astype(np.float32)}), strict=True))


def check_same(model: Model, X: Any) -> None:
    """The model predicts alike in both."""
    found, P = answers(model, X), model.predict(X)
    assert found["P"].dtype == np.float32
    np.testing.assert_allclose(found["P"], P, rtol=1e-5, atol=1e-5 * np.abs(P).max())
    assert P.std(axis=0).min() > 1e-4, "rows that all give the same show nothing"


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation(name: str) -> None:
    check_same(make_model(activation=name), raw_rows())


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("task", [BINARY, MULTI_CLASS])
def test_every_output(task: str, output: str) -> None:
    if (task, output) != (BINARY, "softmax"):
        check_same(make_model(task, output=output), raw_rows())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numbers_come_in_the_unit_of_the_target(dtype: str) -> None:
    model = make_model(REGRESSION, dtype=dtype)
    check_same(model, raw_rows())
    assert answers(model, raw_rows()).keys() == {"P"}


@pytest.mark.parametrize("task", TASKS)
def test_every_function_of_an_expression(task: str) -> None:
    assert all(any(f"{name}(" in text for text in EXPRESSIONS) for name in FUNCTIONS)
    check_same(make_model(task, features=EXPRESSIONS), raw_rows())


def test_expressions_of_one_row_and_of_none() -> None:
    model = make_model(features=EXPRESSIONS)
    assert [answers(model, raw_rows()[:rows])["P"].shape for rows in (1, 0)] == [(1, 1), (0, 1)]


@pytest.mark.parametrize("missing", ["zero", "mean", "median"])
@pytest.mark.parametrize("features", [(), EXPRESSIONS[:3]])
def test_missing_values_are_filled(missing: str, features: tuple[str, ...]) -> None:
    X = raw_rows()
    X[::2, 0] = np.nan
    X[1::3, 3:] = np.nan
    check_same(make_model(missing=missing, features=features), X)


def test_the_class_is_the_place_of_the_predicted_one() -> None:
    X = raw_rows()
    several, two = make_model(MULTI_CLASS), make_model(BINARY)
    found = answers(several, X)["class"]
    assert found.dtype == np.int64
    assert found.tolist() == several.predict(X).argmax(axis=1).tolist()
    assert len(set(found.tolist())) > 1
    assert answers(two, X)["class"].tolist() == (two.predict(X)[:, 0] >= 0.5).astype(int).tolist()


def test_a_mean_beyond_the_digits_of_float32_costs_nothing() -> None:
    model = make_model()
    model.preparation.inputs.mean[2] = 1e5 + 1 / 3
    model.preparation.inputs.scale[2] = 0.01
    X = raw_rows()
    X[:, 2] = 1e5 + np.arange(len(X)) % 3 / 64
    found, P = answers(model, X)["P"], model.predict(X)
    np.testing.assert_allclose(found, P, rtol=1e-5)


def test_the_model_says_what_it_is_and_is_read_by_older_programs() -> None:
    session = onnxruntime.InferenceSession(to_onnx(make_model(MULTI_CLASS), "abcd"))
    told = json.loads(session.get_modelmeta().custom_metadata_map["facts"])
    assert told["run"] == "abcd"
    assert told["classes"] == ["no", "maybe", "yes"]
    assert told["features"] == ["a", "b", "long way", "colour=blue", "colour=red"]
    import onnx

    proto = onnx.load_model_from_string(to_onnx(make_model(activation="gelu"), "abcd"))
    assert (proto.ir_version, [one.version for one in proto.opset_import]) == (9, [20])


def test_a_network_beyond_the_format_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exported, "MOST_BYTES", 100)
    with pytest.raises(UserError, match=r"an \.onnx file holds 2 GiB"):
        to_onnx(make_model(), "run")
