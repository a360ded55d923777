"""What happens to runs when things go wrong: ``python -m benchmarks.faults [NAME ...] [--quick]``.

Real trainers and viewers are killed, their disk filled, their terminals taken away; what a run is afterwards is held
against the same run undisturbed.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from statistics import median

import psutil

from benchmarks.figures import Figure, measure, parsed, quantile
from benchmarks.live import training, wait
from benchmarks.terminal_meter import NNTUI, TerminalMeter
from nntui import launch, presets
from nntui.config import RunConfig
from nntui.knobs import KNOBS
from nntui.store import catalog, commands, folder
from nntui.store.reader import Reader
from nntui.store.records import Command
from nntui.store.schema import FOREVER, connect_reader
from nntui.trainer.keeping import Keeping
from nntui.trainer.problem import make_problem
from nntui.trainer.recall import make_loop
from nntui.trainer.replay import replay
from nntui.turns import ARROW

#: What is trained while it is killed: dropout, mini-batches and Adam have state of every kind.
SETTINGS = ("dropout=0.1", "batch_size=32", "optimizer=adam", "epochs=1000000000")
#: By so many rungs two who turn a knob at once turn it from where the other one has left it.
RUNGS = ("+1", "-1", "+2", "-2")
#: A run is killed so many times before it ends and is made again.
KILLS = 10


def start(name: str) -> tuple[Path, subprocess.Popen[bytes]]:
    """A new run and its trainer, at work."""
    config = presets.find("deep-binary").load().with_settings(list(SETTINGS))
    run, trainer = launch.start_run(config, preset="deep-binary", name=name)
    wait(lambda: catalog.open_run(run).step > 0)
    return run, trainer


def ask(run: Path, kind: str, key: str = "", value: str = "") -> Command:
    """A command and its answer."""
    number = commands.append(run, kind, key, value)
    answer = commands.wait(run, number, alive=lambda: True, seconds=60)
    assert answer is not None, f"{kind} was not answered"
    return answer


def sound(run: Path) -> bool:
    """Whether SQLite finds nothing wrong, and every step is recorded once."""
    with closing(connect_reader(run)) as db:
        if db.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            return False
    with closing(Reader(run)) as reader:
        step = reader.run().step
        curve = reader.curves(["loss"], 0, step, 10**9)["loss"]
    gapless = bool((curve.first[1:] == curve.last[:-1] + 1).all())
    return gapless and int(curve.count.sum()) == step and curve.first[0] == 1


def kills(quick: bool) -> list[Figure]:
    """Trainers killed at random moments and resumed; commands acknowledged before are looked for after."""
    chance, count = random.Random(1), 10 if quick else 200
    same, whole, kept, asked = 0, 0, 0, 0
    for _ in range(count // KILLS):
        run, trainer = start("killed")
        acknowledged: list[Command] = []
        for _ in range(KILLS):
            acknowledged.append(ask(run, "set", "training.lr", f"{chance.uniform(0.0005, 0.005):.6f}"))
            time.sleep(chance.uniform(0, 0.6))
            trainer.kill()
            trainer.wait()
            whole += sound(run)
            _, trainer = launch.start_again(run, [("resume", "", "")])
            wait(lambda run=run: catalog.open_run(run).state == "running")  # type: ignore[misc]
        ask(run, "stop")
        trainer.wait()
        with closing(Reader(run)) as reader:
            known = {command.id: command for command in reader.commands(FOREVER)}
        kept += sum(known.get(command.id) == command for command in acknowledged)
        asked += len(acknowledged)
        same += KILLS * (replay(run, lambda made: None).parted is None and sound(run))
        folder.remove(run)
    return [
        Figure(
            "kill -9 of the trainer at random moments, resumed: weights as undisturbed, to the bit",
            f"{count} of {count}",
            f"{same} of {count}",
            same == count,
        ),
        Figure("… integrity_check, every step recorded once, after each", "all", f"{whole} of {count}", whole == count),
        Figure(
            "commands acknowledged, then killed: still there, with their step",
            "all",
            f"{kept} of {asked}",
            kept == asked,
        ),
    ]


def viewers(quick: bool) -> list[Figure]:
    """Viewers killed, hung up, closed and stalled: does their run notice?"""
    count, undisturbed = 8 if quick else 200, 0
    with training("xor") as run:
        pid = catalog.open_run(run).pid
        assert pid is not None
        for number in range(count):
            before = catalog.open_run(run).step
            with TerminalMeter([NNTUI, "watch", run.name], until=lambda meter: "1 Loss" in meter.screen) as meter:
                meter.first_seconds(60)
                _disturb(meter, number % 4)
            wait(lambda before=before: catalog.open_run(run).step > before)  # type: ignore[misc]
            undisturbed += psutil.pid_exists(pid) and catalog.open_run(run).state == "running"
    what = "kill -9 of a viewer, SIGHUP, terminal closed, stall: training undisturbed"
    return [Figure(what, f"{count} of {count}", f"{undisturbed} of {count}", undisturbed == count)]


def _disturb(meter: TerminalMeter, kind: int) -> None:
    if kind < 2:
        os.kill(meter.pid, signal.SIGKILL if kind == 0 else signal.SIGHUP)
    elif kind == 2:
        meter.hang_up()
    else:
        meter.stall()
        time.sleep(1)
        os.kill(meter.pid, signal.SIGKILL)


def full(quick: bool) -> list[Figure]:
    """A limit on the size of files stands for a disk without room; what is recorded, before and after."""
    import resource

    count, lost = 2 if quick else 10, 0
    for _ in range(count):
        run, trainer = start("full")
        hard = resource.prlimit(trainer.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(trainer.pid, resource.RLIMIT_FSIZE, (60_000, hard))
        wait(lambda run=run: "cannot be written" in (run / folder.LOG).read_text())  # type: ignore[misc]
        time.sleep(1)
        before = catalog.open_run(run).step
        resource.prlimit(trainer.pid, resource.RLIMIT_FSIZE, (hard, hard))
        wait(lambda run=run, before=before: catalog.open_run(run).step > before)  # type: ignore[misc]
        ask(run, "stop")
        trainer.wait()
        lost += not (sound(run) and replay(run, lambda made: None).parted is None)
        folder.remove(run)
    measured = f"{lost} of {count} runs lost something"
    return [Figure("disk full while training: waits, says so, goes on", "nothing is lost", measured, lost == 0)]


def together(quick: bool) -> list[Figure]:
    """Two who turn knobs at once: each command applied once, in the order it was given."""
    count = 50 if quick else 500
    with training("xor") as run:

        def turn(seed: int) -> None:
            chance = random.Random(seed)
            for number in range(count):
                kind, value = "turn", chance.choice(RUNGS)
                if number % 5 == 0:
                    kind, value = "set", f"{chance.uniform(0.001, 0.1):.6f}"
                commands.append(run, kind, "training.lr", value, patience=60)

        askers = [threading.Thread(target=turn, args=(seed,)) for seed in range(2)]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join()
        with closing(Reader(run)) as reader:
            wait(lambda: all(command.status != "waiting" for command in reader.commands(FOREVER)))
            given = reader.commands(FOREVER)
            now = reader.run().config["training"]["lr"]
    steps = [command.step or 0 for command in given]
    applied = sum(command.status == "applied" for command in given)
    chained = all(
        after.answer.partition(ARROW)[0] == before.answer.rpartition(ARROW)[2] for before, after in pairwise(given)
    )
    good = applied == 2 * count and steps == sorted(steps) and chained
    good = good and float(given[-1].answer.rpartition(ARROW)[2]) == now and all(map(_as_asked, given))
    measured = f"{applied} of {2 * count} applied{', in order' if good else ', not in order'}"
    return [Figure(f"two who turn knobs at once, {2 * count:,} commands: each once, in order", "all", measured, good)]


def _as_asked(command: Command) -> bool:
    """Whether a knob went to the value that was asked for, or as many rungs up or down from where it was."""
    knob = KNOBS[command.key]
    old, new = map(knob.parse, command.answer.split(ARROW))
    if command.kind == "set":
        return new == knob.parse(command.value)
    for _ in range(abs(int(command.value))):
        old = knob.turned(old, 1 if int(command.value) > 0 else -1)
    return new == old


def cost(quick: bool) -> list[Figure]:
    """The time that checkpoints take of a run's, at default settings."""
    figures = []
    for preset in ("xor", "deep-binary", "digits"):
        config: RunConfig = presets.find(preset).load()
        problem = make_problem(config)
        loop = make_loop(config, problem)
        loop.run(10)
        with tempfile.TemporaryDirectory() as place:
            times = []
            keeping = Keeping(Path(place), 0.0)
            for number in range(5 if quick else 50):
                begun = time.perf_counter()
                keeping.save(loop, problem, config, 0, float(number))  # each is kept, and too many are thinned out
                times.append(time.perf_counter() - begun)
        # One after 1, 2, 4, 8, 16 seconds, then every 30: so many in the first minute.
        share = 100 * 6 * median(times) / 60
        what = f"checkpoints of {preset} in its first minute"
        figures.append(
            Figure(what, "≤ 2 % of the time", f"{share:.2f} % ({1000 * median(times):.1f} ms each)", share <= 2)
        )
    return figures


