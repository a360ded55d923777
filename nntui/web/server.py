"""A web server for one machine: a page that draws the screen, and a viewer of its own for each tab.

Only the same machine is served, and there only who knows the key in the address that was printed: another user of the
machine does not. Only pages that came from here may connect: a page of any other site, open in the same browser, could
otherwise steer the runs.

Of the names that textual-serve keeps private, these are used here; ``tests/web/test_viewer.py`` holds them:
``Server._make_app()``, ``Server._process_messages(websocket, app_service)``, ``AppService._build_environment(width,
height)``, ``._open_app_process(width, height)``, and ``._process`` and ``._stdin``, which the latter sets.
"""

from __future__ import annotations

import asyncio
import secrets
import shlex
import sys
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import aiohttp_jinja2
from aiohttp import web
from textual_serve.app_service import AppService
from textual_serve.server import Server, to_int

HOST: Final = "127.0.0.1"
#: What people call this machine; a tunnel may have given the port another number.
NAMES: Final = frozenset((HOST, "localhost"))
#: Seconds that viewers have to leave when the server ends.
PATIENCE: Final = 2.0

_DRIVER: Final = "nntui.web.driver:TabDriver"
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def command(arguments: Sequence[str]) -> list[str]:
    """What starts ``nntui ARGUMENTS``; ``-P``: nothing is imported from the folder that this happens to run in."""
    return [sys.executable, "-P", "-m", "nntui", *arguments]


def serve(arguments: Sequence[str], port: int, ready: Callable[[str], None]) -> None:
    """Serves ``nntui ARGUMENTS`` on this machine until told to end.

    Once it listens, ``ready`` is called with the path of the page, key and all. Raises OSError.
    """
    server = _Server(command(arguments), port)

    def listens(_: str) -> None:
        """aiohttp prints when it listens, and only then."""
        ready(f"/?key={server.key}")

    web.run_app(server.app(), host=HOST, port=port, print=listens, access_log=None, shutdown_timeout=PATIENCE)


class _Server(Server):
    """Textual's server with a page that asks no other host for anything, and a door that only it passes.

    Who opens the page with the key in its address is given a cookie, by which the page is let in from then on.
    """

    def __init__(self, words: Sequence[str], port: int) -> None:
        templates = Path(__file__).with_name("templates")
        super().__init__(shlex.join(words), HOST, port, "nntui", templates_path=templates)
        self.key = secrets.token_urlsafe(16)
        self._cookie = (
            f"nntui-{secrets.token_hex(4)}"  # a browser sends cookies to every port, so each server has its own
        )

    async def app(self) -> web.Application:
        """The routes, behind the door."""
        made = await self._make_app()
        made.middlewares.append(web.middleware(partial(self._door)))
        return made

    async def on_startup(self, app: web.Application) -> None:
        """Says nothing: the command line does."""

    @aiohttp_jinja2.template("app_index.html")
    async def handle_index(self, request: web.Request) -> dict[str, Any]:
        """What the page needs: the addresses under which this browser reaches the server."""
        return {"static": "/static", "websocket": f"ws://{request.host}/ws"}

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """A tab, and a viewer for as long as it is open."""
        tab = web.WebSocketResponse(heartbeat=15)
        await tab.prepare(request)

        async def close() -> None:
            await tab.close()

        viewer = _Viewer(
            self.command,
            write_bytes=tab.send_bytes,
            write_str=tab.send_str,
            close=close,
            download_manager=self.download_manager,
        )
        width, height = (to_int(request.query.get(name, ""), usual) for name, usual in (("width", 80), ("height", 24)))
        try:
            await viewer.start(width, height)
            await self._process_messages(tab, viewer)
        finally:
            await viewer.stop()
        return tab

    async def _door(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Lets pass what a page of this server asks of it, and forbids the page to ask anybody else."""
        origin = request.headers.get("Origin")
        asked_from_here = origin == f"http://{request.host}" or (origin is None and request.path != "/ws")
        if _name(request.host) not in NAMES or not asked_from_here:
            raise web.HTTPForbidden(text=f"nntui serves pages of its own on {HOST} alone\n")
        shown = request.cookies.get(self._cookie) or request.query.get("key", "")
        if not secrets.compare_digest(shown.encode(), self.key.encode()):
            raise web.HTTPForbidden(text="open the address that nntui serve has printed, with the key in it\n")
        response = await handler(request)
        if not response.prepared:
            response.set_cookie(self._cookie, self.key, httponly=True, samesite="Strict")
            response.headers["Referrer-Policy"] = "no-referrer"
            response.headers["Content-Security-Policy"] = (
                "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self';"
                f" img-src 'self' data:; connect-src 'self' ws://{request.host}; frame-ancestors 'none'"
            )
        return response


class _Viewer(AppService):
    """A viewer in a process of its own, which draws in one tab; when it ends, however it ends, the tab is told."""

    def _build_environment(self, width: int = 80, height: int = 24) -> dict[str, str]:
        return super()._build_environment(width, height) | {"TEXTUAL_DRIVER": _DRIVER}

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        """Starts it, without a shell."""
        self._process = await asyncio.create_subprocess_exec(
            *shlex.split(self.command),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._build_environment(width, height),
        )
        self._stdin = self._process.stdin
        return self._process

    async def run(self) -> None:
        """Hands on what it draws, until it ends."""
        await super().run()
        await self.remote_close()


def _name(host: str) -> str:
    """The name in ``name:port``."""
    name, _, port = host.partition(":")
    return name if not port or port.isdigit() else ""
