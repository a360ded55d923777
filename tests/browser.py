"""A real browser for tests: headless Chromium, driven by its DevTools protocol."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

#: The first of these that is there.
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
#: Longer than any machine needs; nothing waits so long unless it fails.
PATIENCE = 60.0


async def until(condition: Callable[[], Awaitable[object] | object]) -> None:
    """Waits for a condition, which may be awaitable; fails when it does not come."""
    limit = time.monotonic() + PATIENCE
    while True:
        found = condition()
        if await found if isinstance(found, Awaitable) else found:
            return
        assert time.monotonic() < limit, "waited in vain"
        await asyncio.sleep(0.02)


class Page:
    """A tab of the browser; ``asked`` are the addresses of everything it has requested."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.asked: list[str] = []
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._listener = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for message in self._socket:
            told = json.loads(message.data)
            if "id" in told:
                self._answers.pop(told["id"]).set_result(told.get("result", told))
            elif told["method"] == "Network.requestWillBeSent":
                self.asked.append(told["params"]["request"]["url"])
            elif told["method"] == "Network.webSocketCreated":
                self.asked.append(told["params"]["url"])

    async def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A command of the protocol, and its answer."""
        number = next(self._numbers)
        self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        return await asyncio.wait_for(self._answers[number], PATIENCE)

    async def open(self, url: str) -> None:
        """Goes to an address."""
        await self.send("Network.enable")
        await self.send("Page.enable")
        await self.send("Page.navigate", url=url)

    async def evaluate(self, script: str) -> Any:
        """The value of an expression in the page."""
        told = await self.send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        return told["result"].get("value")

    async def press(self, key: str) -> None:
        """Types a key that writes a character."""
        await self.send("Input.dispatchKeyEvent", type="keyDown", text=key, key=key)
        await self.send("Input.dispatchKeyEvent", type="keyUp", key=key)

    async def resize(self, width: int, height: int) -> None:
        """Gives the page so many pixels."""
        await self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    async def picture(self) -> bytes:
        """What the page looks like, as PNG."""
        return base64.b64decode((await self.send("Page.captureScreenshot"))["data"])

    async def close(self) -> None:
        """Closes the tab, as a person does."""
        await self.send("Page.close")
        await self.end()

    async def end(self) -> None:
        """Listens no longer."""
        self._listener.cancel()
        await asyncio.gather(self._listener, return_exceptions=True)
        await self._socket.close()


class Browser:
    """A running browser."""

    def __init__(self, session: aiohttp.ClientSession, address: str) -> None:
        self._session = session
        self._address = address
        self._pages: list[Page] = []

    async def page(self) -> Page:
        """A new tab, empty."""
        async with self._session.put(f"http://{self._address}/json/new") as answer:
            told = json.loads(await answer.text())
        page = Page(await self._session.ws_connect(told["webSocketDebuggerUrl"], max_msg_size=0))
        self._pages.append(page)
        return page

    async def end(self) -> None:
        """Leaves all tabs."""
        for page in self._pages:
            await page.end()


@asynccontextmanager
async def browser(folder: Path) -> AsyncIterator[Browser]:
    """Headless Chromium with a profile of its own in ``folder``."""
    assert CHROMIUM is not None
    process = await asyncio.create_subprocess_exec(
        *(CHROMIUM, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={folder}", "--no-first-run"),
        *("--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--window-size=1300,900"),
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        port = folder / "DevToolsActivePort"
        await until(lambda: port.exists() and "\n" in port.read_text())
        async with aiohttp.ClientSession() as session:
            running = Browser(session, f"127.0.0.1:{port.read_text().split()[0]}")
            yield running
            await running.end()
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
