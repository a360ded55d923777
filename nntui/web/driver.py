"""What draws in a browser's tab: Textual's driver, which never waits for the tab and leaves with the server.

Of the names that Textual keeps private, these are used here; ``tests/web/test_viewer.py`` holds them:
``WebDriver._write(packet)``, by which all is sent, ``WebDriver.run_input_thread()``, ``Driver._app`` and ``._loop``.
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from typing import Any, Final

from textual.drivers.web_driver import WebDriver

from nntui.tui.spans import Shown
from nntui.tui.terminal import LEAVE_SIGNALS, Output, ask_to_leave, paint_anew


class TabDriver(WebDriver):
    """Draws through a pipe to the web server, which may stop reading: then frames are dropped."""

    PATIENCE: Final = 0.3
    """Seconds that leaving waits for the server to read what is still unsent."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.shown = Shown()
        self._output = Output(self.fileno, lost=self._on_lost, recovered=self._on_recovered)
        # Whole packets: one that is dropped leaves no half.
        self._write = self._output.write  # type: ignore[assignment]

    @property
    def backlog(self) -> int:
        """Packets that the server has not taken yet."""
        return self._output.backlog

    @property
    def sent(self) -> int:
        """Bytes that the server has taken."""
        return self._output.sent

    def start_application_mode(self) -> None:
        """Draws from now on; on a signal, what :func:`nntui.tui.terminal.run` has laid down goes on to hold."""
        before = {signum: signal.getsignal(signum) for signum in LEAVE_SIGNALS}
        self._output.start()
        super().start_application_mode()
        for signum, handler in before.items():
            if asyncio.get_running_loop().remove_signal_handler(signum):
                signal.signal(signum, handler)

    def close(self) -> None:
        super().close()
        if self._output.is_alive():
            self._output.stop(self.PATIENCE)

    def run_input_thread(self) -> None:
        """Reads keys until told to stop, or until nobody is there any more to send some."""
        super().run_input_thread()
        self._on_lost()

    def _on_lost(self) -> None:
        with suppress(RuntimeError):  # the loop is closed: the app has left already
            self._loop.call_soon_threadsafe(ask_to_leave, self._app)

    def _on_recovered(self) -> None:
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(paint_anew, self._app)
