"""Runs that real trainers have made."""

from __future__ import annotations

from tests.trainer.conftest import train

__all__ = ["train"]
