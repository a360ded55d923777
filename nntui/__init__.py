"""nntui: watch and steer a neural network while it learns, in a terminal."""

__version__ = "0.1.0"
