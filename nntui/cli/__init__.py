"""The command line."""

from __future__ import annotations


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and returns the exit code: 0, 1 the run failed, 2 bad usage or input, 130 Ctrl-C.

    Everything is imported in here, so that a Ctrl-C at any moment ends without a traceback.
    """
    import gc

    # Starting makes many objects that stay; to look for garbage among them over and over takes a tenth of the time.
    gc.set_threshold(50_000)
    try:
        from nntui.cli.app import run

        return run(arguments)
    except KeyboardInterrupt:
        return 130
