"""A small real app in a real terminal: what happens when the terminal, or the patience of its owner, ends."""

from __future__ import annotations

import inspect
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.driver import Driver

from nntui.tui import terminal as subject

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")

if sys.platform != "win32":
    import pty
    import tty

    from textual.drivers.linux_driver import LinuxDriver

    from tests.pty_terminal import Terminal

APP = '''
import itertools
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Static

from nntui.tui import terminal

STATE = Path(sys.argv[1])


class Probe(App[None]):
    """Draws 50 frames a second that change every cell, until "s"; keeps its state in files."""

    CSS = "#noise { height: 1fr; }"
    frame = 0
    noisy = False
    highest = 0

    def compose(self) -> ComposeResult:
        yield Static("ready", id="line")
        yield Static("", id="noise", markup=False)

    def on_mount(self) -> None:
        self.set_interval(0.02, self.tick)

    def tick(self) -> None:
        self.frame += 1
        self.highest = max(self.highest, terminal.backlog(self))
        if self.noisy:
            self.query_one("#noise", Static).update(self.noise())
        new = STATE.with_suffix(".new")
        new.write_text(f"{self.frame} {terminal.backlog(self)} {self.highest}")
        new.replace(STATE)

    def noise(self) -> str:
        letters = itertools.cycle("abcdefghijklmnopqrstuvwxyz"[self.frame % 20:])
        return "\\n".join("".join(next(letters) for _ in range(100)) for _ in range(30))

    def on_key(self, event: events.Key) -> None:
        self.query_one("#line", Static).update(f"key {event.key} {event.character}")
        if event.key == "n":
            self.noisy = True
        elif event.key == "s":
            self.noisy = False
            self.query_one("#noise", Static).update("quiet")
        elif event.key == "q":
            self.exit(return_code=3)
        elif event.key == "p":
            self.panic("something broke")
        elif event.key == "h":
            time.sleep(60)
        elif event.key == "w":
            ThreadPoolExecutor(1).submit(time.sleep, 60)


app = Probe(driver_class=terminal.driver_class())
if "--without-signals" in sys.argv:
    app.run()
    sys.exit(app.return_code)
sys.exit(terminal.run(app))
'''

Start = Callable[..., "Terminal"]


class Probe:
    """The app above in a terminal, and what it says about itself in its state file."""

    def __init__(self, start: Start, folder: Path, *options: str, shell: str | None = None) -> None:
        script = folder / "probe.py"
        script.write_text(APP)
        self.state = folder / "state"
        argv = [sys.executable, str(script), str(self.state), *options]
        self.terminal = start(argv if shell is None else ["/bin/sh", "-c", shell, *argv])

    @property
    def frame(self) -> int:
        return int(self.state.read_text().split()[0])

    @property
    def backlog(self) -> int:
        return int(self.state.read_text().split()[1])

    @property
    def highest_backlog(self) -> int:
        return int(self.state.read_text().split()[2])

    def ready(self) -> Terminal:
        self.terminal.wait_for("ready")
        self.terminal.wait_for(self.state.exists)
        return self.terminal

    def stalled(self) -> Terminal:
        """The same, with the terminal not reading and output piling up."""
        terminal = self.ready()
        terminal.send("n")
        terminal.wait_for("abcdef")
        terminal.stall()
        terminal.wait_for(lambda: self.backlog > 3)
        return terminal


@pytest.mark.parametrize(
    ("headless", "colours", "no_color", "ansi", "many"),
    [
        (False, "truecolor", False, False, True),
        (False, "256", False, False, True),
        (False, "standard", False, False, False),
        (False, None, False, False, False),
        (False, "truecolor", True, False, False),
        (False, "truecolor", False, True, False),
        (True, None, False, False, True),
        (True, None, True, False, False),
    ],
)
def test_many_colours_are_used_where_they_are_seen(
    headless: bool, colours: str | None, no_color: bool, ansi: bool, many: bool
) -> None:
    console = SimpleNamespace(color_system=colours)
    app: Any = SimpleNamespace(is_headless=headless, console=console, no_color=no_color, native_ansi_color=ansi)
    assert subject.shows_palette(app) is many


