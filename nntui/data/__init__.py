"""Data to learn from: where they come from, how they are split, and what the network is given of them."""

from nntui.data.dataset import Column, DataError, Dataset
from nntui.data.preparation import Preparation
from nntui.data.sources import SOURCES, load
from nntui.data.split import split
from nntui.data.standardize import Standardizer

__all__ = ["SOURCES", "Column", "DataError", "Dataset", "Preparation", "Standardizer", "load", "split"]