def marks(quick: bool) -> list[Figure]:
    """From the answer to a command to its mark on the screen of every viewer."""
    count, seconds = 6 if quick else 40, []
    with training("xor") as run:
        argv: list[str | os.PathLike[str]] = [NNTUI, "watch", run.name]
        with TerminalMeter(argv, until=_drawn) as one, TerminalMeter(argv, until=_drawn) as other:
            for meter in (one, other):
                meter.first_seconds(60)
            for number in range(count):
                rate = f"0.0{10 * number + 1011}"
                for meter in (one, other):
                    meter.keep()
                answer = ask(run, "set", "training.lr", rate)
                assert answer.status == "applied"
                answered = time.perf_counter()
                for meter in (one, other):
                    shown = meter.kept_until(lambda meter=meter, rate=rate: rate in meter.screen)  # type: ignore[misc]
                    seconds.append(max(0.0, shown - answered))
                time.sleep(0.3)
    late = 1000 * quantile(seconds, 0.95)
    measured = f"{late:.0f} ms (median {1000 * median(seconds):.0f})"
    return [Figure("an acknowledged command → on every viewer's screen, p95", "≤ 250 ms", measured, late <= 250)]


def _drawn(meter: TerminalMeter) -> bool:
    return "1 Loss" in meter.screen


MEASURES: dict[str, Callable[[bool], list[Figure]]] = {
    "kills": kills,
    "viewers": viewers,
    "full": full,
    "together": together,
    "cost": cost,
    "marks": marks,
}


def main() -> None:
    """Breaks what is named, and prints a table."""
    description = "Breaks runs, and counts what is lost."
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=description)
    measure(parsed(parser, list(MEASURES)), MEASURES)


if __name__ == "__main__":
    main()
