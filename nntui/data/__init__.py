"""Arrays to learn from: the bundled data sets, the split, and the scaling."""

from nntui.data.dataset import DataError, Dataset
from nntui.data.sources import SOURCES, load
from nntui.data.split import split
from nntui.data.standardize import Standardizer

__all__ = ["SOURCES", "DataError", "Dataset", "Standardizer", "load", "split"]
