"""Takes questions, one after the other, and answers each; what cannot be answered gets a line that says why.

An answer never takes long: a step of the past is made again a part at a time, and whoever wants it asks until it is
there. Whoever asks for another one meanwhile, or for none, waits for nothing.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from nntui import pipe
from nntui.errors import UserError
from nntui.inference.recollection import Recollection
from nntui.inference.run import Run, forward
from nntui.inference.sample import sample
from nntui.pipe import Facts, PipeError
from nntui.store.tables import Arrays

Array = NDArray[Any]

#: The most values that X can have.
MAX_VALUES = 1_000_000
#: Steps of the past are made again for about so long before an answer is given.
SEEK_SECONDS = 0.15
#: The tables that are told of a step of the past: those of the run folder but the rows, which stay.
TOLD = ("predictions", "weights", "history")


class Service:
    """Answers for one viewer, who opens one run after the other."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._run: Run | None = None
        self._recollection: Recollection | None = None

    def serve(self, questions: BinaryIO, answers: BinaryIO) -> None:
        """Answers until the questions end, or until nobody can tell where the next one begins."""
        lost = False
        while not lost:
            try:
                message = pipe.read(questions)
                if message is None:
                    return
                answer = pipe.encode(*self.answer(*message))
            except Exception as error:  # a run folder or a user's file may hold anything
                answer = pipe.encode({"error": _told(error)}, {})
                lost = isinstance(error, PipeError) and error.lost
            answers.write(answer)
            answers.flush()

    def answer(self, facts: Facts, arrays: Arrays) -> tuple[Facts, Arrays]:
        """Facts and arrays of the answer to one question. Raises UserError."""
        match facts.get("kind"):
            case "open":
                self._open(facts.get("folder"))
                return {}, {}
            case "forward":
                return self._forward(arrays.get("X"), layers=facts.get("layers") is True, at=facts.get("at"))
            case "recall":
                return self._recall(facts.get("step"))
            case "sample":
                if not isinstance(settings := facts.get("config"), dict):
                    raise UserError("config: must be an object")
                return sample(settings)
        raise UserError(f"kind = {pipe.one_line(facts.get('kind'))}: must be open, forward, recall or sample")

    def _open(self, folder: object) -> None:
        """Goes over to another run."""
        if not isinstance(folder, str):
            raise UserError("folder: must be a path")
        if self._run is not None:
            self._run.close()
        self._run = self._recollection = self._folder = None
        self._run = Run(Path(folder))
        self._folder = Path(folder)

    def _recall(self, step: object) -> tuple[Facts, Arrays]:
        """How much of the way to a step is done, from 0 on; at 1, all that is told of that step."""
        if self._folder is None:
            raise UserError("no run is open")
        if type(step) is not int or step < 0:
            raise UserError(f"step = {pipe.one_line(step)}: must be a whole number from 0 on")
        if self._recollection is None:
            self._recollection = Recollection(self._folder)
        if (share := self._recollection.seek(step, SEEK_SECONDS)) < 1:
            return {"step": step, "share": share}, {}
        moment, portrait = self._recollection.portrait
        facts = {
            "step": step,
            "share": 1.0,
            "config": moment.config.to_dict(),
            "epoch": moment.loop.batches.epoch,
            "progress": moment.loop.progress,
            "steps_left": moment.loop.remaining,
            "latest": portrait.latest,
            "layers": [asdict(layer) for layer in portrait.layers],
            "data": portrait.data,
        }
        tables = {name: portrait.tables[name] for name in TOLD if name in portrait.tables}
        return facts, {f"{table}/{name}": array for table in tables for name, array in tables[table].items()}

    def _forward(self, X: Array | None, *, layers: bool, at: object = None) -> tuple[Facts, Arrays]:
        """What the newest network says or, with ``at``, that of a step which was recalled just now."""
        if self._run is None:
            raise UserError("no run is open")
        if X is None or X.ndim != 2 or X.dtype.kind != "f" or not 0 < X.size <= MAX_VALUES:
            found = "nothing" if X is None else f"{X.dtype} of the shape {X.shape}"
            raise UserError(f"X is {found}: must be numbers, (rows, features), and at most {MAX_VALUES:,} of them")
        values = X.astype(np.float64)
        if type(at) is not int:
            answer = self._run.forward(values, layers=layers)
        elif self._recollection is None:
            raise UserError(f"step {at} has not been reached")
        else:
            answer = forward(self._recollection.model(at), at, values, layers=layers)
        named = {f"layer {number}": A for number, A in enumerate(answer.layers, 1)}
        return {"step": answer.step, "layers": len(answer.layers)}, {"P": answer.P, **named}


def _told(error: Exception) -> str:
    text = pipe.one_line(error)
    return text if isinstance(error, (UserError, ValueError)) else f"{type(error).__name__}: {text}"
