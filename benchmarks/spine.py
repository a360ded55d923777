"""The figures that nntui has to reach, measured and printed as a Markdown table.

    python -m benchmarks.spine [--quick] [--keep FOLDER] [NAME ...]

Run it from the top of a checkout, in an environment with nntui and its test extra. Without names, all are measured.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from benchmarks import disk, live, recorded
from benchmarks.figures import Figure, measure, parsed

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
    measure(parsed(parser, list(MEASURES)), MEASURES)


if __name__ == "__main__":
    main()
