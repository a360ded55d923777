"""``nntui export`` and ``import``: a run's metrics, its network for other programs, or all of it for another place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nntui.cli.output import talk, write_file
from nntui.cli.runs import Run
from nntui.errors import UserError, closest

if TYPE_CHECKING:
    from collections.abc import Callable

    from nntui.store.records import Curve, RunRecord


def export(
    run: Run,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="Ends in .csv (metrics), .onnx, .safetensors, .npz (network) or .zip (all)."
        ),
    ],
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is already there.")] = False,
) -> None:
    """Write the metrics of a run (.csv), its network (.onnx, .safetensors, .npz), or all of it (.zip).

    The CSV has one row for each recorded bucket of steps: the last step in it, the first, and the mean of each metric;
    of the loss also the least and the greatest. Up to 32,768 steps, each has a row of its own. A cell is empty
    where nothing was recorded, and nan where a value was not finite.

    The ONNX model does all that "nntui predict" does: its input X (rows, features), float32, takes raw values, NaN
    where one is missing; a category is one-hot, a feature for each of its values. P (rows, outputs) holds
    probabilities, or numbers in the target's unit; "class" (rows) is the place of the predicted class among the
    classes. Writing one needs the package onnx: pip install 'nntui[onnx]'.

    The safetensors and NPZ files hold W (inputs, outputs) and b (outputs) of each layer; input.fill, which stands for
    missing values; input.mean and input.scale, by which inputs are shifted and divided; target.mean and target.scale,
    by which outputs are multiplied and shifted back. "nntui train --set weights=FILE" starts from one.

    A ZIP file holds everything that is recorded, and the checkpoints: "nntui import" makes a run of it elsewhere.

    The text "facts", in the metadata of ONNX and safetensors files and an array of NPZ files, is JSON: task, target,
    outputs, classes, columns, expressions, features, activations, leak, output, image, run, step.
    """
    from nntui import paths
    from nntui.store import catalog

    suffix = file.suffix.lower()
    if suffix not in (*MAKERS, WHOLE):
        found = f"ends in {file.suffix!r}" if file.suffix else "has no ending"
        hint = closest(file.suffix, (*MAKERS, WHOLE))
        raise UserError(
            f"{file}: {found}; must be .csv (metrics), .onnx, .safetensors, .npz (network) or .zip (all){hint}"
        )
    place, record = catalog.find_run(paths.runs_dir(), run)
    if file.exists() and not force:
        raise UserError(f"{file}: is already there; --force replaces it")
    if suffix == WHOLE:
        _pack(place, file)
    else:
        write_file(file, MAKERS[suffix](place, record))
    talk(f"wrote {file}")


def _pack(place: Path, file: Path) -> None:
    from nntui.store import copies

    try:
        copies.pack(place, file)
    except OSError as error:
        raise UserError(f"{file}: cannot be written: {error.strerror or error}") from None


def take_in(
    file: Annotated[Path, typer.Argument(metavar="FILE.zip", help="What nntui export RUN FILE.zip wrote.")],
) -> None:
    """Make a run of a ZIP file that another machine exported.

    It keeps its id, and everything recorded; nntui resume goes on with it. Nothing is put over a run that is here.
    """
    from nntui import paths
    from nntui.store import copies, folder
    from nntui.trainer import checkpoints

    place, run = copies.unpack(file, paths.runs_dir())
    talk(f"imported {run.id} ({run.name}), {run.state} at step {run.step:,}")
    for path in sorted((place / folder.CHECKPOINTS).glob("*.safetensors")):
        try:
            checkpoints.load_checkpoint(path)
        except checkpoints.CheckpointError as error:
            talk(f"nntui: {error}; resume goes on from one before it")


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


def _safetensors(place: Path, run: RunRecord) -> bytes:
    """The network as safetensors."""
    from nntui.cli.weights import newest, to_safetensors

    return to_safetensors(newest(place, run), run.id)


def _npz(place: Path, run: RunRecord) -> bytes:
    """The network as NumPy's archive of arrays."""
    from nntui.cli.weights import newest, to_npz

    return to_npz(newest(place, run), run.id)


def _onnx(place: Path, run: RunRecord) -> bytes:
    """The network as ONNX. Raises UserError where the package is missing."""
    from nntui.cli.weights import newest

    try:
        from nntui.cli.onnx import to_onnx
    except ModuleNotFoundError as error:
        raise UserError(f"an .onnx file needs the package {error.name}: pip install 'nntui[onnx]'") from None
    return to_onnx(newest(place, run), run.id)


MAKERS: dict[str, Callable[[Path, RunRecord], bytes]] = {
    ".csv": _metrics,
    ".onnx": _onnx,
    ".safetensors": _safetensors,
    ".npz": _npz,
}
#: The ending of a file that holds all of a run.
WHOLE = ".zip"
