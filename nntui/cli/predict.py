"""``nntui predict``: what a trained network says of new rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nntui.cli.output import line_of_json, table
from nntui.cli.runs import Run
from nntui.errors import UserError, closest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nntui.trainer.checkpoints import Model

#: One prediction as --json gives it.
Object = dict[str, Any]
#: A header and the cells under it.
Column = tuple[str, list[str]]


def predict(
    run: Run,
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE|FOLDER|VALUE...]", help="A table (- is stdin), an image, a folder of images, or one row."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON list of objects.")] = False,
) -> None:
    """Predict with the newest checkpoint of a run.

    FILE is a table as training takes them (.csv, .tsv, .txt), its target left out or ignored: a header names the
    columns, in any order, others ignored; or there is no header, and exactly the run's columns. VALUE... is one row, a
    value for each column, in the run's order. A category is given as its word; a missing value is filled as in
    training. For a run on images, FILE is an image of any size, and FOLDER holds images. Without any of these, the
    rows that the run itself knows are predicted and compared with their targets.

    FILE can also be an NPZ file with an array X, a column for each feature, or images as training has them.

    The probability is that of the class named in the header or, of more than two classes, of the predicted
    one; --json gives those of all classes. Predictions that are numbers are in the target's own unit.

    --json gives row (from 1), file (of an image), and prediction; of classes also probability, and probabilities by
    class; of known rows part, target, and right or, of numbers, error. Numbers are objects, by the names of the
    outputs.
    """
    from nntui import paths
    from nntui.cli.weights import newest
    from nntui.store import catalog

    place, record = catalog.find_run(paths.runs_dir(), run)
    model = newest(place, record)
    if inputs:
        _refuse_options(inputs, model)
        objects = _new_rows(inputs, model, record.data.get("value_range"))
        typer.echo(line_of_json(objects) if as_json else _table(objects, model))
        return
    objects, arrays = _known_rows(place, model)
    typer.echo(line_of_json(objects) if as_json else _table(objects, model) + _score(objects, arrays))


def _refuse_options(inputs: Sequence[str], model: Model) -> None:
    """Values may begin with a minus, as options do: what does and is no value, is refused. Raises UserError."""
    from nntui.data.targets import is_number

    words = {level for column in model.preparation.columns for level in column.levels}
    for text in inputs:
        if text.startswith("-") and text != "-" and text not in words and not is_number(text.replace(",", ".", 1)):
            raise UserError(f"No such option: {text}{closest(text, ['--json', '--help'])}")


def _new_rows(inputs: Sequence[str], model: Model, value_range: tuple[float, float] | None) -> list[Object]:
    """The predictions for what the user has given. Raises UserError."""
    from nntui.cli import rows
    from nntui.data import DataError

    found = rows.read(inputs, model.preparation, value_range)
    try:
        P = model.predict(found.X)
    except DataError as error:
        raise UserError(f"{found.source}: {error}") from None
    objects = _predictions(P, model)
    for one, file in zip(objects, found.files, strict=False):
        one["file"] = file
    return objects


def _known_rows(place: Path, model: Model) -> tuple[list[Object], dict[str, NDArray[Any]]]:
    """The rows kept in the run, with their targets; their numbers are those of the data set. Raises UserError."""
    from contextlib import closing

    from nntui import outcomes
    from nntui.store.reader import Reader

    with closing(Reader(place)) as reader:
        found = reader.table("rows")
    if found is None:
        raise UserError(f"{place.name}: keeps no rows to predict; name a FILE or values")
    arrays = found[1]
    P, T = model.predict(arrays["X"]), arrays["T"]
    objects = _predictions(P, model)
    parts = ["held out" if part else "training" for part in arrays["part"].tolist()]
    for one, row, part in zip(objects, arrays["row"].tolist(), parts, strict=True):
        one |= {"row": row, "part": part}
    if model.classes:
        right = outcomes.right(P, T, model.task).tolist()
        targets = [one["prediction"] for one in _predictions(T, model)]
        for one, target, verdict in zip(objects, targets, right, strict=True):
            one |= {"target": target, "right": verdict}
    else:
        for one, target, off in zip(objects, T.tolist(), (P - T).tolist(), strict=True):
            one |= {"target": _by_name(model.outputs, target), "error": _by_name(model.outputs, off)}
    return objects, {"P": P, "T": T, "part": arrays["part"]}


def _predictions(P: NDArray[Any], model: Model) -> list[Object]:
    """One object for each row of predictions (rows, outputs), numbered from 1."""
    values = P.astype(float).tolist()
    if not model.classes:
        return [{"row": n, "prediction": _by_name(model.outputs, row)} for n, row in enumerate(values, 1)]
    if len(model.outputs) == 1:
        values = [[1 - p, p] for [p] in values]
    return [{"row": n, **_classified(row, model)} for n, row in enumerate(values, 1)]


def _by_name(names: Sequence[str], values: Sequence[float]) -> dict[str, float]:
    return dict(zip(names, values, strict=True))


def _classified(values: list[float], model: Model) -> Object:
    """The predicted class with the probabilities; none of it where the network's numbers are at their end."""
    if not all(map(math.isfinite, values)):
        return {"prediction": None, "probability": None, "probabilities": None}
    if len(model.outputs) == 1:
        best, told = int(values[1] >= 0.5), 1
    else:
        best = told = values.index(max(values))
    return {
        "prediction": model.classes[best],
        "probability": values[told],
        "probabilities": _by_name(model.classes, values),
    }


