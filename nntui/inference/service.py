"""Takes questions, one after the other, and answers each; what cannot be answered gets a line that says why."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from nntui import pipe
from nntui.errors import UserError
from nntui.inference.run import Run
from nntui.inference.sample import sample
from nntui.pipe import Facts, PipeError
from nntui.store.tables import Arrays

Array = NDArray[Any]

#: The most values that X can have.
MAX_VALUES = 1_000_000


class Service:
    """Answers for one viewer, who opens one run after the other."""

    def __init__(self) -> None:
        self._run: Run | None = None

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
                return self._forward(arrays.get("X"), layers=facts.get("layers") is True)
            case "sample":
                if not isinstance(settings := facts.get("config"), dict):
                    raise UserError("config: must be an object")
                return sample(settings)
        raise UserError(f"kind = {pipe.one_line(facts.get('kind'))}: must be open, forward or sample")

    def _open(self, folder: object) -> None:
        """Goes over to another run."""
        if not isinstance(folder, str):
            raise UserError("folder: must be a path")
        if self._run is not None:
            self._run.close()
            self._run = None
        self._run = Run(Path(folder))

    def _forward(self, X: Array | None, *, layers: bool) -> tuple[Facts, Arrays]:
        if self._run is None:
            raise UserError("no run is open")
        if X is None or X.ndim != 2 or X.dtype.kind != "f" or not 0 < X.size <= MAX_VALUES:
            found = "nothing" if X is None else f"{X.dtype} of the shape {X.shape}"
            raise UserError(f"X is {found}: must be numbers, (rows, features), and at most {MAX_VALUES:,} of them")
        answer = self._run.forward(X.astype(np.float64), layers=layers)
        named = {f"layer {number}": A for number, A in enumerate(answer.layers, 1)}
        return {"step": answer.step, "layers": len(answer.layers)}, {"P": answer.P, **named}


def _told(error: Exception) -> str:
    text = pipe.one_line(error)
    return text if isinstance(error, (UserError, ValueError)) else f"{type(error).__name__}: {text}"
