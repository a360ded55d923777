"""What the screen needs from the terminal: a driver that never blocks, signals that end the app, a marker that shows.

Terminals go away: a link drops, a window is closed, a multiplexer stops reading. Textual's own driver then spins on
the closed input, blocks the event loop on the full output, or leaves the terminal in raw mode. The one here leaves.

Textual keeps some of the names used here private; this is the list, held by ``tests/tui/test_terminal.py``. Others are
used, and listed, in ``spans.py``, ``screens/dialog.py``, ``widgets/cells.py``, ``nntui.web.driver`` and
``nntui.web.server`` alone.

- ``textual._xterm_parser.XTermParser``: ``XTermParser(debug)``, ``.feed(text)``, ``.tick()``
- ``textual.drivers.linux_driver.LinuxDriver``: ``fileno``, ``exit_event``, ``_file``, ``run_input_thread()``, and that
  everything is written through ``write()``
- ``textual.driver.Driver``: ``_app``, ``_debug``, ``_loop``
- ``textual.app.App``: ``_driver``
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import threading
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from textual import constants
from textual._xterm_parser import XTermParser

from nntui.tui import transliteration
from nntui.tui.spans import Shown

if TYPE_CHECKING:
    from textual.app import App
    from textual.driver import Driver

LEAVE_SIGNALS: Final = [getattr(signal, name) for name in ("SIGHUP", "SIGTERM", "SIGINT") if hasattr(signal, name)]
"""Signals on which the app leaves in good order."""

LEAVE_WITHIN: Final = 2.0
"""Seconds an app has between such a signal and the end of its process."""

GONE_WITHIN: Final = 1.5
"""Seconds that a process has to end, once the app has left by itself: threads may still wait for a disk."""

_TEXTUAL_SIGNALS: Final = [
    getattr(signal, name) for name in ("SIGTSTP", "SIGCONT", "SIGWINCH") if hasattr(signal, name)
]
_SAMPLES: Final = {"braille": "\u28ff", "quadrant": "\u259a", "ascii": ""}


def can_show(marker: str, encoding: str | None = None) -> bool:
    """Whether the terminal can show the dots of `marker` (``braille``, ``quadrant`` or ``ascii``).

    Asks only for the encoding (stdout's by default); whether the font has the dots, no program can know.
    """
    if encoding is None:
        encoding = "ascii" if _is_c_locale() else getattr(sys.__stdout__, "encoding", None) or "ascii"
    try:
        _SAMPLES[marker].encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _is_c_locale() -> bool:
    """Whether a person asked for the locale C; Python writes UTF-8 there all the same (PEP 538, PEP 540)."""
    environment = os.environ
    if environment.get("PYTHONUTF8") == "1" or environment.get("PYTHONIOENCODING"):
        return False
    # Where LANG asks for C, Python itself sets LC_CTYPE to C.UTF-8.
    chosen = environment.get("LC_CTYPE", "").replace("C.UTF-8", "") or environment.get("LANG", "")
    return (environment.get("LC_ALL") or chosen) in ("C", "POSIX")


def marker(wanted: str) -> str:
    """The marker that is wanted (see `can_show`, or ``auto``); the finest that shows where that one cannot."""
    if wanted == "auto" or not can_show(wanted):
        return "braille" if can_show("braille") else "ascii"
    return wanted


def driver_class() -> type[Driver] | None:
    """The driver to give to Textual's ``App(driver_class=...)``; None means Textual's own choice.

    None on Windows, and when ``TEXTUAL_DRIVER`` asks for another driver, as a web server of Textual apps does.
    """
    if sys.platform == "win32" or constants.DRIVER is not None:
        return None
    return TerminalDriver


def backlog(app: App[Any]) -> int:
    """Writes that `app` has not got rid of yet; above zero, the link is slower than the app draws, or stalled."""
    return int(getattr(app._driver, "backlog", 0))


def sent(app: App[Any]) -> int:
    """Bytes that the terminal has taken from `app` so far; 0 where another driver than ours draws."""
    return int(getattr(app._driver, "sent", 0))


def shown(app: App[Any]) -> Shown | None:
    """What the terminal of `app` shows; None where another driver than ours draws."""
    return getattr(app._driver, "shown", None)


def paint_anew(app: App[Any]) -> None:
    """Send the whole screen, whatever the terminal shows."""
    if known := shown(app):
        known.forget()
    app.refresh()


def shows_palette(app: App[Any]) -> bool:
    """Whether what `app` draws may be told by 256 colours; a picture of it always may."""
    many = app.is_headless or app.console.color_system in ("256", "truecolor", "windows")
    return many and not app.no_color and not app.native_ansi_color


def run(app: App[Any]) -> int:
    """Run `app` in this terminal, from the main thread, until it exits; return the exit code of the process.

    The app leaves in good order on `LEAVE_SIGNALS`; if that takes longer than `LEAVE_WITHIN`, the process ends with
    128 + the signal's number. An app that panics has no return code of its own: that counts as 1. When the app has
    left, the process ends within `GONE_WITHIN`, whatever its threads still wait for.
    """
    received: SimpleQueue[int] = SimpleQueue()  # unlike Event and Queue, safe to use from a signal handler
    left = threading.Event()

    async def main() -> None:
        loop = asyncio.get_running_loop()

        def leave(signum: int, _frame: FrameType | None) -> None:
            received.put(signum)
            with suppress(RuntimeError):  # the loop is closed: the app has left already
                loop.call_soon_threadsafe(ask_to_leave, app)

        for signum in LEAVE_SIGNALS:
            signal.signal(signum, leave)
        try:
            await app.run_async()
        finally:
            left.set()
            received.put(0)

    def watch() -> None:
        signum = received.get()
        # Not disarmed when the app has left: the interpreter then waits for its threads, however long.
        time.sleep(LEAVE_WITHIN if signum else GONE_WITHIN)
        os._exit(_code(app) if left.is_set() else 128 + signum)

    threading.Thread(target=watch, name="nntui-watchdog", daemon=True).start()
    with _signals_kept():
        asyncio.run(main())
    return _code(app)


def _code(app: App[Any]) -> int:
    return 1 if app.return_code is None else app.return_code


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Put back the handlers of every signal that `run` or Textual takes over."""
    before = {signum: signal.getsignal(signum) for signum in [*LEAVE_SIGNALS, *_TEXTUAL_SIGNALS]}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, signal.SIG_DFL if handler is None else handler)


