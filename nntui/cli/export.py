"""``nntui export``: a run's metrics as CSV, or its weights as safetensors."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nntui.cli.output import talk
from nntui.cli.runs import Run
from nntui.errors import UserError, closest

if TYPE_CHECKING:
    from collections.abc import Callable

    from nntui.store.records import Curve, RunRecord


def export(
    run: Run,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Ends in .csv (metrics) or .safetensors (weights).")],
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is already there.")] = False,
) -> None:
    """Write metrics (.csv) or weights (.safetensors).

    The CSV has one row for each recorded bucket of steps: the last step in it, the first, and the mean of each metric;
    of the loss also the least and the greatest. Up to 32,768 steps, each has a row of its own. A cell is empty
    where nothing was recorded, and nan where a value was not finite.

    The safetensors file holds W (inputs, outputs) and b (outputs) of each layer, and input.mean and input.scale,
    by which inputs are shifted and divided.
    """
    from nntui import paths
    from nntui.store import catalog

    makers: dict[str, Callable[[Path, RunRecord], bytes]] = {".csv": _metrics, ".safetensors": _weights}
    make = makers.get(file.suffix.lower())
    if make is None:
        found = f"ends in {file.suffix!r}" if file.suffix else "has no ending"
        hint = closest(file.suffix, makers)
        raise UserError(f"{file}: {found}; must be .csv (metrics) or .safetensors (weights){hint}")
    place, record = catalog.find_run(paths.runs_dir(), run)
    if file.exists() and not force:
        raise UserError(f"{file}: is already there; --force replaces it")
    _write(file, make(place, record))
    talk(f"wrote {file}")


def _write(file: Path, data: bytes) -> None:
    """The whole file or nothing: it is written under another name and renamed. Raises UserError."""
    draft = file.with_name(f".{file.name}.{os.getpid()}.new")
    try:
        with draft.open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(file)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise UserError(f"{file}: cannot be written: {error.strerror or error}") from None


def _metrics(place: Path, run: RunRecord) -> bytes:
    """All series of a run as CSV."""
    import csv
    import io
    from contextlib import closing

    from nntui.store.reader import Reader

    with closing(Reader(place)) as reader:
        curves = reader.curves(reader.series(), 0, run.step, run.step + 1)
    header, rows = ["step", "first_step"], dict[tuple[int, int], dict[str, float]]()
    for curve in curves.values():
        columns = {curve.name: curve.mean}
        if curve.name == "loss":
            columns |= {"loss_min": curve.low, "loss_max": curve.high}
        for name, values in columns.items():
            header.append(name)
            for key, value in zip(_keys(curve), values, strict=True):
                rows.setdefault(key, {})[name] = value
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    for (last, first), cells in sorted(rows.items()):
        writer.writerow((last, first, *(cells.get(name, "") for name in header[2:])))
    return text.getvalue().encode("utf-8")


def _keys(curve: Curve) -> list[tuple[int, int]]:
    return list(zip(curve.last.tolist(), curve.first.tolist(), strict=True))


def _weights(place: Path, run: RunRecord) -> bytes:
    """The layers of the newest checkpoint, and how inputs are prepared for them."""
    import json

    import numpy as np
    from safetensors.numpy import save

    from nntui.store.folder import CHECKPOINTS
    from nntui.trainer.checkpoints import load_model

    model = load_model(place / CHECKPOINTS)
    arrays = {"input.mean": model.standardizer.mean, "input.scale": model.standardizer.scale}
    for layer in model.network.layers:
        arrays[f"{layer.name}.W"], arrays[f"{layer.name}.b"] = layer.W, layer.b
    facts = {
        "run": run.id,
        "step": str(model.step),
        "activations": json.dumps([layer.activation for layer in model.network.layers]),
        "features": json.dumps(model.features),
        "target": model.target,
        "classes": json.dumps(model.classes),
    }
    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()}, facts)
