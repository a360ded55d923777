"""The process that lets networks answer, as the screen has it: asked without waiting, and ended with the screen."""

from __future__ import annotations

import asyncio
import math
import sys
import time
from asyncio import LimitOverrunError
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from nntui import pipe
from nntui.errors import UserError
from nntui.pipe import Facts
from nntui.store.records import LayerRecord
from nntui.tui.picture import Answer, Arrays, Question, Recalled, Sample

#: An answer that takes longer does not come any more; data may have to be read from large files first.
ANSWER_SECONDS, SAMPLE_SECONDS = 10.0, 30.0
#: So may a part of the past: a single step of the largest networks.
RECALL_SECONDS = 60.0
#: One that has ended is started again at most this often.
RESTART_SECONDS = 3.0


class InferenceError(UserError):
    """A question that has no answer. ``told`` by the process that answers, it will have none another time either."""

    def __init__(self, text: str, *, told: bool = False) -> None:
        super().__init__(text)
        self.told = told


class Inference:
    """Asks one question at a time. The process is started by the first one, and again by the next if it has died."""

    def __init__(self, threads: int = 1) -> None:
        """``threads`` are those of the process; what a trainer made is made again to the bit only with as many."""
        self._threads = threads
        self._process: Process | None = None
        self._turn = asyncio.Lock()
        self._folder: Path | None = None
        self._started_at = -math.inf
        self._under_way: set[asyncio.Task[Any]] = set()

    async def forward(self, folder: Path, question: Question, at: int | None = None) -> Answer:
        """What the newest network of a run says, or that of the step recalled last; of what has no answer, why."""
        try:
            asked: Facts = {"kind": "forward", "layers": question.layers, "at": at}
            told, arrays = await self._ask(asked, {"X": question.X}, ANSWER_SECONDS, folder)
            with _understood():
                layers = tuple(arrays[f"layer {number}"] for number in range(1, told["layers"] + 1))
                return Answer(question, told["step"], arrays["P"], layers)
        except InferenceError as error:
            return Answer(question, error=str(error))

    async def recall(self, folder: Path, step: int) -> Recalled | float:
        """A step of a run's past; or how much of the way there is done, by one who asks again and again.

        Raises InferenceError.
        """
        told, arrays = await self._ask({"kind": "recall", "step": step}, {}, RECALL_SECONDS, folder)
        with _understood():
            if told["share"] < 1:
                return float(told["share"])
            tables: dict[str, Arrays] = {}
            for name, array in arrays.items():
                table, _, own = name.partition("/")
                tables.setdefault(table, {})[own] = array
            return Recalled(
                step=told["step"],
                config=told["config"],
                epoch=told["epoch"],
                progress=told["progress"],
                steps_left=told["steps_left"],
                latest=told["latest"],
                layers=tuple(LayerRecord(**layer) for layer in told["layers"]),
                data=told["data"],
                tables=tables,
            )

    async def sample(self, config: Mapping[str, Any]) -> Sample:
        """Some rows of the data that a configuration, as nested dicts, would train on. Raises InferenceError."""
        told, arrays = await self._ask({"kind": "sample", "config": config}, {}, SAMPLE_SECONDS)
        with _understood():
            image, value_range = told["image"], told["value_range"]
            return Sample(
                X=arrays["X"],
                T=arrays["T"],
                part=arrays["part"],
                total=told["total"],
                task=told["task"],
                features=pipe.words_of(arrays["features"]),
                outputs=pipe.words_of(arrays["outputs"]),
                classes=pipe.words_of(arrays["classes"]),
                target=told["target"],
                image=tuple(image) if image else None,
                value_range=tuple(value_range) if value_range else None,
            )

    async def close(self) -> None:
        """Ends the process; nothing can be asked any more."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._end()

    async def _ask(
        self, facts: Facts, arrays: Arrays, seconds: float, folder: Path | None = None
    ) -> tuple[Facts, Arrays]:
        """Has a question answered in its turn. Raises InferenceError.

        Whoever asks may be cancelled meanwhile: what has been asked is answered all the same, and the answer dropped.
        """
        task = asyncio.create_task(self._take_turn(facts, arrays, seconds, folder))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    async def _take_turn(
        self, facts: Facts, arrays: Arrays, seconds: float, folder: Path | None
    ) -> tuple[Facts, Arrays]:
        async with self._turn:
            try:
                async with asyncio.timeout(seconds):
                    if folder is not None:
                        await self._open(folder)
                    return await self._exchange(facts, arrays)
            except TimeoutError:
                await self._end()
                raise InferenceError(f"no answer within {seconds:g} s") from None
            except (OSError, EOFError):
                await self._end()
                raise InferenceError("the process that answers has ended") from None
            except (LimitOverrunError, pipe.PipeError) as error:
                await self._end()
                raise _not_understood(error) from None

    async def _open(self, folder: Path) -> None:
        await self._running()
        if folder != self._folder:
            self._folder = None
            await self._exchange({"kind": "open", "folder": str(folder)}, {})
            self._folder = folder

    async def _exchange(self, facts: Facts, arrays: Arrays) -> tuple[Facts, Arrays]:
        process = await self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(pipe.encode(facts, arrays))
        await process.stdin.drain()
        line = await process.stdout.readuntil()
        told, length = pipe.facts_of(line)
        found = pipe.arrays_of(await process.stdout.readexactly(length))
        if "error" in told:
            raise InferenceError(str(told["error"]), told=True)
        return told, found

    async def _running(self) -> Process:
        """The process, started if need be. Raises InferenceError where it died a moment ago."""
        if self._process is not None and self._process.returncode is None:
            return self._process
        if time.monotonic() - self._started_at < RESTART_SECONDS:
            raise InferenceError("the process that answers has ended; it is started again in a moment")
        await self._end()
        self._started_at = time.monotonic()
        self._process = await asyncio.create_subprocess_exec(
            # -P: a module of the current folder must not stand in for one of ours.
            *(sys.executable, "-P", "-m", "nntui.inference", str(self._threads)),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            limit=pipe.MAX_LINE,
            start_new_session=True,  # the keys of this terminal are not meant for it
        )
        return self._process

    async def _end(self) -> None:
        """Ends the process, if there is one, and waits until it has ended and its pipes are closed."""
        process, self._process, self._folder = self._process, None, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        assert process.stdin is not None
        process.stdin.close()
        await process.communicate()


@contextmanager
def _understood() -> Iterator[None]:
    """What is made inside of an answer. Raises InferenceError where something is missing or of another kind."""
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        raise _not_understood(error) from None


def _not_understood(error: Exception) -> InferenceError:
    return InferenceError(f"the answer cannot be understood: {pipe.one_line(error)}")
