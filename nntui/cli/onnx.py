"""A trained network as an ONNX model, which takes raw values and gives predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from nntui import __version__
from nntui.cli.weights import facts
from nntui.data.dataset import BINARY, MULTI_CLASS, REGRESSION
from nntui.data.preparation import NUMPY_FUNCTIONS, Preparation
from nntui.data.standardize import Standardizer
from nntui.engine import Network
from nntui.errors import UserError
from nntui.expressions import Expression, parse
from nntui.trainer.checkpoints import Model

Array = NDArray[Any]

#: The first set of operators with Gelu, and the first format that has it: what older programs can read as well.
OPSET, IR_VERSION = 20, 9
#: A file is one Protocol Buffers message, which has at most 2 GiB.
MOST_BYTES = 2**31 - 2**24

ONNX_OPERATORS = {"+": "Add", "-": "Sub", "*": "Mul", "/": "Div", "^": "Pow"}
#: Functions of an expression that ONNX has; the others are made of these.
ONNX_FUNCTIONS = {
    "sin": "Sin",
    "cos": "Cos",
    "tanh": "Tanh",
    "exp": "Exp",
    "log": "Log",
    "sqrt": "Sqrt",
    "abs": "Abs",
    "sign": "Sign",
}


class _Graph:
    """Nodes and constants of a graph that grows; every method returns the name of what it has added."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(self, kind: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        name = name or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=f"node_{len(self.nodes)}", **attributes))
        return name

    def constant(self, value: Array, name: str = "") -> str:
        name = name or f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name


def to_onnx(model: Model, run: str) -> bytes:
    """An ONNX file: X (rows, features), float32, becomes P (rows, outputs), float32.

    P holds probabilities, or numbers in the target's unit; of a classification "class" (rows), int64, is the place of
    the predicted class among the classes. NaN in X is a missing value. Arithmetic is in float32, but expressions are
    computed in float64.
    Raises UserError for a network that is too large.
    """
    network, task = model.network, model.task
    if network.parameters.size * 4 > MOST_BYTES:
        raise UserError(f"{network.parameters.size:,} parameters: an .onnx file holds 2 GiB; .safetensors has no limit")
    graph = _Graph()
    P = _unscaled(graph, _answered(graph, _prepared(graph, model.preparation), network), model.scale)
    graph.add("Identity", P, name="P")
    results = [helper.make_tensor_value_info("P", onnx.TensorProto.FLOAT, ["rows", len(model.outputs)])]
    if task != REGRESSION:
        _classified(graph, task)
        results.append(helper.make_tensor_value_info("class", onnx.TensorProto.INT64, ["rows"]))
    given = [helper.make_tensor_value_info("X", onnx.TensorProto.FLOAT, ["rows", len(model.features)])]
    made = helper.make_model(
        helper.make_graph(graph.nodes, "nntui", given, results, graph.constants),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="nntui",
        producer_version=__version__,
    )
    helper.set_model_props(made, {"facts": facts(model, run)})
    onnx.checker.check_model(made, full_check=True)
    return bytes(made.SerializeToString())


def _prepared(graph: _Graph, preparation: Preparation) -> str:
    """The network's inputs: X with missing values filled, crossed and scaled."""
    x = "X"
    dtype: np.dtype[Any] = np.dtype(np.float32)
    if preparation.expressions:
        dtype = np.dtype(np.float64)
        x = graph.add("Cast", x, to=onnx.TensorProto.DOUBLE)
    if not np.isnan(preparation.fill).all():
        x = graph.add("Where", graph.add("IsNaN", x), graph.constant(preparation.fill.astype(dtype)), x)
    if preparation.expressions:
        x = _crossed(graph, x, preparation)
    x = _scaled(graph, x, preparation.inputs, dtype)
    return graph.add("Cast", x, to=onnx.TensorProto.FLOAT) if preparation.expressions else x


