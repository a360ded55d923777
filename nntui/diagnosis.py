"""What is wrong with a training, as far as its figures tell: each finding with the figure that raised it.

Nothing here is a proof. The limits are rules of thumb, each with its reason; they are held against means over the
last quarter of the run, so that no single step raises a finding and none flickers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nntui.knob import Value
from nntui.knobs import KNOBS
from nntui.store.records import Curve, RunRecord

VANISHING, EXPLODING, DEAD, SATURATED = "vanishing", "exploding", "dead", "saturated"
STALLED, LARGE_STEPS, OVERFITTING = "stalled", "large steps", "overfitting"
#: All kinds, what matters most first.
KINDS = (EXPLODING, VANISHING, DEAD, STALLED, SATURATED, LARGE_STEPS, OVERFITTING)

#: A gradient of less than this share of the output's: five sigmoid layers, each of which passes at most a quarter.
FAINT = 1e-3
#: A gradient so many times the output's, or so many times what it was in the first quarter, if it is above that size.
STRONG, GROWN, GROWN_TO = 1e3, 10.0, 10.0
#: Share of dead units. A few are common and harmless; rates that are too high kill two in five (Stanford's CS231n).
MANY_DEAD = 0.4
#: Share of activations at the ends of their range: with most of them there, a layer is a set of switches, and what
#: lies below it stops learning (Glorot and Bengio, 2010).
MOST = 0.5
#: A loss that fell by less than this share from the last quarter but one to the last stands still.
LEVEL = 0.01
#: Steps that each move the weights by more than this share of their length; a thousandth is usual (CS231n).
LARGE = 0.1
#: Steps so small that the weights hardly move in ten thousand of them.
SMALL = 1e-6
#: A validation loss so many times the least it has been, while the training loss fell.
RISEN = 1.1
#: Whoever has this score has solved it: nothing more is to be learned, and full saturation is no fault.
SOLVED = 0.999
#: What helps against gradients and steps that are too long.
CALM = "lower lr, or set clip_norm to 1"
#: Fewer steps say nothing of where a run goes.
STEPS = 100


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look at: ``layers`` are the numbers from 0 of those that show it, the worst first.

    ``text`` names the figure that raised it, ``advice`` what one might turn.
    """

    kind: str
    layers: tuple[int, ...]
    text: str
    advice: str


def series(run: RunRecord) -> tuple[str, ...]:
    """The names of the series that :func:`findings` looks at; a run may lack some."""
    kinds = ("grad_norm", "update_ratio", "dead", "saturated")
    return ("loss", "val_loss", *(f"{kind}/{layer.name}" for kind in kinds for layer in run.layers))


def findings(run: RunRecord, curves: Mapping[str, Curve]) -> tuple[Finding, ...]:
    """What is to be said of a run, by the whole of its curves in a dozen or more buckets each; the worst first."""
    if run.step < STEPS and run.state != "diverged":
        return ()
    seen = _Seen(run, curves)
    broken = _not_finite(seen)
    if broken:  # all else follows from it
        return (broken,)
    looks = (_grown, _strong, _vanishing, _dead, _stalled, _saturated, _large_steps, _overfitting)
    return tuple(finding for look in looks for finding in look(seen))


#: Quarters of the run, by the times at which they are told apart.
_FIRST, _THIRD, _LAST = 0, 2, 3


class _Seen:
    """The figures of a run, smoothed."""

    def __init__(self, run: RunRecord, curves: Mapping[str, Curve]) -> None:
        self.run, self.curves = run, curves
        self.names = tuple(layer.name for layer in run.layers)
        self._means: dict[str, tuple[float | None, ...]] = {}

    def layers(self, kind: str) -> dict[int, float]:
        """A figure of each layer, its mean over the last quarter or, without a curve, the newest; finite ones alone."""
        latest = self.run.latest.get(kind) or []
        newest = {i: float(value) for i, value in enumerate(latest[: len(self.names)]) if value is not None}
        means = {i: self.mean(f"{kind}/{name}", _LAST) for i, name in enumerate(self.names)}
        return newest | {i: mean for i, mean in means.items() if mean is not None}

    def mean(self, name: str, quarter: int) -> float | None:
        """The mean of a series over a quarter of the run, the first being 0; None where nothing finite was recorded."""
        if name not in self._means:
            curve = self.curves.get(name)
            self._means[name] = _by_quarter(curve) if curve is not None and len(curve.last) else (None,) * 4
        return self._means[name][quarter]

    def bad(self) -> str:
        """The name of a series that was not finite in the last quarter."""
        for name, curve in self.curves.items():
            if (name == "loss" or name.startswith("grad_norm/")) and len(curve.last):
                late = curve.last > 0.75 * int(curve.last[-1])
                if curve.bad[late].any():
                    return name
        return ""

    @property
    def solved(self) -> bool:
        """Whether there is nothing left to learn."""
        figures = self.run.figures
        score = next((figures[name] for name in ("accuracy", "r2") if name in figures), None)
        return score is not None and score >= SOLVED

    def value(self, key: str) -> Value:
        """A knob's value in this run."""
        return KNOBS[key].value_in(self.run.config)

    def activation(self, layer: int) -> str:
        """A layer's activation."""
        return self.run.layers[layer].activation


