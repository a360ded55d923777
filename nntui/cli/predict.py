"""``nntui predict``: what a trained network says of new rows."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nntui.cli.output import line_of_json, table
from nntui.cli.runs import Run
from nntui.errors import UserError, closest

if TYPE_CHECKING:
    from nntui.trainer.checkpoints import Model


def predict(
    run: Run,
    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE.csv|VALUE...]", help="A table of rows, or the values of one row."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON list of objects.")] = False,
) -> None:
    """Predict with the newest checkpoint of a run.

    FILE.csv has a header that names the inputs, in any order, other columns ignored; or no header, and
    exactly the inputs. VALUE... is one row, in the order of the inputs. Without either, the rows the run itself knows
    are predicted and compared with their targets.

    The probability is that of the class the run has learned to tell, named in the header of the table.
    """
    from nntui import paths
    from nntui.store import catalog
    from nntui.store.folder import CHECKPOINTS
    from nntui.trainer.checkpoints import load_model

    place, _ = catalog.find_run(paths.runs_dir(), run)
    inputs = _without_options(inputs or [])
    model = load_model(place / CHECKPOINTS)
    objects = _predictions(model, _read(inputs, model.features)) if inputs else _known_rows(place, model)
    typer.echo(line_of_json(objects) if as_json else _text(objects, model))


def _without_options(inputs: list[str]) -> list[str]:
    """The values; negative numbers look like options, so what looks like one and is no number is refused here."""
    for text in inputs:
        if text.startswith("-") and not _is_number(text):
            raise UserError(f"No such option: {text}{closest(text, ['--json', '--help'])}")
    return inputs


def _read(inputs: list[str], features: Sequence[str]) -> list[list[float]]:
    """The rows to predict, in the order of the features. Raises UserError."""
    if len(inputs) == 1 and not _is_number(inputs[0]):
        return read_table(Path(inputs[0]), features)
    if len(inputs) != len(features):
        raise UserError(f"{len(inputs)} values: this run takes {len(features)}: {_listed(features)}")
    return [
        [_number(text, f"value {n}, {name}") for n, (text, name) in enumerate(zip(inputs, features, strict=True), 1)]
    ]


def read_table(path: Path, features: Sequence[str]) -> list[list[float]]:
    """The rows of a CSV file, in the order of the features. Raises UserError, naming row and column."""
    if path.exists() and not path.is_file():
        raise UserError(f"{path}: a directory or a device, not a file")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file) if any(cell.strip() for cell in row)]
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 text (byte {error.start})") from None
    except csv.Error as error:
        raise UserError(f"{path}: not a CSV table: {error}") from None
    if not rows:
        raise UserError(f"{path}: holds no rows")
    columns = _columns(path, [cell.strip() for cell in rows[0]], features)
    body = rows if columns is None else rows[1:]
    if not body:
        raise UserError(f"{path}: holds a header and no rows")
    return list(_numbers(path, body, columns, features))


def _columns(path: Path, header: list[str], features: Sequence[str]) -> list[int] | None:
    """Where each feature stands, by the header; None when the first row is a row of numbers. Raises UserError."""
    if all(map(_is_number, header)) and not set(features) <= set(header):
        if len(header) != len(features):
            raise UserError(
                f"{path}: row 1 has {len(header)} columns and no header names them; "
                f"this run takes {len(features)}: {_listed(features)}"
            )
        return None
    for name in features:
        if header.count(name) != 1:
            found = "twice" if name in header else "missing"
            hint = "" if name in header else closest(name, header)
            raise UserError(f"{path}: column {name!r} is {found}{hint}; needed: {_listed(features)}")
    return [header.index(name) for name in features]


def _numbers(
    path: Path, rows: list[list[str]], columns: list[int] | None, features: Sequence[str]
) -> Iterator[list[float]]:
    width = len(features) if columns is None else max(columns) + 1
    for n, row in enumerate(rows, 1):
        if len(row) < width or (columns is None and len(row) != width):
            raise UserError(f"{path}: row {n} has {len(row)} cells; needed: {width}")
        cells = row if columns is None else [row[column] for column in columns]
        yield [_number(cell, f"{path}: row {n}, column {name!r}") for cell, name in zip(cells, features, strict=True)]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def _number(text: str, place: str) -> float:
    """A finite number. Raises UserError, naming the place."""
    value = float(text) if _is_number(text) else math.nan
    if not math.isfinite(value):
        shown = repr(text if len(text) <= 60 else text[:57] + "...")
        raise UserError(f"{place}: {shown} must be a finite number")
    return value


def _listed(features: Sequence[str]) -> str:
    names = ", ".join(features[:12])
    return names if len(features) <= 12 else f"{names}, … {features[-1]}"


def _predictions(model: Model, rows: Any) -> list[dict[str, object]]:
    """One object a row: its number from 1, the class predicted, the probability of the second class."""
    import numpy as np

    with np.errstate(all="ignore"):
        P = model.predict(np.asarray(rows, np.float64))[:, 0].astype(float).tolist()
    return [{"row": n, **_prediction(p, model.classes)} for n, p in enumerate(P, 1)]


def _prediction(p: float, classes: tuple[str, ...]) -> dict[str, object]:
    if not math.isfinite(p):
        return {"prediction": None, "probability": None}
    return {"prediction": classes[int(p >= 0.5)], "probability": p}


def _known_rows(place: Path, model: Model) -> list[dict[str, object]]:
    """The rows kept in the run, with their targets; their numbers are those of the data set. Raises UserError."""
    from contextlib import closing

    from nntui.store.reader import Reader

    with closing(Reader(place)) as reader:
        found = reader.table("rows")
    if found is None:
        raise UserError(f"{place.name}: keeps no rows to predict; name a FILE.csv or values")
    arrays = found[1]
    objects = _predictions(model, arrays["X"])
    for n, one in enumerate(objects):
        target = model.classes[int(arrays["T"][n, 0] >= 0.5)]
        one |= {
            "row": int(arrays["row"][n]),
            "part": "held out" if arrays["part"][n] else "training",
            "target": target,
            "right": one["prediction"] == target,
        }
    return objects


def _text(objects: list[dict[str, object]], model: Model) -> str:
    """The predictions as a table and, where targets are known, how many are right."""
    known = "target" in objects[0]
    header = ["row", *(["part", "target"] if known else []), "prediction", f"P({model.classes[1]})"]
    names = ["row", *(["part", "target"] if known else []), "prediction", "probability"]
    rows = []
    for one in objects:
        cells = [_cell(one[name]) for name in names]
        rows.append([*cells, "right" if one["right"] else "wrong"] if known else cells)
    text = table([*header, *(["verdict"] if known else [])], rows, right=f"row {header[-1]}")
    for part in ("training", "held out") if known else ():
        verdicts = [one["right"] for one in objects if one["part"] == part]
        if verdicts:
            text += f"\n{part}: {sum(map(bool, verdicts))} of {len(verdicts)} right"
    return text


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6f}"
    return "-" if value is None else str(value)