def _crossed(graph: _Graph, x: str, preparation: Preparation) -> str:
    """The expressions beside each other, each computed from the columns it names."""
    expressions = [parse(text) for text in preparation.expressions]
    named = frozenset[str]().union(*(expression.names for expression in expressions))
    columns = {
        name: graph.add("Gather", x, graph.constant(np.array([place])), axis=1)
        for place, name in enumerate(preparation.features)
        if name in named
    }
    one = graph.constant(np.array([1]))
    shape = graph.add("Concat", graph.add("Shape", x, start=0, end=1), one, axis=0)
    parts = []
    for expression in expressions:
        value = _expression(graph, expression, columns)
        parts.append(value if expression.names else graph.add("Expand", value, shape))
    return graph.add("Concat", *parts, axis=1)


def _expression(graph: _Graph, expression: Expression, columns: Mapping[str, str]) -> str:
    """The value of an expression, a column (rows, 1); of one that names no column, a number."""
    if not expression.names:
        return graph.constant(np.array(expression.evaluate({}, NUMPY_FUNCTIONS), np.float64))
    kind, text = expression.kind, expression.text
    if kind == "name":
        return columns[text]
    parts = [_expression(graph, part, columns) for part in expression.arguments]
    if text == "square":
        return graph.add("Mul", parts[0], parts[0])
    if text == "tan":  # ONNX Runtime has none in float64
        return graph.add("Div", graph.add("Sin", parts[0]), graph.add("Cos", parts[0]))
    known = {"sign": {"-": "Neg"}, "operator": ONNX_OPERATORS, "function": ONNX_FUNCTIONS}
    return graph.add(known[kind][text], *parts)


def _scaled(graph: _Graph, x: str, scaling: Standardizer, dtype: np.dtype[Any]) -> str:
    """(x − mean) / scale; what the precision cannot hold of the mean is taken off as well."""
    mean = scaling.mean.astype(dtype)
    for part in (mean, (scaling.mean - mean).astype(dtype)):
        if part.any():
            x = graph.add("Sub", x, graph.constant(part))
    if (scaling.scale != 1).any():
        x = graph.add("Div", x, graph.constant(scaling.scale.astype(dtype)))
    return x


def _answered(graph: _Graph, x: str, network: Network) -> str:
    """The output of the network."""
    for layer in network.layers:
        name = layer.name.replace(" ", "_")
        W = graph.constant(layer.W.astype(np.float32), f"{name}_W")
        b = graph.constant(layer.b.astype(np.float32), f"{name}_b")
        x = ACTIVATIONS[layer.activation](graph, graph.add("Gemm", x, W, b), network.leak)
    return x


#: Each activation adds itself to a graph, of the weighted sums z and the slope of leaky ReLU.
ACTIVATIONS: dict[str, Callable[[_Graph, str, float], str]] = {
    "sigmoid": lambda graph, z, leak: graph.add("Sigmoid", z),
    "tanh": lambda graph, z, leak: graph.add("Tanh", z),
    "relu": lambda graph, z, leak: graph.add("Relu", z),
    "leaky-relu": lambda graph, z, leak: graph.add("LeakyRelu", z, alpha=float(leak)),
    "elu": lambda graph, z, leak: graph.add("Elu", z, alpha=1.0),
    "gelu": lambda graph, z, leak: graph.add("Gelu", z, approximate="tanh"),
    "silu": lambda graph, z, leak: graph.add("Mul", z, graph.add("Sigmoid", z)),
    "softplus": lambda graph, z, leak: graph.add("Softplus", z),
    "softmax": lambda graph, z, leak: graph.add("Softmax", z, axis=1),
    "identity": lambda graph, z, leak: z,
}


def _unscaled(graph: _Graph, p: str, scaling: Standardizer) -> str:
    """p · scale + mean: numbers in the target's unit."""
    if (scaling.scale != 1).any():
        p = graph.add("Mul", p, graph.constant(scaling.scale.astype(np.float32)))
    if scaling.mean.any():
        p = graph.add("Add", p, graph.constant(scaling.mean.astype(np.float32)))
    return p


def _classified(graph: _Graph, task: str) -> None:
    """The place of the predicted class among the classes, as "class"."""
    if task == MULTI_CLASS:
        graph.add("ArgMax", "P", axis=1, keepdims=0, name="class")
        return
    assert task == BINARY
    half = graph.constant(np.array(0.5, np.float32))
    is_second = graph.add("Cast", graph.add("GreaterOrEqual", "P", half), to=onnx.TensorProto.INT64)
    graph.add("Reshape", is_second, graph.constant(np.array([-1])), name="class")
