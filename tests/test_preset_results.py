"""What the presets promise to learn.

The presets train slowly so that the descent can be watched; here the learning rate is higher and the epochs are fewer
by the same factor or more. The tests marked ``heavy`` train longer: ``pytest -m heavy``.
"""

from __future__ import annotations

import numpy as np
import pytest

from nntui import presets
from nntui.trainer.loop import CAPACITY, Loop
from nntui.trainer.problem import make_network, make_problem

FAST = {
    "xor": ("lr=1", "epochs=5000"),
    "logistic": ("lr=0.05", "epochs=5000"),
    "deep-binary": ("lr=0.02", "epochs=300"),
}


def learn(preset: str, *settings: str) -> float:
    """Trains a preset to its end; its accuracy on the held-out rows, or on all where none are held out."""
    config = presets.find(preset).load().with_settings(settings)
    problem = make_problem(config)
    network = make_network(config, problem.dataset.X.shape[1], problem.dataset.T.shape[1])
    train = problem.train
    loop = Loop(network, problem.inputs(train), problem.targets(train), config.training)
    while not loop.finished:
        assert loop.run(CAPACITY).diverged is None
    rows = problem.test if len(problem.test) else train
    return float((network.predict(problem.inputs(rows)) == problem.targets(rows)).mean())


@pytest.mark.parametrize("seed", range(8))
def test_xor_is_solved(seed: int) -> None:
    assert learn("xor", *FAST["xor"], f"seed={seed}") == 1.0


@pytest.mark.parametrize("seed", range(5))
def test_one_unit_tells_malignant_from_benign(seed: int) -> None:
    assert learn("logistic", *FAST["logistic"], f"seed={seed}") >= 0.95


def test_hidden_layers_tell_odd_from_even_where_one_unit_cannot() -> None:
    deep = [learn("deep-binary", *FAST["deep-binary"], f"seed={seed}") for seed in range(5)]
    unit = [learn("deep-binary", *FAST["deep-binary"], f"seed={seed}", "layers=[]") for seed in range(5)]
    assert min(deep) >= 0.96
    assert deep[0] >= unit[0] + 0.05, "on the preset's own split"
    assert np.mean(deep) >= np.mean(unit) + 0.05, "and on the average of some"


@pytest.mark.heavy
def test_xor_is_solved_for_95_of_100_seeds() -> None:
    """At ten times the shipped rate: as it is shipped, the hundred take a quarter of an hour."""
    solved = [learn("xor", "lr=0.1", "epochs=50000", f"seed={seed}") == 1.0 for seed in range(100)]
    assert sum(solved) >= 95


@pytest.mark.heavy
def test_logistic_as_it_is_shipped() -> None:
    assert learn("logistic") >= 0.95


@pytest.mark.heavy
def test_deep_binary_as_it_is_shipped() -> None:
    deep = learn("deep-binary")
    assert deep >= 0.96
    assert deep >= learn("deep-binary", "layers=[]", "epochs=2000") + 0.05