def _not_finite(seen: _Seen) -> Finding | None:
    """Values that are no numbers any more."""
    bad = seen.bad()
    if not bad and seen.run.state != "diverged":
        return None
    text = f"{_said(bad)} was not finite" if bad else seen.run.reason or "the loss was not finite"
    return Finding(EXPLODING, (), text, CALM)


def _grown(seen: _Seen) -> Iterator[Finding]:
    """Gradients that grow from step to step."""
    norms = seen.layers("grad_norm")
    early = {i: seen.mean(f"grad_norm/{seen.names[i]}", _FIRST) or math.inf for i in norms}
    grown = {i: norm for i, norm in norms.items() if norm >= max(GROWN_TO, GROWN * early[i])}
    if grown:
        layers = _largest_first(grown)
        worst = layers[0]
        figure = f"gradient {_short(grown[worst])}, {_times(grown[worst] / early[worst])} that of the beginning"
        yield Finding(EXPLODING, layers, _of_layers(seen, layers, figure), CALM)


def _strong(seen: _Seen) -> Iterator[Finding]:
    """Gradients that grow on their way back through the layers."""
    norms = seen.layers("grad_norm")
    output = norms.get(len(seen.names) - 1, 0.0)
    strong = {i: norm for i, norm in norms.items() if norm >= STRONG * output > 0}
    if strong:
        layers = _largest_first(strong)
        worst = strong[layers[0]]
        figure = f"gradient {_short(worst)}, {_times(worst / output)} the output's"
        yield Finding(EXPLODING, layers, _of_layers(seen, layers, figure), f"{CALM}, or try a smaller init")


def _vanishing(seen: _Seen) -> Iterator[Finding]:
    """Gradients that get lost on their way back through the layers."""
    norms = seen.layers("grad_norm")
    output = norms.get(len(seen.names) - 1, 0.0)
    faint = {i: norm for i, norm in norms.items() if norm < FAINT * output}
    if not faint:
        return
    layers = _largest_first({i: -norm for i, norm in faint.items()})
    worst = faint[layers[0]]
    figure = f"gradient {_short(worst)}, {_part(worst / output)} of the output's" if worst else "no gradient at all"
    squashing = {"sigmoid", "tanh"} & {seen.activation(i) for i in range(len(seen.names) - 1)}
    advice = "try activation relu with init he, or fewer layers" if squashing else "another init, or fewer layers"
    yield Finding(VANISHING, layers, _of_layers(seen, layers, figure), advice)


def _dead(seen: _Seen) -> Iterator[Finding]:
    """Units that answer all rows alike, so that no gradient passes them."""
    dead = {i: share for i, share in seen.layers("dead").items() if share >= MANY_DEAD}
    if not dead:
        return
    layers = _largest_first(dead)
    advice = "lower lr, or turn activation to leaky-relu"
    if seen.activation(layers[0]) != "relu":
        advice = "lower lr, or start from a smaller init"
    yield Finding(DEAD, layers, _of_layers(seen, layers, f"{dead[layers[0]]:.0%} of the units are dead"), advice)


def _saturated(seen: _Seen) -> Iterator[Finding]:
    """Hidden units at the ends of their range; outputs belong there."""
    hidden = {i: share for i, share in seen.layers("saturated").items() if i < len(seen.names) - 1}
    full = {i: share for i, share in hidden.items() if share >= MOST}
    if not full or seen.solved:
        return
    layers = _largest_first(full)
    figure = f"{full[layers[0]]:.0%} of the activations are at their limit"
    advice = "lower lr, init xavier, or activation relu"
    if not seen.value("data.standardize"):
        advice = "set standardize to true, or a smaller init"
    yield Finding(SATURATED, layers, _of_layers(seen, layers, figure), advice)


