"""``nntui serve`` in a real browser: what one sees, what keys do, and what is left when the tab is closed."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import psutil
import pytest

from nntui import paths
from nntui.store import catalog

aiohttp = pytest.importorskip("aiohttp", reason="needs the extra 'serve'")
from tests.browser import CHROMIUM, Browser, Page, browser, until  # noqa: E402

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium"),
]

NNTUI = [sys.executable, "-m", "nntui"]
Scenario = Callable[[Browser, Page, str], Awaitable[None]]


@pytest.fixture
def run(nntui_home: Path) -> str:
    """A run that trains until it is stopped."""
    train = [*NNTUI, "train", "xor", "--detach", "--set", "epochs=1000000000"]
    return subprocess.run(train, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def server(run: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The web server of that run, and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = [*NNTUI, "serve", run, "--port", str(port)]
    with subprocess.Popen(serve, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        address = re.search(rf"http://127\.0\.0\.1:{port}/\?key=\S+", process.stderr.readline())
        assert address is not None
        assert f"ssh -L {port}:127.0.0.1:{port} " in process.stderr.readline()
        yield process, address[0]
        process.terminate()
        process.wait(20)


def viewers(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The processes that the server has started; those that they start are theirs to end."""
    return psutil.Process(process.pid).children()


def state() -> str:
    return catalog.find_run(paths.runs_dir())[1].state


def play(scenario: Scenario, url: str, folder: Path) -> None:
    """Opens the page, waits until the screen is on it, and goes on from there."""

    async def session() -> None:
        async with browser(folder) as running:
            page = await running.page()
            await page.open(url)
            await until(lambda: page.evaluate("document.body?.classList.contains('-first-byte')"))
            await page.evaluate("document.querySelector('.xterm-helper-textarea').focus()")
            await scenario(running, page, url)

    asyncio.run(session())


def test_the_page_steers_the_run_and_leaves_it_training(
    server: tuple[subprocess.Popen[str], str], tmp_path: Path
) -> None:
    process, url = server

    async def scenario(running: Browser, page: Page, url: str) -> None:
        own = url.split("://")[1].partition("?")[0]
        assert all(asked.split("://")[1].startswith(own) for asked in page.asked if "data:" not in asked)
        assert {asked.split("://")[0] for asked in page.asked if "data:" not in asked} == {"http", "ws"}
        await page.press(" ")
        await until(lambda: state() == "paused")
        await page.resize(700, 500)
        await page.press(" ")
        await until(lambda: state() == "running")
        [viewer] = viewers(process)
        await page.close()
        await until(lambda: not viewer.is_running())
        assert state() == "running"

    play(scenario, url, tmp_path / "profile")


def test_leaving_by_q_says_so_and_can_be_opened_again(
    server: tuple[subprocess.Popen[str], str], tmp_path: Path
) -> None:
    process, url = server

    async def scenario(running: Browser, page: Page, url: str) -> None:
        await page.press("q")
        await until(lambda: page.evaluate("document.body.classList.contains('-closed')"))
        await until(lambda: not viewers(process))
        assert "training goes on" in await page.evaluate("document.body.innerText")
        await page.evaluate("document.querySelector('.closed a').click()")
        await until(lambda: len(viewers(process)) == 1)
        assert state() == "running"

    play(scenario, url, tmp_path / "profile")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_viewers_end_with_the_server(
    server: tuple[subprocess.Popen[str], str], tmp_path: Path, number: signal.Signals
) -> None:
    process, url = server

    async def scenario(running: Browser, page: Page, url: str) -> None:
        [viewer] = viewers(process)
        os.kill(process.pid, number)
        await until(lambda: not viewer.is_running())
        await until(lambda: process.poll() is not None)
        assert state() == "running"

    play(scenario, url, tmp_path / "profile")


def test_another_site_can_neither_connect_nor_frame_the_page(
    server: tuple[subprocess.Popen[str], str], tmp_path: Path
) -> None:
    process, url = server

    async def scenario(running: Browser, page: Page, url: str) -> None:
        foreign = await running.page()
        await foreign.open(f"data:text/html,<iframe src='{url}'></iframe>")
        script = "new Promise(done => { const ws = new WebSocket('%s'); ws.onopen = ws.onerror = e => done(e.type) })"
        assert await foreign.evaluate(script % f"ws{url[4:].partition('?')[0]}ws") == "error"
        assert len(viewers(process)) == 1

    play(scenario, url, tmp_path / "profile")