def _table(objects: list[Object], model: Model) -> str:
    """The predictions as text."""
    lead = ["file" if "file" in objects[0] else "row", *(["part"] if "part" in objects[0] else [])]
    columns = [(name, [str(one[name]) for one in objects]) for name in lead]
    columns += _class_columns(objects, model) if model.classes else _number_columns(objects, model)
    header, cells = zip(*columns, strict=True)
    return table(header, list(zip(*cells, strict=True)), right="row")


def _class_columns(objects: list[Object], model: Model) -> list[Column]:
    """The prediction and its probability; of known rows also the target and whether it is that."""
    known = "target" in objects[0]
    names = ["target", "prediction"] if known else ["prediction"]
    columns = [(name, [_word(one[name]) for one in objects]) for name in names]
    header = f"P({model.classes[1]})" if len(model.outputs) == 1 else "probability"
    columns.append((header, [_word(one["probability"], ".6f") for one in objects]))
    if known:
        columns.append(("verdict", ["right" if one["right"] else "wrong" for one in objects]))
    return columns


def _number_columns(objects: list[Object], model: Model) -> list[Column]:
    """For each output its target, prediction and error, or the prediction alone; aligned to the right."""
    columns = []
    for name in model.outputs:
        prefix = f"{name} " if len(model.outputs) > 1 else ""
        kinds = {name: "prediction"}
        if "target" in objects[0]:
            kinds = {name: "target", f"{prefix}predicted": "prediction", f"{prefix}error": "error"}
        for header, kind in kinds.items():
            cells = [_word(one[kind][name], ".6g") for one in objects]
            width = max(map(len, (header, *cells)))
            columns.append((header.rjust(width), [cell.rjust(width) for cell in cells]))
    return columns


def _word(value: object, form: str = "") -> str:
    if isinstance(value, float):
        return format(value, form) if math.isfinite(value) else "-"
    return "-" if value is None else str(value)


def _score(objects: list[Object], arrays: dict[str, NDArray[Any]]) -> str:
    """How good the predictions of each part are: a line for each."""
    from nntui import outcomes

    text = ""
    for number, part in enumerate(("training", "held out")):
        rows = arrays["part"] == number
        among = [one for one in objects if one["part"] == part]
        if among and "right" in among[0]:
            text += f"\n{part}: {sum(one['right'] for one in among)} of {len(among)} right"
        elif among:
            r2 = outcomes.r2(arrays["P"][rows], arrays["T"][rows])
            text += f"\n{part}: R² {_word(r2, '.4f')} over {len(among)} rows"
    return text