def _stalled(seen: _Seen) -> Iterator[Finding]:
    """A loss that stands still though there is something left to learn."""
    late, before = seen.mean("loss", _LAST), seen.mean("loss", _THIRD)
    if late is None or before is None or seen.solved or before - late > LEVEL * abs(before) or late > 1.5 * before:
        return
    share = (before - late) / before if before else 0.0
    change = f"only {100 * share:.2g} % lower than" if share >= 1e-4 else "no lower than"
    text = f"loss {_short(late)}, {change} a quarter of the run before"
    ratios, hidden = seen.layers("update_ratio"), {seen.activation(i) for i in range(len(seen.names) - 1)}
    if hidden <= {"identity"}:
        bend = "turn activation to tanh" if hidden else "give it hidden layers, such as layers [8]"
        advice = f"{bend}: as it is, it can only draw a straight line"
    elif ratios and max(ratios.values()) < SMALL:
        advice = f"raise lr: a step moves the weights by {_short(max(ratios.values()))} of their length"
    else:
        advice = "raise lr, more units, or another init; or it is as good as it gets"
    yield Finding(STALLED, (), text, advice)


def _large_steps(seen: _Seen) -> Iterator[Finding]:
    """Steps that throw the weights about."""
    large = {i: ratio for i, ratio in seen.layers("update_ratio").items() if ratio >= LARGE}
    if large:
        layers = _largest_first(large)
        figure = f"each step moves the weights by {large[layers[0]]:.0%} of their length"
        yield Finding(LARGE_STEPS, layers, _of_layers(seen, layers, figure), "lower lr")


def _overfitting(seen: _Seen) -> Iterator[Finding]:
    """A validation loss that rises while the training loss falls."""
    now, loss, before = seen.mean("val_loss", _LAST), seen.mean("loss", _LAST), seen.mean("loss", _THIRD)
    earlier = [mean for quarter in range(_LAST) if (mean := seen.mean("val_loss", quarter)) is not None]
    if now is None or loss is None or before is None or loss > before or not earlier:
        return
    least = min(earlier)
    if now >= RISEN * least > 0:
        text = f"validation loss {_short(now)}, was {_short(least)}, while training fell to {_short(loss)}"
        advice = "raise l2 or dropout, set patience, or get more rows"
        yield Finding(OVERFITTING, (), text, advice)


def _by_quarter(curve: Curve) -> tuple[float | None, ...]:
    """The mean over the finite values of each quarter."""
    sums, counts = [0.0] * 4, [0] * 4
    end = int(curve.last[-1]) + 1
    values = zip(curve.last.tolist(), curve.mean.tolist(), (curve.count - curve.bad).tolist(), strict=True)
    for step, value, count in values:
        if count > 0 and math.isfinite(value):
            sums[4 * step // end] += value * count
            counts[4 * step // end] += count
    return tuple(total / count if count else None for total, count in zip(sums, counts, strict=True))


# Words


def _largest_first(values: Mapping[int, float]) -> tuple[int, ...]:
    return tuple(sorted(values, key=lambda i: (-values[i], i)))


def _of_layers(seen: _Seen, layers: tuple[int, ...], figure: str) -> str:
    """A figure of the worst of some layers, and how many others show the same."""
    others = len(layers) - 1
    also = f", and {others} more alike" if others else ""
    return f"{seen.names[layers[0]]}: {figure}{also}"


def _said(series_name: str) -> str:
    kind, _, layer = series_name.partition("/")
    return f"the gradient of {layer}" if kind == "grad_norm" else "the loss"


def _short(value: float) -> str:
    """Two or three significant digits: 0.693, 3.1e-9."""
    if 1e3 <= abs(value) < 1e6:
        return f"{float(f'{value:.3g}'):,.0f}"
    if value == 0 or 1e-3 <= abs(value) < 1e3:
        return f"{value:.3g}"
    mantissa, _, exponent = f"{value:.1e}".partition("e")
    return f"{mantissa}e{int(exponent)}"


def _part(share: float) -> str:
    """A small share as a fraction of one: 1/40,000."""
    return f"1/{float(f'{1 / share:.2g}'):,.0f}" if share > 1e-9 else _short(share)


def _times(factor: float) -> str:
    return f"{float(f'{factor:.2g}'):,.0f} times" if factor < 1e9 else f"{_short(factor)} times"