@pytest.fixture
def probe(terminal: Start, tmp_path: Path) -> Callable[..., Probe]:
    return lambda *options, shell=None: Probe(terminal, tmp_path, *options, shell=shell)


def assert_restored(terminal: Terminal) -> None:
    assert terminal.modes & {1049, 25, 1000, 1003, 1004, 2004} == {25}
    assert terminal.cooked


def test_the_code_given_to_exit_is_the_exit_code(probe: Callable[..., Probe]) -> None:
    terminal = probe().ready()
    assert terminal.modes >= {1049, 1003}
    assert not terminal.cooked
    terminal.send("q")
    assert terminal.wait_exit() == 3
    assert_restored(terminal)


def test_a_panic_is_a_failure(probe: Callable[..., Probe]) -> None:
    terminal = probe().ready()
    terminal.send("p")
    assert terminal.wait_exit() == 1
    assert "something broke" in terminal.screen
    assert_restored(terminal)


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_restores_the_terminal(probe: Callable[..., Probe], signum: int) -> None:
    terminal = probe().ready()
    os.kill(terminal.pid, signum)
    assert terminal.wait_exit(10) == 0
    assert "Traceback" not in terminal.screen
    assert_restored(terminal)


def test_hanging_up_ends_the_app(probe: Callable[..., Probe]) -> None:
    terminal = probe().ready()
    terminal.hang_up()
    assert terminal.wait_exit(10) == 0


def test_hanging_up_ends_an_app_that_hears_no_signal(probe: Callable[..., Probe]) -> None:
    terminal = probe("--without-signals", shell='trap "" HUP; exec "$0" "$@"').ready()
    terminal.hang_up()
    assert terminal.wait_exit(10) == 0


def test_the_end_of_input_ends_the_app(probe: Callable[..., Probe]) -> None:
    terminal = probe(shell='exec "$0" "$@" < /dev/null').terminal
    assert terminal.wait_exit(10) == 0
    assert 1049 not in terminal.modes


def test_bytes_that_are_no_utf8_are_a_key_like_any_other(probe: Callable[..., Probe]) -> None:
    terminal = probe().ready()
    terminal.send(b"\xff")
    terminal.wait_for("\ufffd")
    terminal.send("x")
    terminal.wait_for("key x x")


def test_a_key_in_two_halves_is_one_key(probe: Callable[..., Probe]) -> None:
    terminal = probe().ready()
    terminal.send("é".encode()[:1])
    terminal.send("é".encode()[1:])
    terminal.wait_for(" é")


def test_a_stalled_terminal_does_not_stop_the_app_and_is_painted_anew(probe: Callable[..., Probe]) -> None:
    app = probe()
    terminal = app.stalled()
    frame, received = app.frame, terminal.bytes_received
    terminal.wait_for(lambda: app.frame > frame + 150)  # far more frames than are kept
    kept = app.backlog
    terminal.wait_for(lambda: app.frame > frame + 200)
    assert app.backlog == kept
    assert terminal.bytes_received == received
    terminal.send("s")
    frame = app.frame
    terminal.wait_for(lambda: app.frame > frame + 10)
    terminal.resume()
    terminal.wait_for(lambda: terminal.screen.split() == ["key", "s", "s", "quiet"])
    terminal.wait_for(lambda: app.backlog == 0)
    assert app.highest_backlog > 3


def test_a_stalled_terminal_does_not_hold_the_app_back_when_told_to_go(probe: Callable[..., Probe]) -> None:
    terminal = probe().stalled()
    os.kill(terminal.pid, signal.SIGTERM)
    assert terminal.wait_exit(10) == 0
    terminal.resume()
    terminal.wait_for(lambda: 1049 not in terminal.modes)
    assert_restored(terminal)


