"""Feedforward networks and their training, in NumPy alone.

>>> from nntui.engine import Network
>>> network = Network((2, 8, 1), activation="tanh", seed=0)
>>> history = network.fit(X, y, epochs=300, lr=0.05)
>>> network.predict(X_new), network.predict_proba(X_new)
"""

from nntui.engine.activations import ACTIVATIONS, OUTPUTS, Activation
from nntui.engine.clipping import clip_norm, clip_value
from nntui.engine.gradcheck import LayerError, gradient_check
from nntui.engine.initializers import INITIALIZERS
from nntui.engine.layers import Layer
from nntui.engine.losses import LOSSES
from nntui.engine.network import Network
from nntui.engine.optimizers import OPTIMIZERS, Optimizer, make_optimizer
from nntui.engine.schedules import SCHEDULES, EarlyStopping, Plateau, Schedule, make_schedule
from nntui.engine.units import Activity, activity, layer_outputs
from nntui.engine.workspace import with_ones

__all__ = [
    "ACTIVATIONS",
    "INITIALIZERS",
    "LOSSES",
    "OPTIMIZERS",
    "OUTPUTS",
    "SCHEDULES",
    "Activation",
    "Activity",
    "EarlyStopping",
    "Layer",
    "LayerError",
    "Network",
    "Optimizer",
    "Plateau",
    "Schedule",
    "activity",
    "clip_norm",
    "clip_value",
    "gradient_check",
    "layer_outputs",
    "make_optimizer",
    "make_schedule",
    "with_ones",
]
