"""``nntui serve``: whom it serves, and what it refuses in a line."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from pathlib import Path
from unittest.mock import AsyncMock

import pytest

from tests.cli.conftest import Nntui

aiohttp = pytest.importorskip("aiohttp", reason="needs the extra 'serve'")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "example.org"])
def test_no_other_host_is_served(nntui: Nntui, host: str) -> None:
    done = nntui("serve", "--host", host)
    assert done.returncode == 2
    assert "nothing is encrypted" in done.stderr
    assert "ssh -L 8000:127.0.0.1:8000" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_run_that_is_not_there_is_told_before_anything_listens(nntui: Nntui) -> None:
    done = nntui("serve", "nobody")
    assert done.returncode == 2
    assert "no runs" in done.stderr


def test_a_port_that_is_taken_is_told(demo: Path, nntui: Nntui) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = nntui("serve", "demo", "--port", str(port))
    assert done.returncode == 2
    assert done.stderr.startswith(f"nntui: --port {port}: cannot listen there: ")
    assert done.stderr.count("\n") == 1


def test_without_the_extra_it_says_how_to_install_it() -> None:
    script = (
        "import sys; sys.modules['textual_serve'] = sys.modules['textual_serve.server'] = None\n"
        "from nntui.cli import main; sys.exit(main(['serve']))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert done.stderr.endswith("pip install 'nntui[serve]'\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("path", "host", "origin", "status"),
    [
        ("/", "127.0.0.1:8000", None, 200),
        ("/", "localhost:9000", None, 200),  # through a tunnel with another port
        ("/", "localhost", "http://localhost", 200),
        ("/", "example.org", None, 403),  # a name that somebody has let point here
        ("/", "127.0.0.1.example.org:8000", None, 403),
        ("/", "127.0.0.1:8000@example.org", None, 403),
        ("/", "127.0.0.1:8000", "http://example.org", 403),
        ("/static/js/textual.js", "127.0.0.1:8000", None, 200),
        ("/ws", "127.0.0.1:8000", None, 403),
        ("/ws", "127.0.0.1:8000", "null", 403),
        ("/ws", "127.0.0.1:8000", "https://127.0.0.1:8000", 403),
        ("/ws", "127.0.0.1:8000", "http://127.0.0.1:8001", 403),
        ("/ws", "127.0.0.1:8000", "http://localhost:8000", 403),
        ("/ws", "example.org", "http://example.org", 403),
    ],
)
def test_only_its_own_page_is_let_in(path: str, host: str, origin: str | None, status: int) -> None:
    from aiohttp.test_utils import TestClient, TestServer

    from nntui.web import server

    async def ask() -> tuple[int, str]:
        serving = server._Server(["false"], 8000)
        async with TestClient(TestServer(await serving.app())) as client:
            headers = {"Host": host, "Cookie": f"{serving._cookie}={serving.key}"}
            headers |= {"Origin": origin} if origin else {}
            async with client.get(path, headers=headers) as answer:
                return answer.status, answer.headers.get("Content-Security-Policy", "")

    found, policy = asyncio.run(ask())
    assert found == status
    assert status != 200 or path != "/" or "frame-ancestors 'none'" in policy


def test_its_own_page_may_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    from aiohttp.test_utils import TestClient, TestServer

    from nntui.web import server

    viewer = AsyncMock()
    monkeypatch.setattr("nntui.web.server._Viewer", lambda *_, **__: viewer)

    async def connect() -> None:
        serving = server._Server(["false"], 8000)
        async with TestClient(TestServer(await serving.app())) as client:
            headers = {"Host": "localhost:9000", "Origin": "http://localhost:9000"}
            async with client.get("/", params={"key": serving.key}, headers=headers) as page:
                cookie = page.headers["Set-Cookie"]
            assert "HttpOnly" in cookie
            assert "SameSite=Strict" in cookie
            async with client.ws_connect("/ws", headers=headers | {"Cookie": cookie.partition(";")[0]}) as tab:
                assert not tab.closed

    asyncio.run(connect())
    viewer.start.assert_awaited_once()
    viewer.stop.assert_awaited()


@pytest.mark.parametrize(
    "path", ["/", "/?key=", "/?key=other", "/?key=%C3%A9", "/static/js/textual.js", "/ws", "/download/1"]
)
def test_nobody_is_let_in_without_the_key(path: str) -> None:
    from aiohttp.test_utils import TestClient, TestServer

    from nntui.web import server

    async def ask() -> tuple[int, str]:
        serving = server._Server(["false"], 8000)
        async with TestClient(TestServer(await serving.app())) as client:
            headers = {
                "Host": "127.0.0.1:8000",
                "Origin": "http://127.0.0.1:8000",
                "Cookie": f"{serving._cookie}=other",
            }
            async with client.get(path, headers=headers) as answer:
                return answer.status, answer.headers.get("Set-Cookie", "")

    assert asyncio.run(ask()) == (403, "")
