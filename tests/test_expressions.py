from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nntui.config import RunConfig
from nntui.expressions import FUNCTIONS, MAX_LENGTH, OPERATORS, Expression, ExpressionError, parse
from nntui.knob import ConfigError

NUMPY = {name: getattr(np, name) for name in FUNCTIONS}
relaxed = settings(deadline=None, max_examples=300)


def value(text: str, **env: Any) -> Any:
    return parse(text).evaluate(env, NUMPY)


words = st.from_regex(r"[A-Za-z_][A-Za-z_0-9]{0,5}", fullmatch=True) | st.sampled_from(
    ["mean radius", "sin", "pi", "größe"]
)
atoms = (
    words.map(lambda name: Expression("name", name))
    | st.floats(0, 1e300).map(lambda number: Expression("number", repr(number)))
    | st.sampled_from(["pi", "e", "7", ".5", "1.", "2E-3"]).map(lambda text: Expression("number", text))
)
expressions = st.recursive(
    atoms,
    lambda inner: (
        st.builds(lambda part: Expression("sign", "-", (part,)), inner)
        | st.builds(lambda name, part: Expression("function", name, (part,)), st.sampled_from(FUNCTIONS), inner)
        | st.builds(
            lambda name, a, b: Expression("operator", name, (a, b)), st.sampled_from(list(OPERATORS)), inner, inner
        )
    ),
    max_leaves=10,
).filter(lambda expression: len(str(expression)) <= MAX_LENGTH)


@given(expressions)
@relaxed
def test_what_is_written_is_read_back(expression: Expression) -> None:
    assert parse(str(expression)) == expression


@given(st.text(max_size=220) | st.text("x1e.`+-*/^() sinπ²\n", max_size=220))
@relaxed
def test_any_text_is_an_expression_or_a_one_line_error(text: str) -> None:
    message = refusal(text)
    assert len(message.splitlines()) <= 1
    assert len(message) < 300
    if not message:
        expression = parse(text)
        assert parse(str(expression)) == expression
        assert len(str(expression)) <= len(text)


def refusal(text: str) -> str:
    """What an ExpressionError says of a text; nothing when it is one. Any other error fails the test."""
    try:
        parse(text)
    except ExpressionError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-3^2", -9),
        ("(-3)^2", 9),
        ("2^3^2", 512),
        ("2**3", 8),
        ("2^-1", 0.5),
        ("2^-1*3", 1.5),
        ("2*-3", -6),
        ("--3", 3),
        ("7-4-2", 1),
        ("8/4/2", 1),
        ("1+2*3", 7),
        ("(1+2)*3", 9),
        (" 1.5e1 + .5 + 1. ", 16.5),
        ("cos(pi) + log(e)", 0),
        ("square(3) + abs(-2) + sign(-7) + sqrt(16)", 14),
    ],
)
def test_the_usual_precedence_holds(text: str, expected: float) -> None:
    assert value(text) == pytest.approx(expected)


def test_names_stand_for_arrays() -> None:
    x1, x2 = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    np.testing.assert_array_equal(value("-x1^2 * x2", x1=x1, x2=x2), [-3, -16])
    expression = parse("`mean radius`^2 + x1 + pi + `pi` + sin(x1)")
    assert expression.names == {"mean radius", "x1", "pi"}
    assert str(expression) == "`mean radius`^2+x1+pi+`pi`+sin(x1)"


@pytest.mark.parametrize("text", ["1/0", "(-2)^0.5", "0^-1", "10^10^10", "1/(1-1)+x"])
def test_numbers_without_a_value_are_nan(text: str) -> None:
    assert math.isnan(value(text, x=1.0))


def test_values_of_arrays_are_those_of_numpy() -> None:
    with np.errstate(all="ignore"):
        assert value("1/x", x=np.array([0.0])).tolist() == [math.inf]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'', character 1: found the end, expected a number, a name"),
        ("x1 +", "'x1 +', character 5: found the end, expected a number, a name"),
        ("x1 x2", "'x1 x2', character 4: found 'x2', expected the end or one of + - * / ^"),
        ("2x", "'2x', character 2: found 'x', expected the end or one of + - * / ^"),
        ("sin x", "'sin x', character 5: found 'x', expected ( after sin"),
        ("sin(x", "'sin(x', character 6: found the end, expected ) or one of + - * / ^"),
        ("sine(x)", "'sine(x)', character 1: found 'sine', expected one of the functions sin, cos"),
        ("sine(x)", "(did you mean sin?)"),
        ("x.real", "'x.real', character 2: found '.', expected the end"),
        ("x[0]", "character 2: found '['"),
        ("x²", "character 1: found 'x²'"),
        ("1e999", "character 1: found '1e999', expected a number below"),
        ("``", "character 1: found '`'"),
        ("sin(x, 2)", "character 6: found ',', expected )"),
        ("+x", "character 1: found '+'"),
        ("(" * 60 + "x" + ")" * 60, "expected fewer levels; at most 50 are allowed"),
        ("-" * 150 + "x", "expected fewer levels; at most 50 are allowed"),
        ("x" * 201, "x...: 201 characters; at most 200 are allowed"),
    ],
)
def test_an_error_says_where_and_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "text", ["__import__(x)", "open(`a`)", "x.__class__", "lambda: 0", "x if x else x", "'a'*9", "x@x"]
)
def test_nothing_else_of_python_is_understood(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse(text)


def test_a_long_sum_is_no_deep_one() -> None:
    assert value("+".join(["x"] * 100), x=1) == 100


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["features=x1, x1*"], "data.features: 'x1*', character 4: found the end"),
        (["features=x1*x2, x1 * x2"], "data.features: 'x1 * x2' is there twice, as 'x1*x2' before"),
        (["source=function", "target=sin("], "data.target: 'sin(', character 5: found the end"),
        (["source=function", "target=x1^2"], "data.target = 'x1^2': must be an expression in x alone, such as sin(x)"),
        (["source=function", "target=1"], "data.target = '1': must be an expression in x alone, such as sin(x)"),
        (["source=function", "target=x^2", "task=binary"], "data.task = 'binary': for function it is regression"),
    ],
)
def test_a_configuration_names_what_can_be_read(settings: list[str], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        RunConfig().with_settings(settings)
    assert message in str(caught.value)


def test_a_configuration_takes_expressions() -> None:
    config = RunConfig().with_settings(["features=x1, x2, x1*x2, `mean radius`^2"])
    assert config.data.features == ("x1", "x2", "x1*x2", "`mean radius`^2")
    config = RunConfig().with_settings(["source=function", "target=x^2-sin(x)/2"])
    assert (config.target, config.task) == ("x^2-sin(x)/2", "regression")
