from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nntui.data import tables
from nntui.data.dataset import Column, DataError
from nntui.data.tables import Table, encode, load, read

IRIS = "sepal,petal,species\n5.1,1.4,setosa\n7.0,4.7,versicolor\n6.3,6.0,virginica\n5.0,1.3,setosa\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the current one, so that messages name files alone."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(text: str | bytes, name: str = "t.csv") -> Path:
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return Path(name)


def refusal(text: str | bytes, target: str = "", task: str = "auto", missing: str = "error") -> str:
    with pytest.raises(DataError) as caught:
        load(write(text), target, task, missing)
    return str(caught.value)


@pytest.mark.usefixtures("folder")
class TestLoad:
    def test_a_table_becomes_features_and_a_target(self) -> None:
        data = load(write(IRIS))
        assert (data.name, data.source) == ("t.csv", "t.csv")
        assert data.X.tolist() == [[5.1, 1.4], [7.0, 4.7], [6.3, 6.0], [5.0, 1.3]]
        assert data.columns == (Column("sepal"), Column("petal"))
        assert (data.task, data.target) == ("multi-class", "species")
        assert data.classes == data.outputs == ("setosa", "versicolor", "virginica")
        assert data.T.argmax(axis=1).tolist() == [0, 1, 2, 0]

    def test_any_column_can_be_the_target(self) -> None:
        data = load(write(IRIS), "sepal")
        assert data.task == "regression"
        assert data.T.tolist() == [[5.1], [7.0], [6.3], [5.0]]
        assert data.columns == (Column("petal"), Column("species", ("setosa", "versicolor", "virginica")))
        assert data.features == ("petal", "species=setosa", "species=versicolor", "species=virginica")
        assert data.X[1].tolist() == [4.7, 0, 1, 0]

    def test_several_targets_are_a_regression(self) -> None:
        data = load(write(IRIS), "petal, sepal")
        assert (data.task, data.target, data.outputs) == ("regression", "petal, sepal", ("petal", "sepal"))
        assert data.T[0].tolist() == [1.4, 5.1]
        assert data.features == ("species=setosa", "species=versicolor", "species=virginica")

    def test_a_comma_may_be_part_of_the_name(self) -> None:
        data = load(write('"a,b",a,b\n1,2,3\n4,5,7\n'), "a,b", "regression")
        assert (data.target, data.T.tolist()) == ("a,b", [[1], [4]])

    def test_the_task_can_be_said(self) -> None:
        text = "x,y\n1,0\n2,1\n3,0\n"
        assert load(write(text)).task == "binary"
        assert load(write(text), task="regression").classes == ()
        assert load(write(text), task="multi-class").outputs == ("0", "1")

    @pytest.mark.parametrize(
        "text",
        [
            "a;b;y\n1,5;2;0\n2,5;3,25;1\n",
            "a\tb\ty\n1.5\t2\t0\n2.5\t3.25\t1\n",
            "a|b|y\n1.5|2|0\n2.5|3.25|1\n",
            "a b y\n1.5 2 0\n2.5 3.25 1\n",
            "  a    b    y  \n  1.5  2    0  \n  2.5  3.25  1\n",
            "a,b,y\r\n1.5,2,0\r\n2.5,3.25,1\r\n",
            "a,b,y\r1.5,2,0\r2.5,3.25,1",
            "\ufeffa,b,y\n1.5,2,0\n2.5,3.25,1",
            '"a", "b", "y"\n"1.5", "2", "0"\n"2.5", "3.25", "1"\n',
            "\n\na,b,y\n\n1.5,2,0\n,,\n2.5,3.25,1\n\n",
            ",a,b,y\n0,1.5,2,0\n1,2.5,3.25,1\n",
            "a,b,y\n0,1.5,2,0\n1,2.5,3.25,1\n",
            "a,b,y,\n1.5,2,0,\n2.5,3.25,1,\n",
            "a,b,y\n1.5,2.0,0\n+2.5e0,325e-2,1\n",
            "a,b,y\n1.5,2,0\n2.5,3.25,1\n".encode("utf-16"),
        ],
    )
    def test_the_layout_is_found_out(self, text: str | bytes) -> None:
        data = load(write(text))
        assert data.features == ("a", "b")
        assert data.X.tolist() == [[1.5, 2], [2.5, 3.25]]
        assert (data.target, data.T.tolist()) == ("y", [[0], [1]])

    @pytest.mark.parametrize("text", ["1,2,0\n3,4,1\n", "1,2,0,\n3,4,1,\n", "1 2 0\n3 4 1"])
    def test_columns_without_a_header_are_numbered(self, text: str) -> None:
        data = load(write(text))
        assert (data.features, data.target) == (("c1", "c2"), "c3")
        assert data.X.tolist() == [[1, 2], [3, 4]]
        assert load(write(text), "c1", "regression").T.tolist() == [[1], [3]]

    def test_texts_that_come_again_are_no_header(self) -> None:
        assert load(write("sunny,no\nrainy,yes\nsunny,yes\n")).X.shape == (3, 2)
        assert load(write("p,x,p\ne,x,e\n")).target == "c3"

    @pytest.mark.parametrize(
        "text",
        [
            "country,2019,2020,label\nFrance,1,2,yes\nSpain,3,4,no\nPeru,5,6,yes\nChad,7,8,no\n",
            "a,2019,y\n1,2,yes\n3,4,no\n",
        ],
    )
    def test_a_header_may_have_numbers_in_it(self, text: str) -> None:
        table = read(write(text))
        assert (table.headed, table.names) == (True, tuple(text.split("\n", maxsplit=1)[0].split(",")))

    def test_a_row_of_numbers_and_a_class_is_no_header(self) -> None:
        assert load(write("5.1,3,rare\n4,2,usual\n7,1,usual\n")).X.shape == (3, 2)
        assert load(write("5,3,usual\n4,2,usual\n7,1,rare\n")).X.shape == (3, 2)

    def test_a_first_row_that_names_the_target_is_a_header(self) -> None:
        text = "p,2020,q\nx,1,u\ny,2,v\nz,3,w\n"
        assert not read(write(text)).headed
        data = load(write(text), "2020")
        assert (data.T.tolist(), data.columns[0].name) == ([[1], [2], [3]], "p")
        assert encode((Column("2020"),), read(write(text))).tolist() == [[1], [2], [3]]

    def test_an_unknown_target_is_told_why_no_header_was_seen(self) -> None:
        message = "columns: 'c1', 'c2'; no header was seen, because '1' is a number"
        assert refusal("1,2\n3,4\n", "price").endswith(message)

    @pytest.mark.parametrize(
        ("text", "names"),
        [
            ("prix,café\n1,2\n2,1\n".encode("cp1252"), ("prix", "café")),
            ("größe,y\n1,2\n2,1\n".encode(), ("größe", "y")),
        ],
    )
    def test_names_may_be_in_utf8_or_in_code_page_1252(self, text: bytes, names: tuple[str, str]) -> None:
        data = load(write(text))
        assert (*data.features, data.target) == names

    def test_plus_and_minus_are_classes(self) -> None:
        data = load(write("s,y\n-,+\n+,-\n-,-\n"))
        assert data.classes == ("-", "+")
        assert data.features == ("s=+", "s=-")
        assert data.X.tolist() == [[0, 1], [1, 0], [0, 1]]

    def test_few_numbers_among_texts_are_levels(self) -> None:
        assert load(write("n,y\n1,0\n2,1\n3+,1\n")).columns == (Column("n", ("1", "2", "3+")),)

    def test_numbers_are_read_alike_on_either_way(self, monkeypatch: pytest.MonkeyPatch) -> None:
        X = np.random.default_rng(0).normal(size=(50, 4)) * 10.0 ** np.arange(-8, 24, 8)
        path = write("a,b,c,d\n" + "\n".join(",".join(map(repr, row)) for row in X.tolist()))
        fast = load(path)
        np.testing.assert_array_equal(np.hstack([fast.X, fast.T]), X)
        monkeypatch.setattr(tables, "_numbers", lambda data, layout: None)
        slow = load(path)
        np.testing.assert_array_equal(np.hstack([slow.X, slow.T]), X)
        assert slow.columns == fast.columns

    def test_numbers_take_the_fast_way(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delattr(tables, "_table")
        assert load(write("a,y\n1,2\n3,4\n")).X.tolist() == [[1], [3]]


GAPS = "a,b,c,y\n1,x,5,0\n?,x,6,1\n3,NA,7,0\n4,z,8,1\n"


@pytest.mark.usefixtures("folder")
class TestMissing:
    @pytest.mark.parametrize("token", ["", "NA", "N/A", "nan", "NaN", "null", "NULL", "?", "-", " "])
    def test_a_missing_value_is_an_error_with_a_place(self, token: str) -> None:
        message = "t.csv: line 3, column 'a': has no value; data.missing can be drop, zero, mean or median"
        assert refusal(f"a,y\n1,0\n{token},1\n2,1\n") == message

    def test_rows_can_be_dropped(self) -> None:
        data = load(write(GAPS), missing="drop")
        assert data.features == ("a", "b=x", "b=z", "c")
        assert data.X.tolist() == [[1, 1, 0, 5], [4, 0, 1, 8]]
        assert data.T.tolist() == [[0], [1]]

    @pytest.mark.parametrize("missing", ["zero", "mean", "median"])
    def test_what_is_filled_later_is_nan(self, missing: str) -> None:
        data = load(write(GAPS), missing=missing)
        assert data.features == ("a", "b=x", "b=z", "c")
        nan = math.nan
        np.testing.assert_array_equal(data.X, [[1, 1, 0, 5], [nan, 1, 0, 6], [3, nan, nan, 7], [4, 0, 1, 8]])

    @pytest.mark.parametrize("missing", ["error", "zero", "mean", "median"])
    def test_a_target_cannot_be_filled(self, missing: str) -> None:
        assert refusal("a,y\n1,0\n2,?\n3,1\n", missing=missing).startswith("t.csv: line 3, column 'y': has no value")
        assert load(write("a,y\n1,0\n2,?\n3,1\n"), missing="drop").X.tolist() == [[1], [3]]

    def test_a_gap_in_the_target_is_told_with_what_helps(self) -> None:
        message = "t.csv: line 2, column 'y': has no value, and a target needs one; data.missing can be drop"
        assert refusal("a,y\n?,?\n2,0\n3,1\n") == refusal("a,b,y\n?,p,?\n2,q,0\n3,q,1\n") == message

    def test_rows_keep_their_lines(self) -> None:
        for text in (GAPS, "a,c,y\n1,5,0\n?,6,1\n3,,0\n4,8,1\n"):
            data = load(write(text), missing="drop")
            assert (list(data.lines or ()), data.unit) == ([2, 5], "line")
        assert list(load(write("a,y\n\n1,2\n\n3,4\n")).lines or ()) == [3, 5]

    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    @pytest.mark.parametrize("token", ["", " ", "NA", '"?"', "nan", "-", " null "])
    def test_missing_numbers_take_the_fast_way(self, token: str, end: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delattr(tables, "_table")
        rows = [f"a,b,y,n{token}", f"{token},1,2,-3", f"4,{token},-5e-1,6", f"7,8,9,{token}"]
        data = load(write(end.join(rows) + end), "y", missing="zero")
        nan = math.nan
        np.testing.assert_array_equal(data.X, [[nan, 1, -3], [4, nan, 6], [7, 8, nan]])


# Each text and what is said of it.
REFUSED = {
    "y,b": "t.csv: has no rows below its header",
    "x\n1\n2\n": "t.csv: has only 'x'; needs a column to predict from",
    "a,y\n1,2\n3\n": "t.csv: line 3: has 1 cells; the table has 2 columns",
    "a,y\n\n1,2\n3,4,5\n": "t.csv: line 4: has 3 cells; the table has 2 columns",
    'a,y\n"1\n2",3\n3,4,5\n': "t.csv: line 4: has 3 cells; the table has 2 columns",
    ",a,y\n0.5,1,2\n0.7,3,4\n": "t.csv: column 1 has no name in the header, and does not number the rows; name it",
    "a,,y\n1,7,2\n3,7,4\n": "t.csv: column 2 has no name in the header, and does not number the rows; name it",
    "c,c=p,y\np,1,2\nq,2,3\n": "t.csv: two features would be called 'c=p'; rename a column",
    "a,a\n1,2\n3,4\n": "t.csv: has two columns called 'a'; rename one",
    "a,y\n1,2\ninf,3\n5,6\n": "t.csv: column 'a': line 3: 'inf' is not a finite number up to 1e+100",
    "a,y\n1,2\n1e999,3\n": "t.csv: column 'a': line 3: '1e999' is not a finite number up to 1e+100",
    "a,y\n1,2\n1,-inf\n": "t.csv: column 'y': line 3: -inf is not a finite number up to 1e+100",
    "a,y\n1,2\n": "t.csv: has 1 rows; at least 2 are needed",
    "a,y\n1,2\n3,2\n": "t.csv: column 'y': all values are '2'; classes need at least two different ones",
    'a,y\n1,2\n"3,4\n': "t.csv: line 3: no row can be read here: unexpected end of data",
    "a,b,y\n1,?,2\n2,NA,3\n": "t.csv: column 'b': has no values at all; leave it out",
    "a,y\n1,2\n\x1b[2J,3\n": "t.csv: line 3: holds the byte 0x1B; is not text, as a table must be",
}


@pytest.mark.usefixtures("folder")
class TestRefusals:
    @pytest.mark.parametrize(("text", "message"), REFUSED.items(), ids=range(len(REFUSED)))
    def test_what_is_wrong_is_told(self, text: str, message: str) -> None:
        assert refusal(text) == message

    def test_an_unknown_target_is_told_with_the_nearest(self) -> None:
        assert refusal(IRIS, "specie") == (
            "t.csv: has no column 'specie' (did you mean species?); columns: 'sepal', 'petal', 'species'"
        )
        assert refusal(IRIS, "sepal,leaf").startswith("t.csv: has no column 'leaf'")

    def test_a_target_may_not_be_all_there_is(self) -> None:
        assert "needs a column to predict from" in refusal(IRIS, "sepal,petal,species")

    def test_a_slip_among_numbers_is_no_category(self) -> None:
        rows = "".join(f"{n},{n % 2}\n" for n in range(30))
        assert refusal(f"a,y\n{rows}1o,1\n") == (
            "t.csv: column 'a': line 32: '1o' is not a number, as most of the column is; "
            "numbers are written like 1234.5"
        )

    @pytest.mark.parametrize("cell", ["1o", '"1,000"', "5%"])
    def test_one_text_among_some_numbers_is_a_slip(self, cell: str) -> None:
        rows = "".join(f"{n % 5},{n % 2}\n" for n in range(15))
        text = cell.strip('"')
        assert f"column 'a': line 17: {text!r} is not a number" in refusal(f"a,y\n{rows}{cell},1\n")

    @pytest.mark.parametrize("cells", [["1%", "2%", "7%"], ['"1,000"', '"2,500"', "999"]])
    def test_numbers_as_people_write_them_are_no_category(self, cells: list[str]) -> None:
        assert "line 2: " in refusal("a,y\n" + "".join(f"{cell},{n % 2}\n" for n, cell in enumerate(cells)))

    def test_some_numbers_among_frequent_texts_are_levels(self) -> None:
        rows = "".join(f"{door},{n % 2}\n" for n, door in enumerate(["2", "3", "4", "5more"] * 5))
        assert load(write(f"doors,y\n{rows}")).columns == (Column("doors", ("2", "3", "4", "5more")),)

    def test_dates_are_no_category(self) -> None:
        rows = "".join(f"2024-01-{n:02},{n},{n % 2}\n" for n in range(1, 29))
        assert refusal(f"day,x,y\n{rows}") == (
            "t.csv: column 'day': has 28 different texts in 28 rows ('2024-01-01', '2024-01-02', '2024-01-03', ...); "
            "a category has at most 100, and two rows for each; leave the column out of the file"
        )

    def test_names_are_no_category(self) -> None:
        rows = "".join(f"name {n},{n % 2}\n" for n in range(101))
        assert refusal(f"a,y\n{rows}").startswith("t.csv: column 'a': has 101 different texts in 101 rows ('name 0', ")
        assert "longer than the 200 characters" in refusal(f"a,y\n{'x' * 201},1\nb,0\n")

    def test_a_task_that_cannot_be_is_told(self) -> None:
        message = "t.csv: column 'species': line 2: 'setosa' is not a number, which a regression needs"
        assert refusal(IRIS, task="regression") == message
        assert refusal(IRIS, task="binary").startswith("t.csv: column 'species': has 3 values")

    def test_long_lines_and_files_are_refused_before_they_are_taken_apart(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tables, "MAX_LINE", 100)
        text = "a,y\n" + "1,2\n3,4\n" * 100
        assert load(write(text)).X.shape == (200, 1)
        assert refusal("1," * 100) == "t.csv: has a line longer than 0 MiB"
        assert refusal(text + "1," * 100) == "t.csv: has a line longer than 0 MiB"
        monkeypatch.setattr(tables, "MAX_BYTES", 100)
        assert refusal(text) == "t.csv: has 0 MiB; at most 0 MiB can be read"


COLUMNS = (Column("size"), Column("colour", ("blue", "red")))


def unlabelled(text: str) -> Table:
    return read(write(text, "new.csv"))


@pytest.mark.usefixtures("folder")
class TestEncode:
    def test_columns_are_found_by_name_among_others(self) -> None:
        table = unlabelled("id,colour,size\n7,red,1.5\n8,blue,2\n")
        assert encode(COLUMNS, table).tolist() == [[1.5, 0, 1], [2, 1, 0]]

    def test_without_a_header_the_columns_are_just_these(self) -> None:
        assert encode(COLUMNS, unlabelled("1.5,red\n2,blue\n")).tolist() == [[1.5, 0, 1], [2, 1, 0]]
        with pytest.raises(DataError, match=r"^new.csv: has no column 'size'; its columns: 3 without a header$"):
            encode(COLUMNS, unlabelled("1.5,red,1\n2,blue,1\n"))

    def test_numbered_columns_are_found_in_the_table_they_came_from(self) -> None:
        assert encode((Column("c1"), Column("c2")), unlabelled("1,2,0\n3,4,1\n")).tolist() == [[1, 2], [3, 4]]

    def test_a_missing_value_is_nan(self) -> None:
        X = encode(COLUMNS, unlabelled("size,colour\n?,red\n2,NA\n"))
        np.testing.assert_array_equal(X, [[math.nan, 0, 1], [2, math.nan, math.nan]])

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("size,color\n1,red\n", "no column 'colour' (did you mean color?); its columns: 'size', 'color'"),
            (
                "size,colour\n1,reed\n",
                "column 'colour': line 2: 'reed' is none of its values: 'blue', 'red' (did you mean red?)",
            ),
            ("size,colour\n1,red\nbig,red\n", "column 'size': line 3: 'big' is not a finite number up to 1e+100"),
            ("size,colour\n1,red\ninf,red\n", "column 'size': line 3: 'inf' is not a finite number up to 1e+100"),
        ],
    )
    def test_what_does_not_fit_is_told(self, text: str, message: str) -> None:
        with pytest.raises(DataError) as caught:
            encode(COLUMNS, unlabelled(text))
        assert str(caught.value).startswith("new.csv: ")
        assert str(caught.value).endswith(message)

    def test_messages_can_name_another_path(self) -> None:
        with pytest.raises(DataError, match=r"^standard input: has no column 'size'"):
            encode(COLUMNS, unlabelled("a,b\n1,2\n"), path="standard input")

    def test_a_training_table_is_encoded_as_it_was_loaded(self) -> None:
        path = write("size,colour,y\n1,red,0\n2,blue,1\n3,red,1\n")
        data = load(path)
        np.testing.assert_array_equal(encode(data.columns, read(path)), data.X)


WORDS = st.text("abcXYZ0189 \"'\n.é", max_size=8).map(str.strip)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    end=st.sampled_from(["\n", "\r\n"]),
    bom=st.booleans(),
    rows=st.integers(2, 5).flatmap(
        lambda width: st.lists(st.lists(WORDS, min_size=width, max_size=width).filter(any), min_size=1, max_size=6)
    ),
)
def test_what_the_csv_module_writes_is_read_back(
    tmp_path: Path, delimiter: str, quoting: int, end: str, bom: bool, rows: list[list[str]]
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=end)  # type: ignore[arg-type]
    names = [f"n{i}" for i in range(len(rows[0]))]
    writer.writerows([names, *rows])
    path = tmp_path / "written.csv"
    path.write_bytes(text.getvalue().encode("utf-8-sig" if bom else "utf-8"))
    table = read(path)
    assert (list(table.names), table.headed) == (names, True)
    assert table.rows == rows
