"""A web server for one machine: a page that draws the screen, and a viewer of its own for each tab.

There is no password. Only the same machine is served, and only pages that came from here may connect: a page of any
other site, open in the same browser, could otherwise steer the runs.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final

import aiohttp_jinja2
from aiohttp import web
from textual_serve.server import Server

HOST: Final = "127.0.0.1"
#: What people call this machine; a tunnel may have given the port another number.
NAMES: Final = frozenset((HOST, "localhost"))
#: Seconds that viewers have to leave when the server ends.
PATIENCE: Final = 2.0

_DRIVER: Final = "TEXTUAL_DRIVER=nntui.web.driver:TabDriver"
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def serve(arguments: Sequence[str], port: int, ready: Callable[[], None]) -> None:
    """Serves ``nntui ARGUMENTS`` on this machine until told to end; calls ``ready`` once it listens. Raises OSError."""
    words = ["env", _DRIVER, sys.executable, "-m", "nntui", *arguments]
    app = _Server(f"exec {shlex.join(words)}", port).app()
    # aiohttp prints when it listens, and only then.
    web.run_app(app, host=HOST, port=port, print=lambda _: ready(), access_log=None, shutdown_timeout=PATIENCE)


class _Server(Server):
    """Textual's server with a page that asks no other host for anything, and a door that only it passes."""

    def __init__(self, command: str, port: int) -> None:
        super().__init__(command, HOST, port, "nntui", templates_path=Path(__file__).with_name("templates"))

    async def app(self) -> web.Application:
        """The routes, behind the door."""
        made = await self._make_app()
        made.middlewares.append(_door)
        return made

    async def on_startup(self, app: web.Application) -> None:
        """Says nothing: the command line does."""

    @aiohttp_jinja2.template("app_index.html")
    async def handle_index(self, request: web.Request) -> dict[str, Any]:
        """What the page needs: the addresses under which this browser reaches the server."""
        return {"static": "/static", "websocket": f"ws://{request.host}/ws"}


@web.middleware
async def _door(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Lets pass what a page of this server asks of it, and forbids the page to ask anybody else."""
    origin = request.headers.get("Origin")
    asked_from_here = origin == f"http://{request.host}" or (origin is None and request.path != "/ws")
    if _name(request.host) not in NAMES or not asked_from_here:
        raise web.HTTPForbidden(text=f"nntui serves pages of its own on {HOST} alone\n")
    response = await handler(request)
    if not response.prepared:
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self';"
            f" img-src 'self' data:; connect-src 'self' ws://{request.host}; frame-ancestors 'none'"
        )
    return response


def _name(host: str) -> str:
    """The name in ``name:port``."""
    name, _, port = host.partition(":")
    return name if not port or port.isdigit() else ""
