"""Predictions of every kind of answer for values, tables, images, and the rows a run knows."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image

from nntui.cli import main
from nntui.store import catalog
from nntui.store.folder import CHECKPOINTS
from nntui.trainer.checkpoints import Model, load_model
from tests.cli.conftest import Nntui, call
from tests.cli.models import train

ROWS = 60


class Told(NamedTuple):
    """What a command has printed, and its exit code."""

    code: int
    out: str
    err: str

    def objects(self) -> list[dict[str, Any]]:
        """What --json has printed."""
        assert (self.code, self.err) == (0, ""), self.err
        return json.loads(self.out)  # type: ignore[no-any-return]

    def check_refused(self, *told: str) -> None:
        """One line says what is wrong, and nothing was predicted."""
        assert (self.code, self.out) == (2, "")
        assert len(self.err.splitlines()) == 1
        assert "\x1b" not in self.err
        for text in told:
            assert text in self.err


Predict = Callable[..., Told]


LEARN = ["standardize=true", "layers=6", "activation=tanh", "optimizer=adam", "lr=0.05", "test_fraction=0.2"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with runs called xor, fruit, sizes, filled and pictures, and the data of some."""
    made: Path = tmp_path_factory.mktemp("predict")
    train(made, ["lr=1"], name="xor", steps=3000)
    fruit = pieces_of_fruit()
    write(made / "fruit.csv", fruit, "weight,colour,size,depth,kind")
    write(made / "sizes.csv", fruit, "weight,colour,size,depth")
    write(made / "gaps.csv", [{"weight": "?", "colour": "red", "kind": "apple"}, *fruit], "weight,colour,kind")
    train(made, [f"source={made}/fruit.csv", "target=kind", *LEARN], name="fruit", steps=200)
    train(made, [f"source={made}/sizes.csv", "target=size,depth", *LEARN], name="sizes", steps=400)
    train(made, [f"source={made}/gaps.csv", "target=kind", "missing=mean", *LEARN], name="filled")
    draw(made / "pictures")
    train(made, [f"source={made}/pictures", "target=", "image_size=6", *LEARN], name="pictures", steps=60)
    return made


def pieces_of_fruit() -> list[dict[str, str]]:
    """Rows of a table; what a colour is called may begin with a minus."""
    rng = np.random.default_rng(0)
    fruit = []
    for n in range(ROWS):
        kind, weight = ("apple", "fig", "pear")[n % 3], rng.normal(100, 20)
        colour = "blue" if kind == "fig" else rng.choice(["red", "-green"])
        row = {"weight": f"{weight:.2f}", "size": f"{weight * 2 + 1:.2f}", "depth": f"{-weight:.2f}"}
        fruit.append(row | {"colour": str(colour), "kind": kind})
    return fruit


