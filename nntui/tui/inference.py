"""The viewer's end of the process that answers for networks."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from typing import Any

from nntui.config import RunConfig
from nntui.errors import UserError
from nntui.store import tables


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    X: Any
    T: Any
    task: str
    features: tuple[str, ...]
    classes: tuple[str, ...]
    image: tuple[int, int, int] | None
    value_range: tuple[float, float] | None


class Inference:
    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None

    async def sample(self, config: RunConfig) -> Sample:
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "nntui.inference", stdin=-1, stdout=-1, stderr=-3
            )
        p = self._process
        assert p.stdin and p.stdout
        p.stdin.write(json.dumps({"kind": "sample", "config": config.to_dict(), "length": 0}).encode() + b"\n")
        facts = json.loads(await p.stdout.readline())
        data = await p.stdout.readexactly(facts["length"])
        if "error" in facts:
            raise UserError(facts["error"])
        arrays = tables.decode(data)
        image = facts["image"] and tuple(facts["image"])
        return Sample(
            arrays["X"],
            arrays["T"],
            facts["task"],
            tuple(facts["features"]),
            tuple(facts["classes"]),
            image,
            facts["value_range"] and tuple(facts["value_range"]),
        )

    def close(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
