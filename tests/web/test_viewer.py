"""The viewer of one tab: what it imports, and that it leaves although nobody reads what it draws."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("textual_serve", reason="needs the extra 'serve'")
from textual.driver import Driver
from textual.drivers.web_driver import WebDriver
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager
from textual_serve.server import Server

from nntui.web import server

if sys.platform != "linux":
    pytest.skip("needs pipes that can be made small", allow_module_level=True)
import fcntl
import inspect
import termios

WITHIN = 60.0


class Tab:
    """A tab without a browser: what its viewer has drawn, and whether it was told that the viewer has left."""

    def __init__(self) -> None:
        self.drawn = b""
        self.began, self.closed = asyncio.Event(), asyncio.Event()
        self.viewer = server._Viewer(
            " ".join(server.command([])),
            write_bytes=self._draw,
            write_str=self._ignore,
            close=self._close,
            download_manager=DownloadManager(),
        )

    async def _draw(self, data: bytes) -> None:
        self.drawn += data
        if b"nntui" in self.drawn:
            self.began.set()

    async def _ignore(self, _text: str) -> None:
        """Neither links nor files."""

    async def _close(self) -> None:
        self.closed.set()


def test_a_file_of_the_current_folder_is_not_taken_for_a_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "textual.py").write_text("raise SystemExit('taken')\n")
    monkeypatch.chdir(tmp_path)

    async def watch() -> None:
        tab = Tab()
        await tab.viewer.start(80, 24)
        await asyncio.wait_for(tab.began.wait(), WITHIN)
        await tab.viewer.stop()

    asyncio.run(watch())


def test_a_tab_is_told_that_its_viewer_has_ended_in_whatever_way() -> None:
    async def watch() -> None:
        tab = Tab()
        await tab.viewer.start(80, 24)
        await asyncio.wait_for(tab.began.wait(), WITHIN)
        assert tab.viewer._process is not None
        tab.viewer._process.kill()
        await asyncio.wait_for(tab.closed.wait(), WITHIN)

    asyncio.run(watch())


@pytest.mark.parametrize("end", ["the server's end", "a signal"])
def test_a_viewer_that_nobody_reads_leaves_when_told_to(end: str) -> None:
    environment = os.environ | {"TEXTUAL_DRIVER": server._DRIVER, "COLUMNS": "200", "ROWS": "60"}
    with subprocess.Popen(server.command([]), env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as viewer:
        assert viewer.stdin is not None
        assert viewer.stdout is not None
        fcntl.fcntl(viewer.stdout, fcntl.F_SETPIPE_SZ, 8192)
        limit = time.monotonic() + WITHIN
        while int.from_bytes(fcntl.ioctl(viewer.stdout, termios.FIONREAD, bytes(4)), sys.byteorder) < 4096:
            assert time.monotonic() < limit, "draws nothing"
            time.sleep(0.02)
        if end == "a signal":
            viewer.send_signal(signal.SIGTERM)
        else:
            viewer.stdin.close()
        try:
            assert viewer.wait(WITHIN / 2) in (0, 128 + signal.SIGTERM)
        finally:
            viewer.kill()


def test_textual_still_has_the_private_names_that_are_used() -> None:
    for owner, name, parameters in [
        (Server, "_make_app", ["self"]),
        (Server, "_process_messages", ["self", "websocket", "app_service"]),
        (AppService, "_build_environment", ["self", "width", "height"]),
        (AppService, "_open_app_process", ["self", "width", "height"]),
        (WebDriver, "run_input_thread", ["self"]),
    ]:
        assert list(inspect.signature(getattr(owner, name)).parameters) == parameters, f"{owner.__name__}.{name}()"
    assert {"_process", "_stdin"} <= set(AppService.__init__.__code__.co_names)
    assert {"_app", "_loop"} <= set(Driver.__init__.__code__.co_names)
    drawing = Path(inspect.getfile(WebDriver)).read_text(encoding="utf-8")
    assert drawing.count("os.write") == 1
    assert "self._write = partial(os.write, self.fileno)" in drawing
