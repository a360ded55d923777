"""``python -m nntui``: the same as ``nntui``."""

from __future__ import annotations

import sys

from nntui.cli import main

if __name__ == "__main__":
    sys.exit(main())
