"""``python -m tests.cli.template FD``: has imported the program, and becomes it in a fork of itself for each call.

What is forked is a process like any other, with its own streams, folder, environment and mask, but for the second that
the imports would have taken.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import nntui
from nntui.cli import main as program

ROOT = Path(__file__).parents[2]
#: What may be otherwise in the environment of a call: nothing reads it while it is imported.
FREE = ("NNTUI_HOME", "NNTUI_BUDGET", "NNTUI_THEME", "PYTEST_CURRENT_TEST")


class Template:
    """The process, seen from the tests. It ends when nobody is at the other end of its socket any more."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            argv = [sys.executable, "-m", __name__, str(theirs.fileno())]
            self._process = subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
        self._socket, self._replies = ours, ours.makefile("r")
        self._environment = _bound(os.environ)
        atexit.register(self._close)

    def _close(self) -> None:
        self._replies.close()
        self._socket.close()
        self._process.wait()

    def fits(self, env: Mapping[str, str]) -> bool:
        """Whether a program with this environment would have imported the same."""
        return _bound(env) == self._environment

    def call(
        self, *arguments: str, env: Mapping[str, str], cwd: Path | None = None, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """``nntui ARGUMENTS`` without a terminal; one that takes longer than ``timeout`` seconds is killed."""
        mask = os.umask(0)
        os.umask(mask)
        call = {"arguments": arguments, "env": dict(env), "cwd": str(cwd or Path.cwd()), "umask": mask}
        (out, out_end), (err, err_end) = os.pipe(), os.pipe()
        nothing = os.open(os.devnull, os.O_RDONLY)
        socket.send_fds(self._socket, [json.dumps(call).encode() + b"\n"], [nothing, out_end, err_end])
        for descriptor in (nothing, out_end, err_end):
            os.close(descriptor)
        limit = threading.Timer(timeout, os.kill, (int(self._replies.readline()), signal.SIGKILL))
        limit.start()
        with ThreadPoolExecutor(2) as readers:
            stdout, stderr = readers.map(_read, (out, err))
        code = int(self._replies.readline())
        limit.cancel()
        return subprocess.CompletedProcess(["nntui", *arguments], code, stdout, stderr)


def _bound(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name not in FREE}


def _read(descriptor: int) -> str:
    with open(descriptor) as stream:
        return stream.read()


def main(channel: socket.socket) -> None:
    """Forks for each call, until nobody is there who calls."""
    _import("cli", "data", "engine", "store", "trainer")
    while (received := socket.recv_fds(channel, 1 << 20, 3))[0]:
        call, streams = json.loads(received[0]), received[1]
        if "screenshot" in call["arguments"]:
            _import("tui")
        pid = os.fork()
        if pid == 0:
            channel.close()
            _become(call, streams)
        for descriptor in streams:
            os.close(descriptor)
        channel.sendall(f"{pid}\n".encode())
        channel.sendall(f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n".encode())


@functools.cache
def _import(*packages: str) -> None:
    """Imports all of some packages."""
    for package in packages:
        for module in pkgutil.walk_packages([str(Path(nntui.__path__[0], package))], f"nntui.{package}."):
            if not module.name.endswith("__main__"):
                with suppress(ImportError):  # of an extra that is not installed
                    importlib.import_module(module.name)
    gc.collect()
    gc.freeze()


def _become(call: dict[str, Any], streams: list[int]) -> NoReturn:
    """The program, from its start to its end."""
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
        os.close(descriptor)
    # Those there are were made for what the template was started with, which may have been a file.
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(call["env"])
    os.umask(call["umask"])
    os.chdir(call["cwd"])
    sys.argv = ["nntui", *call["arguments"]]
    code = 1
    try:
        code = program(call["arguments"])
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
    # What the interpreter does at its end, but for taking all that was imported apart again, which takes longer.
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
