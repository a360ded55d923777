"""What draws in a browser's tab: Textual's driver, which leaves when the server has gone and counts what it sends."""

from __future__ import annotations

from contextlib import suppress

from textual import messages
from textual.drivers.web_driver import WebDriver


class TabDriver(WebDriver):
    """Draws through a pipe to the web server."""

    sent = 0

    def write(self, data: str) -> None:
        self.sent += len(data.encode("utf-8"))
        super().write(data)

    def run_input_thread(self) -> None:
        """Reads keys until told to stop, or until nobody is there any more to send some."""
        super().run_input_thread()
        with suppress(RuntimeError):  # the loop is closed: the app has left already
            self._loop.call_soon_threadsafe(self._app.post_message, messages.ExitApp())
