"""The errors a user can mend, each told in one line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """Something a user asked for that cannot be had. Its text is one line: what was found, what is allowed."""


def closest(found: str, allowed: Iterable[str]) -> str:
    """`` (did you mean lr?)`` when one of the allowed names is near, else nothing."""
    near = difflib.get_close_matches(found, list(allowed), n=1, cutoff=0.6)
    return f" (did you mean {near[0]}?)" if near else ""
