"""A run over a real link: OpenSSH's server on the loopback, connections that are killed, slowed and stalled."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from nntui import paths
from nntui.store import catalog, commands
from nntui.store.reader import Reader
from tests.end_to_end.test_dashboard import BRAILLE, goes_on, latest
from tests.pty_terminal import ROOT, Terminal

SSHD = shutil.which("sshd") or next((path for path in ("/usr/sbin/sshd",) if Path(path).exists()), "")

pytestmark = [
    pytest.mark.skipif(not (SSHD and shutil.which("ssh")), reason="needs OpenSSH's server and client"),
    pytest.mark.heavy,
]

Start = Callable[..., Terminal]


class Link:
    """A server on the loopback, what a client says to reach it, and the commands that it runs there."""

    def __init__(self, place: Path, home: Path) -> None:
        self.home = home
        self.port = _free_port()
        for name in ("host", "user"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(place / name)], check=True, timeout=60
            )
        (place / "known").write_text(f"[127.0.0.1]:{self.port} {(place / 'host.pub').read_text()}")
        (place / "config").write_text(
            f"ListenAddress 127.0.0.1\nPort {self.port}\nHostKey {place / 'host'}\nPidFile none\n"
            f"AuthorizedKeysFile {place / 'user.pub'}\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
            "PermitRootLogin prohibit-password\nPermitUserEnvironment no\nAcceptEnv LANG COLORTERM\n"
        )
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        with (place / "log").open("wb") as log:
            argv = [SSHD, "-D", "-e", "-f", str(place / "config")]
            self.server = subprocess.Popen(argv, stderr=log, start_new_session=True)
        self._options = ["-i", str(place / "user"), "-o", f"UserKnownHostsFile={place / 'known'}", "-F", "none"]
        self._log = place / "log"

    def argv(self, *arguments: str, port: int | None = None) -> list[str]:
        """``ssh -tt`` that runs nntui there."""
        words = f"cd {ROOT} && NNTUI_HOME={self.home} exec {sys.executable} -m nntui {' '.join(arguments)}"
        where = ["-p", str(port or self.port), "-o", "HostKeyAlias=[127.0.0.1]:" + str(self.port)]
        return ["ssh", "-tt", *self._options, *where, f"{getpass.getuser()}@127.0.0.1", words]

    def wait(self) -> None:
        """Until it listens."""
        limit = time.monotonic() + 30
        while time.monotonic() < limit:
            assert self.server.poll() is None, self._log.read_text()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError(self._log.read_text())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def link(tmp_path: Path, nntui_home: Path) -> Iterator[Link]:
    place = tmp_path / "link"
    place.mkdir(mode=0o700)
    made = Link(place, nntui_home)
    made.wait()
    yield made
    server = psutil.Process(made.server.pid)
    for process in (*server.children(recursive=True), server):
        if process.name().startswith("sshd"):
            process.kill()
    made.server.wait()


class Slow:
    """A way to the server that lets through so many bytes a second from there, or none while it is stalled."""

    def __init__(self, port: int, bytes_per_second: float) -> None:
        self._pace = bytes_per_second
        self.flowing = threading.Event()
        self.flowing.set()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._serve, args=(port,), daemon=True).start()

    def _serve(self, port: int) -> None:
        try:
            near, _ = self._door.accept()
        except OSError:
            return
        far = socket.create_connection(("127.0.0.1", port))
        self._ends = [near, far]
        for source, target, pace in ((near, far, 0.0), (far, near, self._pace)):
            threading.Thread(target=self._carry, args=(source, target, pace), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, pace: float) -> None:
        try:
            while data := source.recv(4096 if not pace else max(1, int(pace / 20))):
                self.flowing.wait()
                target.sendall(data)
                time.sleep(len(data) / pace if pace else 0)
        except OSError:
            pass
        target.close()

    def close(self) -> None:
        """Cuts it."""
        self.flowing.set()
        for end in (self._door, *self._ends):
            end.close()


def test_a_killed_connection_leaves_a_run_that_another_one_watches_turns_and_stops(link: Link, terminal: Start) -> None:
    first = terminal(link.argv("train", "xor", "--set", "epochs=1000000000"))
    first.wait_for(BRAILLE, 60)
    viewer = _viewer()
    os.kill(first.pid, signal.SIGKILL)
    _gone(viewer)
    assert goes_on()

    second = terminal(link.argv("watch"))
    second.wait_for(BRAILLE, 60)
    second.send("\x1b[C")  # the rate, one up
    folder, _ = latest()
    second.wait_for("0.0125", 60)
    second.send("s")
    second.wait_for("yes", 60)
    second.send("y")
    second.wait_for("stopped", 60)
    second.send("q")
    assert second.wait_exit(60) == 0
    reader = Reader(folder)
    turned = next(event for event in reader.events() if event.kind == "set")
    assert "@pts/" in turned.text
    assert reader.run().state == "stopped"
    reader.close()


def test_a_slow_link_shows_what_there_is_and_answers_keys(link: Link, terminal: Start) -> None:
    way = Slow(link.port, 8 * 1024)
    shown = terminal(link.argv("train", "xor", "--slow", "--set", "epochs=1000000000", port=way.port))
    shown.wait_for(BRAILLE, 90)
    shown.send(" ")
    shown.wait_for("paused", 60)
    shown.send("q")
    assert shown.wait_exit(60) == 0
    way.close()


def test_a_stalled_link_catches_up_and_training_never_waits_for_it(link: Link, terminal: Start) -> None:
    way = Slow(link.port, 10**7)
    shown = terminal(link.argv("train", "xor", "--set", "epochs=1000000000", port=way.port))
    shown.wait_for(BRAILLE, 60)
    way.flowing.clear()
    before = latest()[1].step
    time.sleep(3)  # of nothing: what is tested is that time passes
    assert latest()[1].step > before
    way.flowing.set()
    folder, _ = latest()
    number = commands.append(folder, "pause")
    answer = commands.wait(folder, number, alive=lambda: True)
    assert answer is not None
    shown.wait_for(f"step {answer.step:,}", 60)
    viewer = _viewer()
    way.close()
    _gone(viewer)
    assert catalog.open_run(folder).state == "paused"


def _viewer() -> psutil.Process:
    """The program at the other end of the connection."""
    home = str(paths.runs_dir().parent)
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "nntui" in words and "nntui.trainer" not in words and process.environ().get("NNTUI_HOME") == home:
            return process
    raise AssertionError("no viewer")


def _gone(viewer: psutil.Process) -> None:
    viewer.wait(60)
