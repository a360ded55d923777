"""A real terminal for tests: a program under a pseudo-terminal, its screen kept by pyte."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil
import pyte

ROOT = Path(__file__).resolve().parent.parent

Condition = str | re.Pattern[str] | Callable[[], object]

# Makes the pseudo-terminal the controlling one; `preexec_fn` would fork a process that has threads.
_LAUNCH = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"

_ANSWERS = {
    "\x1b[?2026$p": b"\x1b[?2026;2$y",  # synchronised output: known, off
    "\x1b[?2048$p": b"\x1b[?2048;0$y",  # resize reports: unknown
    "\x1b[c": b"\x1b[?62;22c",
    "\x1b[6n": b"\x1b[1;1R",
}
# What pyte misreads: strings other than OSC, keyboard protocol and mode queries.
_UNREADABLE = re.compile(r"\x1b[P^_X].*?(?:\x1b\\|\x07)|\x1b\[[<=>][0-?]*[@-~]|\x1b\[[0-?]*\$[@-~]|\x18", re.DOTALL)
_INCOMPLETE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[P^_X\]][^\x07\x1b]*\x1b?)?\Z", re.DOTALL)
_MODES = re.compile(r"\x1b\[\?([0-9;]+)([hl])")
_STYLES = re.compile(r"\x1b\[([0-9;]*)m")
_CODE = re.compile(r"([34]8;2)(?:;\d+){3}|([34]8;5);\d+|(\d+)")
_ALTERNATE = re.compile(r"\x1b\[\?1049([hl])")


def base_environment() -> dict[str, str]:
    """The environment of a child: this process's own, with nothing in it that changes what a terminal looks like."""
    env = {
        name: value
        for name, value in os.environ.items()
        if name not in {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "LC_ALL", "LC_CTYPE", "PYTHONIOENCODING"}
        and not name.startswith("TEXTUAL")
    }
    env |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)}
    return env


