"""What is left to read of a run: its summary, its curves, its worst predictions."""

from __future__ import annotations

import shutil
import time
from contextlib import closing
from pathlib import Path

import numpy as np

from nntui.cli import charts
from nntui.cli.output import age, duration, number, table
from nntui.knob import show
from nntui.knobs import KNOBS
from nntui.store.reader import Reader
from nntui.store.records import Curve, RunRecord
from nntui.text import plain

#: Most layers whose curves are drawn into one chart, and most rows of a table.
CURVES, ROWS = 8, 10
#: A loss that falls by more than this factor is drawn on a log axis.
LOG_FACTOR = 50.0


def columns() -> int:
    """The width of the terminal, 80 where there is none; never so narrow that a chart has no room."""
    return max(40, shutil.get_terminal_size((80, 24)).columns)


def summary(folder: Path, run: RunRecord) -> str:
    """How a run ended, and its loss."""
    with closing(Reader(folder)) as reader:
        return f"{_outcome(run)}\n\n{_loss_chart(reader, run)}"


def report(folder: Path, run: RunRecord) -> str:
    """Everything about a run, for a pipe or a log."""
    with closing(Reader(folder)) as reader:
        parts = [
            _head(run),
            _settings(run),
            _layers(run),
            _values(run),
            _changes(reader),
            _loss_chart(reader, run),
            _gradient_chart(reader, run),
            _worst(reader, run),
        ]
    return "\n\n".join(part for part in parts if part)


def _outcome(run: RunRecord) -> str:
    reason = f": {run.reason}" if run.reason else ""
    text = f"{run.state} at step {run.step:,}, epoch {run.epoch:,}, after {duration(run.elapsed)} of training{reason}"
    return plain(text)


def _head(run: RunRecord) -> str:
    lines = [
        f"{run.id}  {run.name}" + (f"  ({run.title})" if run.title else ""),
        _outcome(run),
        f"preset {run.preset}, made {age(time.time() - run.created)} ago on {run.host}",
    ]
    return "\n".join(map(plain, lines))


def _settings(run: RunRecord) -> str:
    """Every key, one a line."""
    rows = []
    for key, knob in KNOBS.items():
        section, _, name = key.partition(".")
        value = run.config.get(section, {}).get(name, knob.default)
        rows.append((key, knob.show(value) if isinstance(value, (int, float, str)) else show(tuple(value)), knob.help))
    return table(("key", "value", "meaning"), rows)


def _layers(run: RunRecord) -> str:
    if not run.layers:
        return ""
    rows = [
        (layer.name, f"{layer.inputs} → {layer.outputs}", layer.activation, f"{layer.parameters:,}")
        for layer in run.layers
    ]
    rows.append(("total", "", "", f"{sum(layer.parameters for layer in run.layers):,}"))
    return table(("layer", "units", "activation", "parameters"), rows, right="parameters")


def _values(run: RunRecord) -> str:
    """The newest value of each metric: those of the whole network, then those of its layers."""
    latest = {name: value for name, value in run.latest.items() if not isinstance(value, list)}
    rows = [(name, number(value)) for name, value in latest.items()]
    parts = [table(("metric", "last value"), rows, right="last value")] if rows else []
    by_layer = {name: value for name, value in run.latest.items() if isinstance(value, list)}
    if by_layer and run.layers:
        lines = [
            (layer.name, *(number(values[n]) if n < len(values) else "-" for values in by_layer.values()))
            for n, layer in enumerate(run.layers)
        ]
        parts.append(table(("layer", *by_layer), lines, right=" ".join(by_layer)))
    return "\n\n".join(parts)


def _changes(reader: Reader) -> str:
    """What was done to the run, when, and by whom."""
    rows = [(f"{event.step:,}", event.text) for event in reader.events() if event.kind != "state"]
    return table(("step", "change"), rows, right="step") if rows else ""


def _loss_chart(reader: Reader, run: RunRecord) -> str:
    curves = _curves(reader, run, ["loss", "val_loss"])
    if not curves:
        return "loss: no step was trained"
    labels = {"loss": "training", "val_loss": "validation"}
    series = [_series(labels[name], curve, "line" if name == "loss" else "x") for name, curve in curves.items()]
    values = np.concatenate([one.y for one in series])
    values = values[np.isfinite(values) & (values > 0)]
    log = bool(len(values)) and float(values.max()) > LOG_FACTOR * float(values.min())
    marks = [event.step for event in reader.events() if event.kind == "set"]
    title = "loss by step, log axis" if log else "loss by step"
    return charts.chart(title, series, width=columns(), log=log, marks=marks[-20:], colour=charts.colours())


def _gradient_chart(reader: Reader, run: RunRecord) -> str:
    names = [f"grad_norm/{layer.name}" for layer in run.layers]
    curves = _curves(reader, run, names)
    if not curves:
        return ""
    few = list(curves)
    if len(few) > CURVES:
        few = [few[round(n * (len(few) - 1) / (CURVES - 1))] for n in range(CURVES)]
    markers = ("line", *"x+o*#@%")
    series = [_series(name.partition("/")[2], curves[name], markers[n]) for n, name in enumerate(few)]
    title = "gradient norm by step, log axis"
    if len(few) < len(curves):
        title += f", {len(few)} of {len(curves)} layers"
    return charts.chart(title, series, width=columns(), log=True, colour=charts.colours())


def _curves(reader: Reader, run: RunRecord, names: list[str]) -> dict[str, Curve]:
    return {
        name: curve
        for name, curve in reader.curves(names, 0, max(1, run.step), charts.POINTS * columns()).items()
        if len(curve.last)
    }


def _series(label: str, curve: Curve, marker: str) -> charts.Series:
    """A curve's means; of a scattered marker one point for every few columns, so that curves stay apart."""
    x, y = curve.last.astype(float), curve.mean.astype(float)
    if marker != "line" and len(x) > columns() // 3:
        chosen = np.linspace(0, len(x) - 1, columns() // 3).round().astype(int)
        x, y = x[chosen], y[chosen]
    return charts.Series(label, x, y, marker)


def _worst(reader: Reader, run: RunRecord) -> str:
    """The predictions farthest from their targets."""
    rows, predictions = reader.table("rows"), reader.table("predictions")
    if rows is None or predictions is None:
        return ""
    P, T = predictions[1]["P"], rows[1]["T"]
    if P.shape != T.shape or P.shape[1] != 1:
        return ""
    error = np.abs(P[:, 0] - T[:, 0])
    order = np.argsort(-np.where(np.isfinite(error), error, np.inf), kind="stable")[:ROWS]
    classes = run.data.get("classes") or ("0", "1")
    lines = [
        (
            str(int(rows[1]["row"][n])),
            "held out" if rows[1]["part"][n] else "training",
            label(T[n, 0], classes),
            f"{P[n, 0]:.4f}",
            "right" if (P[n, 0] >= 0.5) == (T[n, 0] >= 0.5) else "wrong",
        )
        for n in order
    ]
    wrong = int(np.sum((P[:, 0] >= 0.5) != (T[:, 0] >= 0.5)))
    title = f"worst predictions at step {predictions[0]:,} ({wrong} of {len(P)} wrong)"
    header = ("row", "part", "target", f"P({classes[1]})", "verdict")
    return f"{title}\n{table(header, lines, right='row ' + header[3])}"


def label(value: float, classes: tuple[str, ...] | list[str]) -> str:
    """The name of the class that a target or a prediction means."""
    return str(classes[int(value >= 0.5)])
