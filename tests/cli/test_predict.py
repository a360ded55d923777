"""Predictions for values, for tables, and for the rows a run knows."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nntui.cli.predict import read_table
from nntui.errors import UserError
from tests.cli.conftest import Nntui


def test_values_are_one_row(demo: Path, nntui: Nntui) -> None:
    for values, expected in ((["0", "0"], "0"), (["0", "1"], "1"), (["1", "0"], "1"), (["1", "1"], "0")):
        [answer] = json.loads(nntui("predict", "demo", *values, "--json").stdout)
        assert answer["prediction"] == expected
        assert (answer["probability"] > 0.5) == (expected == "1")


def test_negative_values_are_no_options(demo: Path, nntui: Nntui) -> None:
    done = nntui("predict", "demo", "-1", "-.5e0")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].split() == ["row", "prediction", "P(1)"]


def test_known_rows_are_compared_with_their_targets(demo: Path, nntui: Nntui) -> None:
    done = nntui("predict", "demo")
    assert done.stdout.splitlines()[-1] == "training: 4 of 4 right"
    rows = json.loads(nntui("predict", "demo", "--json").stdout)
    assert [row["target"] for row in rows] == ["0", "1", "1", "0"]
    assert all(row["right"] for row in rows)


@pytest.mark.parametrize(
    "table",
    [
        "x1,x2\n0,1\n1,1\n",
        "\ufeffx2, other ,x1\r\n1,a,0\r\n\r\n1,b,1\r\n",
        '"x2","x1"\n"1","0"\n" 1 ","1"\n',
        "0,1\n1,1\n",
    ],
)
def test_tables_name_their_columns_or_have_exactly_the_inputs(
    table: str, demo: Path, nntui: Nntui, tmp_path: Path
) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes(table.encode())
    done = nntui("predict", "demo", str(file), "--json")
    assert done.returncode == 0, done.stderr
    assert [(row["row"], row["prediction"]) for row in json.loads(done.stdout)] == [(1, "1"), (2, "0")]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "holds no rows"),
        (b"\n \n", "holds no rows"),
        (b"x1,x2\n", "holds a header and no rows"),
        (b"x1,x_2\n0,1\n", "column 'x2' is missing (did you mean x_2?)"),
        (b"x1,x1,x2\n0,1,1\n", "column 'x1' is twice"),
        (b"1,2,3\n", "row 1 has 3 columns"),
        (b"0,1\n0\n", "row 2 has 1 cells; needed: 2"),
        (b"x1,x2\n0,1\n0,one\n", "row 2, column 'x2': 'one' must be a finite number"),
        (b"x1,x2\n0,inf\n", "row 1, column 'x2': 'inf' must be a finite number"),
        (b"x1,x2\n0,1_0\n", "'1_0' must be a finite number"),
        (b"x1,x2\n0,\n", "'' must be a finite number"),
        (b"x1,x2\n0,1\0\n", "must be a finite number"),
        (b"x1,x2\n0,\x1b[31m\n", "must be a finite number"),
        (b"\xff\xfe\x00", "not UTF-8 text"),
        pytest.param(b"x1,x2\n0," + b"1" * 200_000, "field larger than field limit", id="huge field"),
    ],
)
def test_a_bad_table_is_told_in_one_line(content: bytes, told: str, demo: Path, nntui: Nntui, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes(content)
    done = nntui("predict", "demo", str(file))
    assert done.returncode == 2
    assert done.stdout == ""
    assert "rows.csv: " in done.stderr
    assert told in done.stderr
    assert "\x1b" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        (["1"], "1 values: this run takes 2: x1, x2"),
        (["1", "nan"], "value 2, x2: 'nan' must be a finite number"),
        (["1", "--jsno"], "did you mean --json?"),
        (["nowhere.csv"], "nowhere.csv: No such file"),
    ],
)
def test_bad_values_are_told_in_one_line(inputs: list[str], told: str, demo: Path, nntui: Nntui) -> None:
    done = nntui("predict", "demo", *inputs)
    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_values_beyond_the_numbers_of_the_network_give_no_prediction(demo: Path, nntui: Nntui) -> None:
    done = nntui("predict", "demo", "1e300", "-1e300", "--json")
    assert done.stderr == ""
    assert json.loads(done.stdout)[0]["row"] == 1


def test_without_a_checkpoint_it_says_so(demo: Path, nntui: Nntui) -> None:
    for file in (demo / "checkpoints").iterdir():
        file.unlink()
    done = nntui("predict", "demo", "0", "1")
    assert done.returncode == 2
    assert "no checkpoint yet" in done.stderr


@given(content=st.binary(max_size=80) | st.text(alphabet='x1x2,"\n\r 0.e-+_', max_size=80).map(str.encode))
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_table_is_rows_of_finite_numbers_or_one_line(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "any.csv"
    file.write_bytes(content)
    try:
        rows = read_table(file, ("x1", "x2"))
    except UserError:
        return
    assert rows
    assert all(len(row) == 2 and all(map(math.isfinite, row)) for row in rows)
