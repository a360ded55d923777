"""Formulas such as ``x1*x2`` or ``sin(2*pi*x)``: what may stand in one, and its value.

The usual precedence holds: ``^`` binds tighter than the sign (``-x^2`` is ``-(x^2)``), the sign tighter than ``*``, and
``2^3^2`` is ``2^(3^2)``; ``**`` is read as ``^``. A name that is no plain word stands in backticks. Only what the
grammar below knows can be said: there is no way from a formula into Python.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nntui.errors import UserError, closest

#: Each takes one argument; NumPy has every one of them by this name.
FUNCTIONS = ("sin", "cos", "tan", "tanh", "exp", "log", "sqrt", "abs", "square", "sign")
CONSTANTS = {"pi": math.pi, "e": math.e}
MAX_LENGTH, MAX_DEPTH = 200, 50

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": operator.pow,
}
#: How tightly each binds its operands.
BINDING = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 4}
SIGN, ATOM = 3, 5

TOKEN = re.compile(
    r"(?P<number>([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?)"
    r"|(?P<word>[^\W\d]\w*)|(?P<quoted>`[^`]+`)|(?P<symbol>\*\*|[-+*/^()])"
)


class ExpressionError(UserError):
    """A text that is no expression, in one line: where it goes wrong, and what may stand there."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A formula, or a part of one; ``str`` writes it with as few parentheses as it needs, and that parses back.

    ``kind`` is number (a constant is one), name, function, sign or operator; ``text`` the number as it was written, the
    name without backticks, the function's or operator's name.
    """

    kind: str
    text: str
    arguments: tuple[Expression, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """The names whose values are needed."""
        own = (self.text,) if self.kind == "name" else ()
        return frozenset(own).union(*(part.names for part in self.arguments))

    def evaluate(self, env: Mapping[str, Any], functions: Mapping[str, Callable[[Any], Any]]) -> Any:
        """The value where the names stand for those in ``env`` (numbers or arrays) and functions are these.

        What has no real value is NaN, or what the functions and arrays make of it.
        """
        if self.kind == "number":
            return CONSTANTS[self.text] if self.text in CONSTANTS else float(self.text)
        if self.kind == "name":
            return env[self.text]
        values = [part.evaluate(env, functions) for part in self.arguments]
        if self.kind == "sign":
            return -values[0]
        if self.kind == "function":
            return functions[self.text](values[0])
        try:
            value = OPERATORS[self.text](*values)
        except ArithmeticError:
            return math.nan
        return math.nan if isinstance(value, complex) else value

    @property
    def _binding(self) -> int:
        return {"operator": BINDING.get(self.text, 0), "sign": SIGN}.get(self.kind, ATOM)

    def __str__(self) -> str:
        if self.kind == "name":
            plain = self.text.isidentifier() and self.text not in (*FUNCTIONS, *CONSTANTS)
            return self.text if plain else f"`{self.text}`"
        if self.kind == "function":
            return f"{self.text}({self.arguments[0]})"
        if self.kind == "sign":
            return "-" + _within(self.arguments[0], SIGN)
        if self.kind == "operator":
            left, right = self.arguments
            binding = self._binding
            # A sign at the right needs no parentheses: 2^-x.
            written = str(right) if right.kind == "sign" else _within(right, binding + (self.text != "^"))
            return _within(left, binding + (self.text == "^")) + self.text + written
        return self.text


def _within(part: Expression, binding: int) -> str:
    """A part, in parentheses if it binds less than this."""
    return str(part) if part._binding >= binding else f"({part})"


def parse(text: str) -> Expression:
    """Reads a formula of at most 200 characters. Raises ExpressionError."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"{_quoted(text)}: {len(text)} characters; at most {MAX_LENGTH} are allowed")
    return _Parser(text).parse()


def _quoted(text: str) -> str:
    quoted = repr(text)
    return quoted if len(quoted) <= 60 else quoted[:57] + "..."


class _Parser:
    """Reads one text, by the method of V. Pratt, *Top down operator precedence* (1973)."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._depth = 0
        self._end = 0
        self._advance()

    def parse(self) -> Expression:
        expression = self._expression(0)
        if self._kind != "end":
            raise self._error("the end or one of + - * / ^")
        return expression

    def _advance(self) -> None:
        """Goes on to the next token: its kind, its text, and where it starts."""
        while self._text[self._end : self._end + 1].isspace():
            self._end += 1
        self._start = self._end
        match = TOKEN.match(self._text, self._start)
        if match is None:
            self._token = self._text[self._start : self._start + 1]
            self._kind = "unknown" if self._token else "end"
            return
        self._kind, self._token, self._end = str(match.lastgroup), match.group(), match.end()
        if self._kind == "word" and not self._token.isidentifier():
            self._kind = "unknown"
        self._token = "^" if self._token == "**" else self._token

    def _expression(self, binding: int) -> Expression:
        """What stands here, up to an operator that binds no tighter than this."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._error(f"fewer levels; at most {MAX_DEPTH} are allowed")
        left = self._operand()
        while (strength := BINDING.get(self._token, 0)) > binding:
            symbol = self._token
            self._advance()
            right = self._expression(strength - (symbol == "^"))
            left = Expression("operator", symbol, (left, right))
        self._depth -= 1
        return left

    def _operand(self) -> Expression:
        kind, token = self._kind, self._token
        if kind == "symbol" and token == "-":
            self._advance()
            return Expression("sign", "-", (self._expression(SIGN),))
        if kind == "symbol" and token == "(":
            self._advance()
            return self._closed()
        if kind == "word":
            return self._word()
        if kind == "quoted":
            self._advance()
            return Expression("name", token[1:-1])
        if kind == "number" and math.isfinite(float(token)):
            self._advance()
            return Expression("number", token)
        if kind == "number":
            raise self._error("a number below 1.8e308")
        raise self._error(f"a number, a name (`in backticks` if it is no plain word), ( or {', '.join(FUNCTIONS)}")

    def _word(self) -> Expression:
        """A constant, a function with its argument, or a plain name."""
        word, start = self._token, self._start
        self._advance()
        if self._token == "(" or word in FUNCTIONS:
            if word not in FUNCTIONS:
                self._start, self._token = start, word
                raise self._error(f"one of the functions {', '.join(FUNCTIONS)}{closest(word, FUNCTIONS)}")
            if self._token != "(":
                raise self._error(f"( after {word}")
            self._advance()
            return Expression("function", word, (self._closed(),))
        return Expression("number" if word in CONSTANTS else "name", word)

    def _closed(self) -> Expression:
        """An expression and the parenthesis that closes it."""
        inner = self._expression(0)
        if self._token != ")":
            raise self._error(") or one of + - * / ^")
        self._advance()
        return inner

    def _error(self, expected: str) -> ExpressionError:
        found = _quoted(self._token) if self._token else "the end"
        return ExpressionError(
            f"{_quoted(self._text)}, character {self._start + 1}: found {found}, expected {expected}"
        )
