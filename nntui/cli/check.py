"""``nntui check``: is backpropagation right for a preset?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from nntui.cli.output import FAILED, table
from nntui.cli.train import Preset, Settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nntui.engine import LayerError, Network

    #: The error of a layer and its verdict.
    Judged = tuple[LayerError, str]

#: Errors up to here are those of the differences themselves.
MOST = 1e-6
#: So many samples, and so many parameters of each layer, are enough to find a mistake.
SAMPLES, PARAMETERS = 16, 100
#: The parameters are moved by so much, so that no weighted sum lies on the kink of a ReLU and no layer is all zeros.
SHAKE = 0.05
#: How often they are moved elsewhere when an error is found: a kink is met by chance, a mistake every time.
ATTEMPTS = 3
#: Where gradients vanish, the layers are judged at weights so many times as large.
SCALES = (1, 2, 4, 8)
#: A difference of two losses is off by some times the precision of the loss.
ROUNDINGS = 100

RIGHT, WRONG, LOST = "right", "wrong", "lost in rounding"


def check(preset: Preset, settings: Settings = None) -> int:
    """Compare the gradients of a preset's network with differences of its loss.

    Backpropagation is compared with central differences, (L(w + h) - L(w - h)) / 2h, in double precision and without
    dropout, on up to 16 training rows, divided by their largest number, and up to 100 parameters of each layer, at
    weights a little off those that the preset starts from. The error is relative to the layer's largest gradient. One
    above 1e-6 is wrong, and the exit code then is 1. A gradient so small that rounding alone makes such an error is
    looked at again at weights up to 8 times as large; if it is lost there too, it is "lost in rounding", which is no
    mistake, but the exit code is 1 when this is so of all layers.
    """
    import numpy as np

    from nntui import presets
    from nntui.trainer.problem import make_problem
    from nntui.trainer.weights import initial_network

    config = presets.find(preset).load().with_settings(settings or [])
    problem = make_problem(config)
    network = initial_network(config, problem).twin(np.float64)
    rng = np.random.default_rng(config.training.seed)
    rows = rng.permutation(problem.train)[:SAMPLES]
    X, T = problem.inputs(rows), problem.targets(rows)
    X = X / max(1.0, float(np.abs(X).max()))
    start = network.parameters.copy()
    judged: list[Judged] = []
    for scale in SCALES:
        for _ in range(ATTEMPTS):
            network.parameters[...] = scale * (start + SHAKE * rng.standard_normal(start.size))
            now = _judged(network, X, T, config.training.l1, config.training.l2)
            if all(verdict != WRONG for _, verdict in now):
                break
        judged = [new if old[1] == LOST else old for old, new in zip(judged or now, now, strict=True)]
        if all(verdict != LOST for _, verdict in judged):
            break
    return _told(judged, f"{config.loss(problem.dataset.task)} of {len(rows)} rows")


def _told(judged: list[Judged], what: str) -> int:
    """Prints a line for each layer and one for all; the exit code."""
    cells = [
        [found.layer, f"{found.checked:,} of {found.parameters:,}", f"{found.error:.1e}", verdict]
        for found, verdict in judged
    ]
    typer.echo(table(["layer", "checked", "error", "verdict"], cells, right="checked error"))
    right, wrong, lost = ([verdict for _, verdict in judged].count(name) for name in (RIGHT, WRONG, LOST))
    if right == len(judged):
        typer.echo(f"{what}: all layers within {MOST:g}")
    else:
        others = "".join(f", {count} {name}" for count, name in ((wrong, WRONG), (lost, LOST)) if count)
        typer.echo(f"{what}: {right} of {len(judged)} layers within {MOST:g}{others}")
    return 0 if right and not wrong else FAILED


def _judged(network: Network, X: NDArray[Any], T: NDArray[Any], l1: float, l2: float) -> list[Judged]:
    """The error of each layer, with its verdict."""
    import numpy as np

    from nntui.engine import gradient_check
    from nntui.engine.gradcheck import STEP

    loss = network.loss(X, T)
    rounding = ROUNDINGS * float(np.finfo(np.float64).eps) * loss / STEP
    judged = []
    for found in gradient_check(network, X, T, l1, l2, most=PARAMETERS):
        is_lost = found.error * found.largest <= rounding
        judged.append((found, RIGHT if found.error <= MOST else LOST if is_lost else WRONG))
    return judged
