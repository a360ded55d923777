"""The hyperparameters, turned by keys."""
