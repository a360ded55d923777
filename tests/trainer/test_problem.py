"""From a configuration to the arrays that the network sees."""

from __future__ import annotations

import numpy as np
import pytest

from nntui.config import RunConfig
from nntui.trainer.problem import make_network, make_problem


def configure(*settings: str) -> RunConfig:
    return RunConfig().with_settings(settings)


def test_inputs_are_scaled_by_the_training_rows_alone() -> None:
    problem = make_problem(configure("source=breast-cancer", "test_fraction=0.3", "dtype=float64"))
    train, test = problem.inputs(problem.train), problem.inputs(problem.test)
    np.testing.assert_allclose(train.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(train.std(axis=0), 1, rtol=1e-9)
    assert np.abs(test.mean(axis=0)).max() > 1e-3
    raw = problem.dataset.X[problem.test]
    known = problem.dataset.X[problem.train]
    np.testing.assert_allclose(test, (raw - known.mean(axis=0)) / known.std(axis=0))


def test_without_scaling_inputs_stay_as_they_were_measured() -> None:
    problem = make_problem(configure("source=digits", "standardize=false"))
    np.testing.assert_array_equal(problem.inputs(problem.train), problem.dataset.X[problem.train].astype(np.float32))


def test_every_row_is_learned_from_or_held_out() -> None:
    problem = make_problem(configure("source=digits", "test_fraction=0.2"))
    assert sorted(np.concatenate((problem.train, problem.test)).tolist()) == list(range(1797))
    assert len(problem.test) == pytest.approx(0.2 * 1797, abs=2)


def test_the_seed_decides_the_split() -> None:
    parts = [make_problem(configure("source=digits", f"seed={seed}")).test.tolist() for seed in (1, 1, 2)]
    assert parts[0] == parts[1] != parts[2]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_everything_has_the_precision_asked_for(dtype: str) -> None:
    config = configure("test_fraction=0", f"dtype={dtype}")
    problem = make_problem(config)
    assert problem.inputs(problem.train).dtype == dtype
    assert problem.targets(problem.train).dtype == dtype
    assert make_network(config, "binary", 2, 1).parameters.dtype == dtype


def test_the_network_has_the_layers_asked_for_and_the_seeds_weights() -> None:
    config = configure("layers=5 3", "activation=relu,gelu", "init=he", "seed=7")
    network = make_network(config, "multi-class", 4, 2)
    assert network.sizes == (4, 5, 3, 2)
    assert [layer.activation for layer in network.layers] == ["relu", "gelu", "softmax"]
    np.testing.assert_array_equal(network.parameters, make_network(config, "multi-class", 4, 2).parameters)
    other = make_network(config.with_value("training.seed", 8), "multi-class", 4, 2)
    assert not np.array_equal(network.parameters, other.parameters)


def test_another_target_is_another_problem() -> None:
    problem = make_problem(configure("source=digits", "target=3"))
    assert problem.dataset.classes == ("not 3", "3")
    assert 0.08 < problem.targets(problem.train).mean() < 0.12