def ask_to_leave(app: App[Any]) -> None:
    """Let `app` leave in good order, from the thread of its loop."""
    if app.return_code is None:  # an app that is leaving with an error keeps it
        app.exit()


if sys.platform != "win32":
    import termios

    from textual.drivers.linux_driver import LinuxDriver

    class TerminalDriver(LinuxDriver):
        """Textual's driver, for terminals that go away.

        Leaves the app when the terminal is lost on either side, reads bytes that are no UTF-8 as U+FFFD, and never
        makes the app wait for output: `write` drops frames while the terminal does not read, and the screen is
        painted anew when it does again.
        """

        PATIENCE: Final = 0.3
        """Seconds that leaving waits for the terminal to read what is still unsent."""

        _output: Output | None = None

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.shown = Shown()

        @property
        def backlog(self) -> int:
            """Writes handed to this driver and not taken by the terminal yet."""
            return 0 if self._output is None else self._output.backlog

        @property
        def sent(self) -> int:
            """Bytes that the terminal has taken."""
            return 0 if self._output is None else self._output.sent

        def write(self, data: str) -> None:
            if self._output is not None and self._file is not None:
                self._output.write(data.encode(self._file.encoding, transliteration.ERRORS))

        def start_application_mode(self) -> None:
            assert self._file is not None, "a terminal app needs a standard error stream"
            self._output = Output(self._file.fileno(), lost=self._on_lost, recovered=self._on_recovered)
            self._output.start()
            self.shown.forget()
            super().start_application_mode()  # type: ignore[no-untyped-call]

        def stop_application_mode(self) -> None:
            if self._output is not None:
                self._output.settle(self.PATIENCE)
            super().stop_application_mode()

        def close(self) -> None:
            super().close()
            if self._output is not None:
                self._output.stop(self.PATIENCE)

        def run_input_thread(self) -> None:
            """Read keys until told to stop, or until the terminal is gone."""
            parser = XTermParser(self._debug)
            decode = getincrementaldecoder("utf-8")("replace").decode
            stopping = False
            while not stopping:
                stopping = self.exit_event.is_set()  # then once more, for what the terminal sent in the meantime
                if select.select([self.fileno], [], [], 0.1)[0]:
                    try:
                        data = os.read(self.fileno, 4096)
                    except OSError:
                        data = b""
                    if not data:
                        self._on_lost()
                        return
                    if text := decode(data):
                        for message in parser.feed(text):
                            self.process_message(message)
                for message in parser.tick():
                    self.process_message(message)

        def _on_lost(self) -> None:
            with suppress(RuntimeError):  # the loop is closed: the app has left already
                self._loop.call_soon_threadsafe(ask_to_leave, self._app)

        def _on_recovered(self) -> None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(paint_anew, self._app)

    class Output(threading.Thread):
        """Sends bytes to the terminal, or into a pipe; whoever hands them over never waits.

        Past `LIMIT` unsent bytes, whole writes are dropped; once everything kept is sent, `recovered` is called. When
        the terminal is gone, `lost` is called and everything is dropped. Both are called on this thread.
        """

        LIMIT: Final = 131_072  # a few whole screens of coloured cells
        CHUNK: Final = 512  # a terminal that can take a byte takes this many, so a write after select does not block
        CANCEL: Final = b"\x18"  # ends a control sequence cut in two

        def __init__(self, descriptor: int, *, lost: Callable[[], None], recovered: Callable[[], None]) -> None:
            super().__init__(name="nntui-output", daemon=True)
            self.sent = 0  # bytes taken by the terminal; written by this thread alone
            self._descriptor = descriptor
            self._lost = lost
            self._recovered = recovered
            self._changed = threading.Condition()  # reentrant: Textual writes from its SIGTSTP handler
            self._pending: list[bytes] = []
            self._size = 0
            self._sending = 0
            self._dropped = False
            self._discard = False
            self._closed = False

        @property
        def backlog(self) -> int:
            """Writes not sent completely."""
            return len(self._pending) + self._sending

        def write(self, data: bytes) -> None:
            with self._changed:
                if self._closed or not data:
                    return
                if self._size >= self.LIMIT:
                    self._dropped = True
                    return
                self._pending.append(data)
                self._size += len(data)
                self._changed.notify_all()

        def settle(self, patience: float) -> None:
            """Wait up to `patience` seconds until all is sent; drop what is not, so that what follows gets out."""
            with self._changed:
                if self._changed.wait_for(lambda: not self.backlog, patience):
                    return
                self._pending.clear()
                self._size = 0
                self._discard = True
            with suppress(termios.error):  # not a terminal, or one that is gone
                termios.tcflush(self._descriptor, termios.TCOFLUSH)
            self.write(self.CANCEL)

        def stop(self, patience: float) -> None:
            """End the thread when all is sent, or after `patience` seconds."""
            with self._changed:
                self._closed = True
                self._changed.notify_all()
            self.join(patience)
            self._discard = True

        def run(self) -> None:
            try:
                while data := self._take():
                    self._send(data)
            except OSError:
                with self._changed:
                    self._closed = True
                    self._pending.clear()
                    self._sending = 0
                    self._changed.notify_all()
                self._lost()

        def _take(self) -> bytes:
            """Everything unsent, as soon as there is something; empty when the thread shall end."""
            with self._changed:
                self._sending = 0
                self._discard = False
                if not self._pending and self._dropped:
                    self._dropped = False
                    self._recovered()
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._pending or self._closed)
                data = b"".join(self._pending)
                self._sending = len(self._pending)
                self._pending.clear()
                self._size = 0
                return data

        def _send(self, data: bytes) -> None:
            while data and not self._discard:
                if select.select([], [self._descriptor], [], 0.1)[1]:
                    taken = os.write(self._descriptor, data[: self.CHUNK])
                    self.sent += taken
                    data = data[taken:]
