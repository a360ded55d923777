"""Whole screens: a run, the start, and what lies over them for a moment."""