def test_a_stalled_terminal_that_closes_ends_the_app(probe: Callable[..., Probe]) -> None:
    terminal = probe().stalled()
    terminal.hang_up()
    assert terminal.wait_exit(10) == 0


def test_an_app_that_hangs_is_ended_by_the_watchdog(probe: Callable[..., Probe]) -> None:
    app = probe()
    terminal = app.ready()
    terminal.send("h")
    terminal.wait_for(lambda: _stands_still(app))
    os.kill(terminal.pid, signal.SIGTERM)
    assert terminal.wait_exit(10) == 128 + signal.SIGTERM


@pytest.mark.parametrize(("key", "code"), [("q", 3), ("", 0)])
def test_a_thread_that_waits_for_a_disk_does_not_keep_the_process(
    probe: Callable[..., Probe], key: str, code: int
) -> None:
    terminal = probe().ready()
    terminal.send("w")
    terminal.wait_for("key w")
    if key:
        terminal.send(key)
    else:
        os.kill(terminal.pid, signal.SIGHUP)
    assert terminal.wait_exit(10) == code
    assert_restored(terminal)


def _stands_still(app: Probe) -> bool:
    frame = app.frame
    time.sleep(0.5)
    return app.frame == frame


def test_run_puts_the_signal_handlers_back() -> None:
    script = """
import signal
from textual.app import App
from nntui.tui import terminal

class Brief(App[None]):
    def on_mount(self):
        self.exit(return_code=5)

def mine(signum, frame): ...

signal.signal(signal.SIGTERM, mine)
signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background of a script both are ignored
signal.signal(signal.SIGHUP, signal.SIG_DFL)
assert terminal.run(Brief(driver_class=terminal.driver_class())) == 5
assert signal.getsignal(signal.SIGTERM) is mine
assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
assert signal.getsignal(signal.SIGHUP) == signal.getsignal(signal.SIGTSTP) == signal.SIG_DFL
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")


class Pair:
    """An output into a pseudo-terminal that nobody reads until `read`."""

    def __init__(self) -> None:
        self.lost, self.recovered = threading.Event(), threading.Event()
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.output = subject.Output(self.slave, lost=self.lost.set, recovered=self.recovered.set)
        self.output.start()

    def read(self, end: bytes) -> bytes:
        data = b""
        while not data.endswith(end):
            assert select.select([self.master], [], [], 20)[0], f"no {end!r} in {data[-80:]!r}"
            data += os.read(self.master, 65536)
        return data

    def hang_up(self) -> None:
        if self.master >= 0:
            os.close(self.master)
            self.master = -1


@pytest.fixture
def pair() -> Iterator[Callable[[], Pair]]:
    pairs: list[Pair] = []

    def make() -> Pair:
        pairs.append(Pair())
        return pairs[-1]

    yield make
    for made in pairs:
        made.hang_up()
        made.output.stop(20)
        os.close(made.slave)


def test_output_past_the_limit_is_dropped_and_said_to_be(pair: Callable[[], Pair]) -> None:
    made = pair()
    for _ in range(10):
        made.output.write(b"x" * 200_000)
    assert made.output.backlog <= 2  # one being sent, one waiting
    made.output.settle(0.01)
    assert made.recovered.wait(20)
    assert not made.lost.is_set()


def test_output_counts_the_bytes_that_the_terminal_has_taken(pair: Callable[[], Pair]) -> None:
    made = pair()
    made.output.write("\u28ffend".encode() * 10)
    received = made.read(b"end")
    made.output.settle(20)
    assert made.output.sent == len(received) == 60


def test_output_that_settles_drops_what_the_terminal_does_not_take(pair: Callable[[], Pair]) -> None:
    made = pair()
    made.output.write(b"x" * 1_000_000)
    made.output.settle(0.01)
    made.output.write(b"end")
    assert len(made.read(b"\x18end")) < 100_000
    made.output.settle(20)
    assert made.output.backlog == 0


def test_output_that_stops_sends_the_rest_but_does_not_wait_for_it(pair: Callable[[], Pair]) -> None:
    made = pair()
    made.output.write(b"end")
    made.output.stop(20)
    assert made.read(b"end") == b"end"
    other = pair()
    other.output.write(b"x" * 1_000_000)
    other.output.stop(0.01)
    other.output.join(20)
    assert not other.output.is_alive()


def test_output_says_when_the_terminal_is_gone(pair: Callable[[], Pair]) -> None:
    made = pair()
    made.hang_up()
    made.output.write(b"x")
    assert made.lost.wait(20)
    made.output.write(b"x")
    assert made.output.backlog == 0


@pytest.mark.parametrize(
    ("marker", "encoding", "shows"),
    [
        ("braille", "utf-8", True),
        ("quadrant", "UTF-8", True),
        ("braille", "iso-8859-1", False),
        ("quadrant", "ascii", False),
        ("braille", "no such encoding", False),
        ("ascii", "ascii", True),
    ],
)
def test_a_marker_shows_where_the_encoding_has_it(marker: str, encoding: str, shows: bool) -> None:
    assert subject.can_show(marker, encoding) is shows


@pytest.mark.parametrize(
    ("environment", "marker"),
    [
        ({"LANG": "C"}, "ascii"),
        ({"LC_ALL": "POSIX", "LANG": "en_GB.UTF-8"}, "ascii"),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, "ascii"),
        ({"LANG": "C", "LC_CTYPE": "de_DE.UTF-8"}, "braille"),
        ({"LANG": "en_GB.UTF-8"}, "braille"),
        ({"LANG": "C.UTF-8"}, "braille"),
        ({}, "braille"),
        ({"LANG": "C", "PYTHONUTF8": "1"}, "braille"),
    ],
)
def test_the_locale_c_has_ascii_whatever_python_makes_of_it(
    environment: dict[str, str], marker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_CTYPE", "LANG", "PYTHONUTF8", "PYTHONIOENCODING"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "__stdout__", SimpleNamespace(encoding="utf-8"))
    assert subject.marker("auto") == marker


def test_a_driver_asked_for_in_the_environment_is_left_to_textual(monkeypatch: pytest.MonkeyPatch) -> None:
    assert subject.driver_class() is subject.TerminalDriver
    monkeypatch.setattr("textual.constants.DRIVER", "textual.drivers.web_driver:WebDriver")
    assert subject.driver_class() is None


def test_an_app_without_our_driver_has_no_backlog() -> None:
    assert subject.backlog(App()) == 0
    assert subject.sent(App()) == 0


def _assigned(kind: type[Any]) -> tuple[str, ...]:
    names: tuple[str, ...] = kind.__init__.__code__.co_names
    return names


def test_textual_still_has_the_private_names_that_the_driver_uses() -> None:
    advice = "Textual has changed: compare nntui/tui/terminal.py with textual/drivers/linux_driver.py. Missing: "
    for kind, names in {
        Driver: ["_app", "_debug", "_loop"],
        LinuxDriver: ["fileno", "exit_event", "_file"],
        App: ["_driver"],
    }.items():
        for name in names:
            assert name in _assigned(kind), f"{advice}{kind.__name__}.{name}"
    for name in ["write", "start_application_mode", "stop_application_mode", "close", "run_input_thread"]:
        assert name in vars(LinuxDriver), f"{advice}LinuxDriver.{name}()"
    writing = inspect.getsource(LinuxDriver)
    assert writing.count("_writer_thread.write(") == 1, f"{advice}writing through LinuxDriver.write() alone"
    assert "self.run_input_thread()" in writing, f"{advice}the call of run_input_thread()"
    messages = list(XTermParser(False).feed("a"))
    assert [getattr(message, "key", None) for message in messages] == ["a"], f"{advice}XTermParser.feed()"
    assert list(XTermParser(False).tick()) == [], f"{advice}XTermParser.tick()"
