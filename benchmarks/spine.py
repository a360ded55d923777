"""The figures that nntui has to reach, measured and printed as a Markdown table.

    python -m benchmarks.spine [--quick] [--keep FOLDER] [NAME ...]

Run it from the top of a checkout, in an environment with nntui and its test extra. Without names, all are measured.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import disk, live, recorded
from benchmarks.figures import Figure, machine, table

MEASURES: dict[str, Callable[[bool], list[Figure]]] = {
    "speed": live.speed,
    "cpu": live.cpu,
    "bytes": live.wire,
    "keys": live.keys,
    "start": live.start,
    "help": live.help_text,
    "opening": recorded.opening,
    "redraw": recorded.redraw,
    "spike": recorded.spike,
    "disk": disk.disk,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.spine", description="Measures what nntui has to reach.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(MEASURES)}; all, if none is named")
    parser.add_argument("--quick", action="store_true", help="short and rough, to see that all of it works")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the recorded run here for the next time")
    options = parser.parse_args()
    if unknown := set(options.names) - set(MEASURES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(MEASURES)}")
    with tempfile.TemporaryDirectory(prefix="nntui-benchmark-") as temporary:
        os.environ["NNTUI_HOME"] = str(options.keep.absolute() if options.keep else temporary)
        figures = []
        for name in options.names or MEASURES:
            print(f"{name} ...", file=sys.stderr, flush=True)  # noqa: T201
            figures += MEASURES[name](options.quick)
        print(table(figures))  # noqa: T201
        print(f"\n{machine()}")  # noqa: T201


if __name__ == "__main__":
    main()
