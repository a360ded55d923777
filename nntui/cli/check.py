"""``nntui check``: is backpropagation right for a preset?"""

from __future__ import annotations

import typer

from nntui.cli.output import FAILED, table
from nntui.cli.train import Preset, Settings

#: Errors up to here are those of the differences themselves.
MOST = 1e-6
#: So many samples, and so many parameters of each layer, are enough to find a mistake.
SAMPLES, PARAMETERS = 32, 500
#: The parameters are moved by so much, so that no weighted sum lies on the kink of a ReLU and no layer is all zeros.
SHAKE = 0.05


def check(preset: Preset, settings: Settings = None) -> int:
    """Compare the gradients of a preset's network with differences of its loss.

    Backpropagation is compared with central differences, (L(w + h) - L(w - h)) / 2h, in double precision, on up to 32
    training rows and up to 500 parameters of each layer. The error is relative to the layer's largest gradient.
    The exit code is 1 when one is above 1e-6.
    """
    import numpy as np

    from nntui import presets
    from nntui.engine import gradient_check
    from nntui.trainer.problem import make_problem
    from nntui.trainer.weights import initial_network

    config = presets.find(preset).load().with_settings(settings or [])
    problem = make_problem(config)
    network = initial_network(config, problem)
    rng = np.random.default_rng(config.training.seed)
    network.parameters += SHAKE * rng.standard_normal(network.parameters.size).astype(network.dtype)
    rows = rng.permutation(problem.train)[:SAMPLES]
    errors = gradient_check(
        network,
        problem.inputs(rows),
        problem.targets(rows),
        config.training.l1,
        config.training.l2,
        most=PARAMETERS,
        seed=config.training.seed,
    )
    rows_of_text = [
        [found.layer, f"{found.checked:,} of {found.parameters:,}", f"{found.error:.1e}", _verdict(found.error)]
        for found in errors
    ]
    typer.echo(table(["layer", "checked", "error", "verdict"], rows_of_text, right="checked error"))
    good = all(found.error <= MOST for found in errors)
    loss = config.loss(problem.dataset.task)
    typer.echo(f"{loss} of {len(rows)} rows: {'all' if good else 'not all'} layers within {MOST:g}")
    return 0 if good else FAILED


def _verdict(error: float) -> str:
    return "right" if error <= MOST else "wrong"
