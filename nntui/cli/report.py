"""What is left to read of a run: its summary, its curves, its worst predictions."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nntui import config, diagnosis, outcomes
from nntui.cli import charts
from nntui.cli.output import age, duration, number, table
from nntui.knob import ConfigError
from nntui.knobs import KNOBS
from nntui.store.reader import Reader
from nntui.store.records import SAMPLES_PER_PARAMETER, Curve, RunRecord
from nntui.text import plain

#: Most layers whose curves are drawn into one chart, and most rows of a table.
CURVES, ROWS = 8, 10
#: Buckets of a curve that a warning is raised by.
HISTORY = 32
#: Most outputs of a regression that have columns in a table.
OUTPUTS = 3
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
            _to_look_at(reader, run),
            _changes(reader),
            _loss_chart(reader, run),
            _gradient_chart(reader, run),
            _worst(reader, run),
        ]
    return "\n\n".join(part for part in parts if part)


def _outcome(run: RunRecord) -> str:
    reason = f": {run.why}" if run.why else ""
    text = (
        f"{run.standing} at step {run.step:,}, epoch {run.epoch:,}, after {duration(run.elapsed)} of training{reason}"
    )
    return plain(text)


def _head(run: RunRecord) -> str:
    made = f"preset {run.preset}, made {age(time.time() - run.created)} ago on {run.host}"
    lines = [
        f"{run.id}  {run.name}" + (f"  ({run.title})" if run.title else ""),
        _outcome(run),
        ", ".join(part for part in (made, run.descent) if part),
    ]
    return "\n".join(map(plain, lines))


def _settings(run: RunRecord) -> str:
    """Every key that has an effect, one a line; of a run of another version of this program, every key."""
    try:
        value_of = config.from_dict(run.config).get
        told = [knob for knob in KNOBS.values() if knob.matters(value_of)]
    except ConfigError:
        told = list(KNOBS.values())
    rows = [(knob.key, knob.show(knob.value_in(run.config)), knob.help) for knob in told]
    return table(("key", "value", "meaning"), rows)


def _layers(run: RunRecord) -> str:
    """The layers, and whether there are as many samples as the rule of thumb asks for."""
    if not run.layers:
        return ""
    rows = [
        (layer.name, f"{layer.inputs} → {layer.outputs}", layer.activation, f"{layer.parameters:,}")
        for layer in run.layers
    ]
    total = sum(layer.parameters for layer in run.layers)
    rows.append(("total", "", "", f"{total:,}"))
    text = table(("layer", "units", "activation", "parameters"), rows, right="parameters")
    samples = run.data.get("train_rows")
    if samples is None:
        return text
    wanted = SAMPLES_PER_PARAMETER * total
    return (
        f"{text}\n\nrule of thumb: {SAMPLES_PER_PARAMETER} samples for each parameter, {wanted:,}; "
        f"here it learns from {samples:,}"
    )


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


def _to_look_at(reader: Reader, run: RunRecord) -> str:
    """What the figures warn of, and what one might turn."""
    curves = reader.curves(diagnosis.series(run), 0, max(1, run.step), HISTORY)
    found = diagnosis.findings(run, curves)
    if not found:
        return ""
    rows = [(finding.kind, finding.text, finding.advice) for finding in found]
    return f"what to look at\n{table(('warning', 'because', 'what one might turn'), rows)}"


def _changes(reader: Reader) -> str:
    """What was done to the run, when, and by whom."""
    told = [event for event in reader.events() if event.kind != "state"]
    rows = [(f"{event.step:,}", event.text + (" (given up)" if event.branch else "")) for event in told]
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
    task = run.data.get("task", "binary")
    if P.shape != T.shape:
        return ""
    order = outcomes.worst_first(P, T, task)[:ROWS]
    header, answers = _number_answers(run, P, T) if task == "regression" else _class_answers(run, P, T, task)
    lines = [
        (str(int(rows[1]["row"][n])), "held out" if rows[1]["part"][n] else "training", *answers(n)) for n in order
    ]
    if task == "regression":
        verdict = f"R² {number(outcomes.r2(P, T))} of {len(P):,} rows"
    else:
        verdict = f"{int(np.sum(~outcomes.right(P, T, task))):,} of {len(P):,} wrong"
    title = f"worst predictions at step {predictions[0]:,} ({verdict})"
    words = () if task == "regression" else ("target", "predicted", "verdict")
    right = " ".join(("row", *(name for name in header if name not in words)))
    return f"{title}\n{table(('row', 'part', *header), lines, right=right)}"


Answers = tuple[tuple[str, ...], Callable[[int], tuple[str, ...]]]


def _class_answers(run: RunRecord, P: NDArray[np.float32], T: NDArray[np.float32], task: str) -> Answers:
    """Headings and cells of a row: the target's class, what was said, and how sure the network was."""
    classes = [str(name) for name in run.data.get("classes") or ("0", "1")]
    right = outcomes.right(P, T, task)

    def verdict(n: int) -> str:
        return "right" if right[n] else "wrong"

    if task != "multi-class":
        return (
            ("target", f"P({classes[1]})", "verdict"),
            lambda n: (label(T[n, 0], classes), f"{P[n, 0]:.4f}", verdict(n)),
        )
    target, said = T.argmax(axis=1), P.argmax(axis=1)
    return (
        ("target", "predicted", "P(predicted)", "P(target)", "verdict"),
        lambda n: (
            classes[target[n]],
            classes[said[n]],
            f"{P[n, said[n]]:.4f}",
            f"{P[n, target[n]]:.4f}",
            verdict(n),
        ),
    )


def _number_answers(run: RunRecord, P: NDArray[np.float32], T: NDArray[np.float32]) -> Answers:
    """Headings and cells of a row: the target, what was said and the difference, of each output."""
    names = [str(name) for name in run.data.get("outputs") or ("target",)][: T.shape[1]]
    few = range(min(len(names), OUTPUTS))

    def answers(n: int) -> tuple[str, ...]:
        pairs = [(float(T[n, k]), float(P[n, k])) for k in few]
        return tuple(text for t, p in pairs for text in (number(t), number(p), f"{p - t:+.4g}"))

    return tuple(heading for k in few for heading in (names[k], "predicted", "error")), answers


def label(value: float, classes: tuple[str, ...] | list[str]) -> str:
    """The name of the class that a target or a prediction means."""
    return str(classes[int(value >= 0.5)])