def write(path: Path, rows: list[dict[str, str]], header: str) -> None:
    """The columns of the header as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header.split(","), extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def draw(folder: Path) -> None:
    """Bright and dark pictures in a folder for each."""
    rng = np.random.default_rng(0)
    for label, shade in (("bright", 200), ("dark", 40)):
        (folder / label).mkdir(parents=True)
        for n in range(8):
            pixels = rng.integers(shade - 40, shade + 40, (12, 9, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / label / f"{n}.png")


@pytest.fixture
def predict(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Predict:
    """Runs ``nntui predict ARGUMENTS`` in this process."""
    monkeypatch.setenv("NNTUI_HOME", str(home))

    def run(*arguments: object) -> Told:
        code = main(["predict", *map(str, arguments)])
        return Told(code, *capsys.readouterr())

    return run


def model_of(home: Path, name: str) -> Model:
    """The newest checkpoint of a run by its name."""
    return load_model(catalog.find_run(home / "runs", name)[0] / CHECKPOINTS)


# Values


@pytest.mark.parametrize(("values", "expected"), [("0 0", "0"), ("0 1", "1"), ("1 0", "1"), ("1 1", "0")])
def test_values_are_one_row(values: str, expected: str, predict: Predict) -> None:
    [answer] = predict("xor", *values.split(), "--json").objects()
    assert answer["prediction"] == expected
    assert (answer["probability"] > 0.5) == (expected == "1")
    assert answer["probabilities"] == {"0": pytest.approx(1 - answer["probability"]), "1": answer["probability"]}


def test_negative_values_are_no_options(predict: Predict) -> None:
    told = predict("xor", "-1", "-.5e0")
    assert told.code == 0, told.err
    assert told.out.splitlines()[0].split() == ["row", "prediction", "P(1)"]


def test_a_category_is_given_as_its_word(home: Path, predict: Predict) -> None:
    [answer] = predict("fruit", "100", "-green", "201", "-100", "--json").objects()
    P = model_of(home, "fruit").predict(np.array([[100, 1, 0, 0, 201, -100]]))[0]
    assert answer["probabilities"] == {
        name: pytest.approx(p) for name, p in zip(("apple", "fig", "pear"), P, strict=True)
    }
    assert answer["prediction"] == ("apple", "fig", "pear")[P.argmax()]
    assert answer["probability"] == pytest.approx(P.max())


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ("xor 1", "1 value: this run takes 2: 'x1', 'x2'"),
        ("xor 1 2 3", "3 values: this run takes 2"),
        ("xor 1 one", "value 2: column 'x2': 'one' is not a finite number"),
        ("xor 1 inf", "value 2: column 'x2': 'inf' is not a finite number"),
        ("xor 1 1_0", "value 2: column 'x2': '1_0' is not a finite number"),
        ("xor 1 nan", "column 'x2' has no value, and this run has learned none to put there"),
        ("xor 1 --jsno", "did you mean --json?"),
        ("xor 1 -x", "No such option: -x"),
        ("xor nowhere.csv", "nowhere.csv: cannot be read: No such file"),
        ("fruit 100 rd 201 -100", "value 2: column 'colour': 'rd' is none of its values"),
        ("fruit 100 rd 201 -100", "(did you mean red?)"),
        ("fruit 1e99 red 201 -100 --json", "the values: row 1: 'weight' is 1e+99"),
    ],
)
def test_bad_values_are_told_in_one_line(inputs: str, told: str, predict: Predict) -> None:
    predict(*inputs.split()).check_refused(told)


# Tables


@pytest.mark.parametrize(
    "table",
    [
        "x1,x2\n0,1\n1,1\n",
        "\ufeffx2, other ,x1\r\n1,a,0\r\n\r\n1,b,1\r\n",
        '"x2","x1"\n"1","0"\n" 1 ","1"\n',
        "x2\tx1\n1\t0\n1\t1\n",
        "0,1\n1,1\n",
    ],
)
def test_tables_name_their_columns_or_have_exactly_the_inputs(table: str, predict: Predict, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes(table.encode())
    answers = predict("xor", file, "--json").objects()
    assert [(answer["row"], answer["prediction"]) for answer in answers] == [(1, "1"), (2, "0")]


def test_a_table_is_read_from_stdin(home: Path) -> None:
    done = call("predict", "xor", "-", "--json", input="x2,x1\n1,0\n", stdin=None, env={"NNTUI_HOME": str(home)})
    assert json.loads(done.stdout)[0]["prediction"] == "1"
    done = call("predict", "xor", "-", input="x2,x1\n1,one\n", stdin=None, env={"NNTUI_HOME": str(home)})
    assert (done.returncode, done.stderr.splitlines()) == (
        2,
        ["nntui: stdin: column 'x1': line 2: 'one' is not a finite number up to 1e+100"],
    )


def test_the_table_of_the_run_gives_the_predictions_of_its_known_rows(home: Path, predict: Predict) -> None:
    known = {answer["row"]: answer for answer in predict("fruit", "--json").objects()}
    new = predict("fruit", home / "fruit.csv", "--json").objects()
    assert len(known) == len(new) == ROWS
    for answer in new:
        assert answer["prediction"] == known[answer["row"]]["prediction"]
        assert answer["probability"] == pytest.approx(known[answer["row"]]["probability"], abs=1e-4)


def test_a_missing_value_is_filled_where_the_run_filled_some(home: Path, predict: Predict, tmp_path: Path) -> None:
    file = tmp_path / "gaps.csv"
    file.write_text("colour,weight\nred,\nNA,90\n")
    answers = predict("filled", file, "--json").objects()
    model = model_of(home, "filled")
    fill = model.preparation.fill
    P = model.predict(np.array([[fill[0], 0, 0, 1], [90, *fill[1:]]]))
    assert [answer["probability"] for answer in answers] == pytest.approx(P.max(axis=1).tolist())
    predict("fruit", "?", "red", "1", "1").check_refused("column 'weight' has no value")


@pytest.mark.parametrize(
    ("run", "content", "told"),
    [
        ("xor", b"", "is empty"),
        ("xor", b"x1,x2\n", "has no rows below its header"),
        ("xor", b"x1,x_2\n0,1\n", "has no column 'x2' (did you mean x_2?)"),
        ("xor", b"1,2,3\n4,5,6\n", "has no column 'x1'"),
        ("xor", b"x1,x2\n0,1\n0\n", "line 3: has 1 cells"),
        ("xor", b"x1,x2\n0,1\n0,one\n", "column 'x2': line 3: 'one' is not a finite number"),
        ("xor", b"x1,x2\n0,1\n0,\n", "line 3, column 'x2' has no value, and this run has learned none to put there"),
        ("xor", b"x1,x2\n0,\x1b[31m\n", "is not text"),
        ("fruit", b"weight,colour,size,depth\n1,red,1,1\n1,purple,1,1\n", "column 'colour': line 3: 'purple'"),
        ("fruit", b"weight,colour,size,depth\n1,red,1,1\n1,?,1,1\n", "line 3, column 'colour' has no value"),
        ("fruit", b"weight,colour,size,depth\n1,red,1,1\n1e99,red,1,1\n", "row 2: 'weight' is 1e+99"),
    ],
)
def test_a_bad_table_is_told_in_one_line(run: str, content: bytes, told: str, predict: Predict, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes(content)
    predict(run, file).check_refused("rows.csv: ", told)


def test_a_folder_is_no_table(predict: Predict, tmp_path: Path) -> None:
    predict("xor", tmp_path).check_refused("is a folder; this run takes a table with the columns 'x1', 'x2'")


# Images


def test_images_of_any_size_are_told_by_their_names(predict: Predict, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    Image.new("RGB", (40, 30), (30, 30, 30)).save(tmp_path / "more" / "night.png")
    Image.new("L", (5, 7), 220).save(tmp_path / "day.png")
    answers = predict("pictures", tmp_path, "--json").objects()
    assert {answer["file"]: answer["prediction"] for answer in answers} == {
        "day.png": "bright",
        str(Path("more", "night.png")): "dark",
    }
    assert predict("pictures", tmp_path / "day.png").out.splitlines()[0].split() == ["file", "prediction", "P(dark)"]


def test_pixels_are_brought_to_the_range_the_run_has_learned(home: Path, tmp_path: Path, predict: Predict) -> None:
    train(home, ["layers=5"], name="digits", preset="digits", steps=5)
    Image.new("L", (8, 8), 255).save(tmp_path / "white.png")
    [answer] = predict("digits", tmp_path / "white.png", "--json").objects()
    P = model_of(home, "digits").predict(np.full((1, 64), 16.0))[0]
    assert list(answer["probabilities"].values()) == pytest.approx(P.tolist(), abs=1e-6)


def test_a_file_that_is_no_image_is_told_in_one_line(predict: Predict, tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(b"meow")
    predict("pictures", tmp_path).check_refused("cat.png")
    predict("pictures", tmp_path / "dog.png").check_refused("dog.png")


# The rows a run knows


def test_known_rows_are_compared_with_their_targets(predict: Predict) -> None:
    assert predict("xor").out.splitlines()[-1] == "training: 4 of 4 right"
    rows = predict("xor", "--json").objects()
    assert [row["target"] for row in rows] == ["0", "1", "1", "0"]
    assert [row["row"] for row in rows] == [1, 2, 3, 4]
    assert all(row["right"] for row in rows)


def test_known_rows_of_several_classes(predict: Predict) -> None:
    told = predict("fruit").out.splitlines()
    rows = predict("fruit", "--json").objects()
    assert told[0].split() == ["row", "part", "target", "prediction", "probability", "verdict"]
    for part, line in (("training", told[-2]), ("held out", told[-1])):
        among = [row for row in rows if row["part"] == part]
        right = [row["prediction"] == row["target"] for row in among]
        assert right == [row["right"] for row in among]
        assert line == f"{part}: {sum(right)} of {len(among)} right"
    assert [row["target"] for row in rows[:3]] == ["apple", "fig", "pear"]


def test_numbers_are_told_in_the_unit_of_the_target(predict: Predict) -> None:
    [answer] = predict("sizes", "110", "red", "--json").objects()
    assert answer == {
        "row": 1,
        "prediction": {"size": pytest.approx(221, abs=20), "depth": pytest.approx(-110, abs=10)},
    }
    header, row = predict("sizes", "110", "red").out.splitlines()
    assert header.split() == ["row", "size", "depth"]
    assert [float(cell) for cell in row.split()[1:]] == pytest.approx(list(answer["prediction"].values()), rel=1e-5)


def test_known_rows_of_numbers_have_errors_and_r2(predict: Predict) -> None:
    told = predict("sizes").out.splitlines()
    rows = predict("sizes", "--json").objects()
    assert told[0].split() == [
        *("row", "part", "size", "size", "predicted", "size", "error"),
        *("depth", "depth", "predicted", "depth", "error"),
    ]
    for row in rows:
        for name in ("size", "depth"):
            assert row["error"][name] == pytest.approx(row["prediction"][name] - row["target"][name], abs=1e-3)
    for part, line in (("training", told[-2]), ("held out", told[-1])):
        among = [row for row in rows if row["part"] == part]
        expected = np.mean([r2_of(among, name) for name in ("size", "depth")])
        assert line.startswith(f"{part}: R² ")
        assert line.endswith(f" over {len(among)} rows")
        assert float(line.split()[-4]) == pytest.approx(expected, abs=1e-3)
        assert expected > 0.9


def r2_of(rows: Sequence[dict[str, Any]], name: str) -> float:
    """1 − Σ(t − p)² / Σ(t − mean t)² of one output."""
    T = np.array([row["target"][name] for row in rows])
    P = np.array([row["prediction"][name] for row in rows])
    return float(1 - ((T - P) ** 2).sum() / ((T - T.mean()) ** 2).sum())


def test_one_number_has_short_headers(home: Path, predict: Predict) -> None:
    train(home, [], name="progress", preset="diabetes")
    assert predict("progress").out.splitlines()[0].split() == ["row", "part", "progression", "predicted", "error"]


def test_without_a_checkpoint_it_says_so(demo: Path, nntui: Nntui) -> None:
    for file in (demo / "checkpoints").iterdir():
        file.unlink()
    done = nntui("predict", "demo", "0", "1")
    assert done.returncode == 2
    assert "no checkpoint yet" in done.stderr


# Arrays


def test_the_inputs_of_an_npz_file_are_predicted(predict: Predict, tmp_path: Path) -> None:
    np.savez(tmp_path / "new.npz", X=np.array([[0, 0], [0, 1]]))
    assert [one["prediction"] for one in predict("xor", tmp_path / "new.npz", "--json").objects()] == ["0", "1"]


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"Z": np.zeros((2, 2))}, "has no array of inputs"),
        ({"X": np.zeros((2, 3))}, "the inputs have 3 features; this run takes 2"),
        ({"X": np.array([[0, np.nan]])}, "row 1, column 'x2' has no value"),
    ],
)
def test_an_npz_file_without_such_inputs_is_refused(
    arrays: dict[str, Any], told: str, predict: Predict, tmp_path: Path
) -> None:
    np.savez(tmp_path / "new.npz", allow_pickle=False, **arrays)
    predict("xor", tmp_path / "new.npz").check_refused("new.npz", told)


def test_values_may_have_a_decimal_comma(predict: Predict) -> None:
    assert predict("xor", "0,25", "-,5", "--json").objects() == predict("xor", "0.25", "-.5", "--json").objects()
