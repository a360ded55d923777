"""``nntui serve``: the screen in a browser on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from nntui.cli.output import talk
from nntui.errors import UserError


def serve(
    run: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="Id, name or latest, as ever; else the list of runs.")
    ] = None,
    port: Annotated[int, typer.Option(min=1024, max=65535, metavar="N", help="Where to listen.")] = 8000,
    host: Annotated[str, typer.Option(metavar="HOST", help="127.0.0.1; no other is served.")] = "127.0.0.1",
) -> int:
    """Show the screen in a browser, on this machine alone (127.0.0.1).

    From elsewhere, open an SSH tunnel: the command says how. The address that is printed holds a key, made anew each
    time: whoever has it can steer the runs as you can, and nobody else on this machine can open the page. Each tab is
    a viewer of its own, which ends when the tab is closed; training goes on. Needs the package textual-serve:
    pip install 'nntui[serve]'.
    """
    if host not in ("127.0.0.1", "localhost"):
        raise UserError(
            f"--host {host!r}: must be 127.0.0.1: nothing is encrypted, and whoever listened could steer your runs;"
            f" from elsewhere: ssh -L {port}:127.0.0.1:{port} HOST"
        )
    arguments = _arguments(run)
    try:
        from nntui.web import server
    except ModuleNotFoundError as error:
        raise UserError(f"serve needs the package {error.name}: pip install 'nntui[serve]'") from None
    try:
        server.serve(arguments, port, lambda path: _tell(port, path))
    except OSError as error:
        raise UserError(f"--port {port}: cannot listen there: {error.strerror or error}") from None
    return 0


def _arguments(run: str | None) -> list[str]:
    """The command of each tab. Raises UserError when there is no such run."""
    if run is None:
        return []
    from nntui import paths
    from nntui.store import catalog

    return ["watch", catalog.find_run(paths.runs_dir(), run)[1].id]


def _tell(port: int, path: str) -> None:
    import getpass
    import socket

    talk(f"http://127.0.0.1:{port}{path} (Ctrl-C ends it; training goes on)")
    talk(f"from elsewhere: ssh -L {port}:127.0.0.1:{port} {getpass.getuser()}@{socket.gethostname()}")
