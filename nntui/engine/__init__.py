"""Feedforward networks and their training, in NumPy alone.

>>> from nntui.engine import Network, make_optimizer
>>> network = Network((2, 3, 1), activation="sigmoid", seed=0)
>>> optimizer = make_optimizer("sgd", network.parameters)
>>> for step in range(10_000):
...     cost = network.backward(X, T)
...     optimizer.step(network.parameters, network.gradients, lr=1.0)
"""

from nntui.engine.activations import ACTIVATIONS, Activation
from nntui.engine.gradcheck import LayerError, gradient_check
from nntui.engine.initializers import INITIALIZERS
from nntui.engine.losses import LOSSES, Loss
from nntui.engine.network import Layer, Network
from nntui.engine.optimizers import OPTIMIZERS, SGD, Adam, Momentum, Optimizer, make_optimizer

__all__ = [
    "ACTIVATIONS",
    "INITIALIZERS",
    "LOSSES",
    "OPTIMIZERS",
    "SGD",
    "Activation",
    "Adam",
    "Layer",
    "LayerError",
    "Loss",
    "Momentum",
    "Network",
    "Optimizer",
    "gradient_check",
    "make_optimizer",
]
