"""What is felt at the other end of a terminal: times to the screen, bytes on the wire, and the program's CPU."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.pty_terminal import Terminal

#: The command as a user has it: the script beside the interpreter.
NNTUI = Path(sys.executable).with_name("nntui")
COLUMNS, ROWS = 120, 40

DOT = re.compile("[\u2801-\u28ff]")


class TerminalMeter(Terminal):
    """A program in a terminal of 120 by 40 cells that notes when text arrives.

    Times are those at which text was read, before it is drawn on the emulated screen. ``until`` is asked with the
    meter whenever the screen has changed; the time of the text after which it first holds is the one that counts.
    """

    #: To draw takes the processor from the program, and longer than what is measured: it is done so many seconds later.
    PATIENCE = 0.3

    def __init__(
        self,
        argv: Sequence[str | os.PathLike[str]],
        *,
        until: Callable[[TerminalMeter], object] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._until = until
        self._reached = threading.Event()
        self._reached_at = 0.0
        #: What has come and is not drawn yet, each text with its time; None while all is drawn at once.
        self._kept: list[tuple[float, str]] | None = None
        #: The last text that came; to look there first is cheap, and a slow meter makes a slow terminal.
        self.fresh = ""
        self._last_at = self._started_at = time.perf_counter()
        super().__init__(argv, columns=COLUMNS, rows=ROWS, env=env)

    def __enter__(self) -> Self:
        return self

    def _feed(self, text: str) -> None:
        self._last_at = time.perf_counter()
        if self._kept is not None:
            self._kept.append((self._last_at, text))
            return
        super()._feed(text)
        self.fresh = text
        if self._until is not None and self._until(self):
            self._reached_at, self._until = self._last_at, None
            self._reached.set()

    def line(self, number: int) -> str:
        """One line of the screen, from the top, as the last text left it."""
        cells = self._screens[self._shown].buffer[number]
        return "".join(cells[x].data for x in range(COLUMNS))

    def lines(self) -> list[str]:
        """The lines of the screen, as the last text left them."""
        return [self.line(number) for number in range(ROWS)]

    def first_seconds(self, timeout: float = 20.0) -> float:
        """Seconds from the start until ``until`` held. Raises TimeoutError."""
        if not self._reached.wait(timeout):
            raise TimeoutError(f"not on the screen within {timeout:g} s:\n{self.screen}")
        return self._reached_at - self._started_at

    def drawn_seconds(self, silence: float = 1.0) -> float:
        """Seconds from the start to the last text before a silence: when a run that has ended is fully drawn."""
        while (self._last_at == self._started_at) or time.perf_counter() - self._last_at < silence:
            time.sleep(0.02)
        return self._last_at - self._started_at

    def key_seconds(self, key: str, line: int | None = None, timeout: float = 5.0, below: int = 0) -> float:
        """Seconds from typing a key until a line, or any `below` so many, is another. Raises TimeoutError."""

        def seen() -> object:
            return self.lines()[below:] if line is None else self.line(line)

        with self._changed:
            before = seen()
        self.keep()
        typed = time.perf_counter()
        self.send(key)
        return self.kept_until(lambda: seen() != before, timeout) - typed

    def keep(self) -> None:
        """What comes from now on is noted, not drawn, until :meth:`kept_until`."""
        with self._changed:
            self._kept = []

    def kept_until(self, condition: Callable[[], object], timeout: float = 5.0) -> float:
        """The time of the text, of those kept, after which a condition holds; draws them. Raises TimeoutError."""
        held, limit = 0.0, time.perf_counter() + timeout
        while not held:
            if time.perf_counter() > limit:
                raise TimeoutError(f"nothing of the kind within {timeout:g} s:\n{self.screen}")
            time.sleep(self.PATIENCE)
            with self._changed:
                kept, self._kept = self._kept or [], []
                for at, text in kept:
                    super()._feed(text)
                    if not held and condition():
                        held, self._kept = at, None
        return held

    def cpu_percent(self, seconds: float) -> float:
        """Percent of a core that the program uses over so many seconds from now."""
        begun, used = time.perf_counter(), self.cpu_seconds()
        time.sleep(seconds)
        return 100 * (self.cpu_seconds() - used) / (time.perf_counter() - begun)

    def bytes_per_second(self, seconds: float) -> float:
        """Bytes to the terminal a second, over so many seconds from now."""
        begun, received = time.perf_counter(), self.bytes_received
        time.sleep(seconds)
        return (self.bytes_received - received) / (time.perf_counter() - begun)

    def peak_memory(self, pid: int | None = None) -> int:
        """The most bytes that a process, the program by default, had in memory at once (VmHWM)."""
        status = Path(f"/proc/{pid or self.pid}/status").read_text(encoding="ascii")
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024
