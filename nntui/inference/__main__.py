"""``python -m nntui.inference [THREADS]``: answers what comes in on stdin, on stdout, until stdin ends.

The past of a run comes out the same to the bit only with as many THREADS as its trainer has; 0 are as many as that
takes by itself, and without any it is one.
"""

from __future__ import annotations

import os
import signal
import sys

from nntui.trainer.threads import use_threads


def main(threads: int) -> int:
    """Nobody waits for an answer as for a step: this leaves the cores to the trainers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the viewer's; this ends when the viewer does
    if hasattr(os, "nice"):
        os.nice(5)
    use_threads(threads)
    from nntui.inference.service import Service

    try:
        Service().serve(sys.stdin.buffer, sys.stdout.buffer)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would complain when it ends
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1))