class Terminal:
    """A program in a terminal of its own, which is read all the time unless stalled.

    `modes` holds the private modes that the program has switched on (1049: alternate screen, 1003: mouse, ...);
    25, the visible cursor, is on at the start. `styles` holds the codes of the colours and attributes that it has used
    (`1`, `97`; `38;5` for any of 256 colours, `38;2` for any of all); `ascii` is whether it has sent ASCII alone.
    """

    def __init__(
        self,
        argv: Sequence[str | os.PathLike[str]],
        *,
        columns: int = 120,
        rows: int = 40,
        env: Mapping[str, str] | None = None,
        cwd: str | os.PathLike[str] | None = None,
    ) -> None:
        self.bytes_received = 0
        self.modes = {25}
        self.styles: set[str] = set()
        self.ascii = True
        self._changed = threading.Condition()
        self._reading = threading.Event()
        self._reading.set()
        self._hung_up = False
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._tail = ""
        self._screens = {name: pyte.Screen(columns, rows) for name in "lh"}  # normal, alternate
        self._shown = "l"
        self._master, slave = pty.openpty()
        _set_size(self._master, columns, rows)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-ISc", _LAUNCH, *(os.fspath(word) for word in argv)],
                stdin=slave,
                stdout=slave,
                stderr=slave,
                env=base_environment() | dict(env or {}),
                cwd=cwd,
                start_new_session=True,
            )
        finally:
            os.close(slave)
        self._reader = threading.Thread(target=self._read, name="terminal-reader", daemon=True)
        self._reader.start()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self.hang_up()

    @property
    def pid(self) -> int:
        """Process id of the program."""
        return self._process.pid

    @property
    def screen(self) -> str:
        """The text on the screen, lines without the spaces at their ends."""
        with self._changed:
            return "\n".join(line.rstrip() for line in self._screens[self._shown].display)

    def wipe(self) -> None:
        """Clears the screen, as another program may that writes to the same terminal."""
        with self._changed:
            self._screens[self._shown].erase_in_display(2)

    @property
    def cooked(self) -> bool:
        """Whether the terminal echoes and reads lines, as a shell expects to find it."""
        wanted = termios.ECHO | termios.ICANON | termios.ISIG
        flags: int = termios.tcgetattr(self._master)[3]
        return flags & wanted == wanted

    def wait_for(self, condition: Condition, timeout: float = 20) -> str:
        """Wait until the screen contains a text or matches a pattern, or a callable says yes; return the screen.

        Raises AssertionError, with the screen, when that does not happen in time, or cannot because the program has
        ended (which does not keep a callable from becoming true).
        """
        deadline = time.monotonic() + timeout
        while True:
            final = time.monotonic() >= deadline or (not callable(condition) and not self._reader.is_alive())
            screen = self.screen
            if _holds(condition, screen):
                return screen
            if final:
                raise AssertionError(self._report(f"waited in vain for {condition!r}"))
            with self._changed:
                self._changed.wait(0.05)

    def wait_exit(self, timeout: float = 20) -> int:
        """Wait until the program ends; return its exit status, negative when a signal killed it."""
        try:
            status = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(self._report(f"still running after {timeout} s")) from None
        if self._reading.is_set():
            self._reader.join(timeout)
        return status

    def send(self, keys: str | bytes) -> None:
        """Type `keys`; control keys are written as the terminal sends them."""
        data = keys.encode() if isinstance(keys, str) else keys
        while data:
            data = data[os.write(self._master, data) :]

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the window."""
        with self._changed:
            for screen in self._screens.values():
                screen.resize(rows, columns)
        _set_size(self._master, columns, rows)

    def stall(self) -> None:
        """Stop reading, as a link does that has stalled; what has been read is on the screen."""
        with self._changed:
            self._reading.clear()

    def resume(self) -> None:
        """Read again."""
        self._reading.set()

    def hang_up(self) -> None:
        """Close the terminal."""
        if not self._hung_up:
            self._hung_up = True
            self._reading.set()
            self._reader.join()
            os.close(self._master)

    def cpu_seconds(self, pid: int | None = None) -> float:
        """Processor time that a process, the program by default, has used so far."""
        times = psutil.Process(self.pid if pid is None else pid).cpu_times()
        return times.user + times.system

    def _report(self, problem: str) -> str:
        status = self._process.poll()
        state = "running" if status is None else f"ended with {status}"
        return f"{problem}; the program: {state}; the screen:\n{self.screen}"

    def _read(self) -> None:
        while not self._hung_up:
            if not self._reading.wait(0.05) or not select.select([self._master], [], [], 0.05)[0]:
                continue
            with self._changed:
                if not self._reading.is_set() or self._hung_up:
                    continue
                try:
                    data = os.read(self._master, 65536)
                except OSError:  # every program that had the terminal has closed it
                    break
                if not data:
                    break
                self.bytes_received += len(data)
                self._feed(self._decode(data))
                self._changed.notify_all()

    def _feed(self, text: str) -> None:
        text = self._tail + text
        cut = _INCOMPLETE.search(text)
        self._tail = cut[0] if cut else ""
        text = text[: cut.start()] if cut else text
        for query, answer in _ANSWERS.items():
            for _ in range(text.count(query)):
                os.write(self._master, answer)
        self.ascii = self.ascii and text.isascii()
        for codes in _STYLES.findall(text):
            self.styles.update("".join(code) for code in _CODE.findall(codes))
        for numbers, switch in _MODES.findall(text):
            change = self.modes.update if switch == "h" else self.modes.difference_update
            change(int(number) for number in numbers.split(";") if number)
        parts = _ALTERNATE.split(_UNREADABLE.sub("", text))
        self._draw(parts[0])
        for switch, part in zip(parts[1::2], parts[2::2], strict=True):
            self._shown = switch
            if switch == "h":
                self._screens["h"].reset()
            self._draw(part)

    def _draw(self, text: str) -> None:
        # A stream keeps no state between whole sequences, so each piece may have its own.
        stream: Any = pyte.Stream(self._screens[self._shown])
        stream.feed(text)


def _holds(condition: Condition, screen: str) -> bool:
    if isinstance(condition, str):
        return condition in screen
    if isinstance(condition, re.Pattern):
        return condition.search(screen) is not None
    return bool(condition())


def _set_size(descriptor: int, columns: int, rows: int) -> None:
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
