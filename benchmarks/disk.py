"""What a day of training leaves on the disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.figures import Figure
from nntui import paths, presets
from nntui.store import folder
from nntui.store.writer import Status, Writer
from nntui.trainer.checkpoints import save_checkpoint
from nntui.trainer.journal import FLUSH_SECONDS
from nntui.trainer.loop import Loop, Slice
from nntui.trainer.problem import make_problem
from nntui.trainer.recall import make_loop
from nntui.trainer.telemetry import ACTIVATIONS, ACTIVITY, EVALUATION, Telemetry

LAYERS, STEPS_PER_FLUSH = 10, 500
DAY_SECONDS = 86_400
EVENTS_PER_HOUR = 60


def disk(quick: bool) -> list[Figure]:
    """The run folder, journal included, after a day's flushes of the trainer's own records, without the waiting."""
    seconds = 1800 if quick else DAY_SECONDS
    config = presets.find("deep-binary").load().with_value("model.layers", (20,) * (LAYERS - 1))
    problem = make_problem(config)
    loop = make_loop(config, problem)
    made = folder.create(paths.runs_dir(), name="a day", preset="deep-binary", config=config.to_dict())
    writer = Writer(made)
    telemetry = Telemetry(writer, loop, problem)
    telemetry.describe()
    telemetry.keep_rows()
    telemetry.evaluate()
    loop.run(1)  # what the norms of an update are taken from
    save_checkpoint(made / folder.CHECKPOINTS, loop, problem, config)
    sizes = _flush(made, writer, telemetry, loop, round(seconds / FLUSH_SECONDS))
    writer.close()
    mib = max(sizes) / 2**20
    what = "disk for a day of training at default settings, 10 layers"
    hours = f"after {seconds / 3600:g} h: {sizes[-1] / 2**20:.0f} MiB; {loop.step:,} steps"
    reached = mib <= 100 if seconds == DAY_SECONDS else None
    return [Figure(what, "≤ 100 MiB", f"{mib:.0f} MiB at most ({hours})", reached)]


def _flush(made: Path, writer: Writer, telemetry: Telemetry, loop: Loop, flushes: int) -> list[int]:
    """Writes so many flushes; returns the size of the folder in bytes, a hundred times on the way."""
    random = np.random.default_rng(0)
    loss, norms = random.uniform(0.1, 1, STEPS_PER_FLUSH), random.uniform(0.1, 1, (STEPS_PER_FLUSH, LAYERS))
    predictions = random.uniform(0, 1, (1797, 1)).astype(np.float32)
    sizes = []
    for flush in range(1, flushes + 1):
        steps = np.arange(loop.step + 1, loop.step + STEPS_PER_FLUSH + 1)
        loop.step += STEPS_PER_FLUSH
        telemetry.record(Slice(steps, loss, norms))
        telemetry.record_layers(STEPS_PER_FLUSH / FLUSH_SECONDS, flush * FLUSH_SECONDS, flush * FLUSH_SECONDS)
        writer.record(EVALUATION, steps[-1:], random.uniform(0, 1, (1, 3)))
        writer.record(ACTIVATIONS, steps[-1:], random.uniform(0, 1, (1, len(ACTIVITY) * LAYERS)))
        writer.table("predictions", loop.step, {"P": predictions})
        if flush % round(3600 / EVENTS_PER_HOUR / FLUSH_SECONDS) == 0:
            writer.event(loop.step, "set", "lr 0.01 → 0.0125")
        writer.status(Status("running", loop.step, latest=telemetry.latest))
        writer.commit()
        if flush % max(1, flushes // 100) == 0:
            sizes.append(sum(path.stat().st_size for path in made.rglob("*") if path.is_file()))
    return sizes
