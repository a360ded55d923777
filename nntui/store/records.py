"""What a reader of a run folder gets: frozen values, no handles, no queries.

Arrays are NumPy's; this module names them without importing NumPy, so that listing runs stays light.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Integers = NDArray[np.int64]

#: A rule of thumb: a network wants at least so many samples to learn from for each of its parameters.
SAMPLES_PER_PARAMETER = 10
#: States in which a trainer process should be alive.
LIVE_STATES = ("starting", "running", "paused")
#: Every state a trainer writes. ``crashed`` is also what a reader says of a live state without a process.
STATES = (*LIVE_STATES, "finished", "stopped", "diverged", "crashed")
#: What a list says of a run whose database cannot be read.
UNREADABLE = "unreadable"
#: Why a run waits.
NO_ROOM = "no room on the disk"


@dataclass(frozen=True, slots=True)
class RunRecord:
    """The one row that says what a run is and how it stands.

    Times are seconds since the epoch; ``progress`` is 0 to 1; ``steps_per_s`` is measured by the trainer on the wall
    clock over its last few seconds; ``elapsed`` is seconds of training, pauses not counted; ``branches`` is how often
    the run went back to an earlier step. ``latest`` holds the newest value of each metric, ``data`` what the network
    learns from: names of inputs and target, classes, rows. ``note`` is what somebody wrote about it; one that is
    ``archived`` is kept, but not listed. ``origin`` is the id of the run that it was forked from, if it was, at
    ``origin_step``. A live run that ``waits_for_room`` on its disk goes on by itself once there is some.
    """

    id: str
    name: str
    preset: str
    title: str
    state: str
    reason: str
    created: float
    heartbeat: float
    pid: int | None
    host: str
    step: int
    epoch: int
    progress: float
    steps_left: int
    steps_per_s: float
    elapsed: float
    branches: int = 0
    note: str = ""
    archived: bool = False
    origin: str = ""
    origin_step: int = 0
    latest: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    layers: tuple[LayerRecord, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)
    waits_for_room: bool = False

    @property
    def standing(self) -> str:
        """How it stands, in a word: its state, or ``waits`` while its trainer can only wait."""
        return "waits" if self.waits_for_room else self.state

    @property
    def why(self) -> str:
        """Why it stands so; nothing where that needs no words."""
        return NO_ROOM if self.waits_for_room else self.reason

    @property
    def figures(self) -> dict[str, float | None]:
        """Losses and scores, of the training rows and of those held out; None where there is none yet, or ever."""
        score = "r2" if self.data.get("task") == "regression" else "accuracy"
        return {name: self.latest.get(name) for name in ("loss", "val_loss", score, f"val_{score}")}

    @property
    def descent(self) -> str:
        """Where it was forked from; nothing of a run that began by itself."""
        return f"forked from {self.origin} at step {self.origin_step:,}" if self.origin else ""

    @property
    def remaining(self) -> float | None:
        """Seconds to go at the pace of the last few seconds; None while nobody can tell."""
        return self.steps_left / self.steps_per_s if self.steps_per_s > 0 else None

    @property
    def live(self) -> bool:
        """Whether a trainer owns the run."""
        return self.state in LIVE_STATES

    @property
    def is_here(self) -> bool:
        """Whether it trains, or trained, on this machine; elsewhere its process id means nothing."""
        return self.host == socket.gethostname()


@dataclass(frozen=True, slots=True)
class LayerRecord:
    """One layer of the network: its name, what goes in, what comes out and how many numbers it learns."""

    name: str
    inputs: int
    outputs: int
    activation: str
    parameters: int


@dataclass(frozen=True, slots=True)
class Event:
    """Something a person would want marked on the curve. ``kind`` is ``set``, ``state`` or ``warning``.

    ``branch`` is the number of the branch that was given up with it; 0 for what led to where the run is.
    """

    id: int
    at: float
    step: int
    kind: str
    text: str
    branch: int = 0

    @property
    def what(self) -> str:
        """The text without who asked for it: ``lr 0.1 → 0.125`` of ``lr 0.1 → 0.125 by ada@pts/3``."""
        return self.text.rpartition(" by ")[0] or self.text if self.kind == "set" else self.text


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody asked of a run and, once the trainer has answered, what came of it.

    ``status`` is ``waiting``, ``applied`` or ``refused``; ``step`` is the step at which it took effect.
    """

    id: int
    at: float
    who: str
    kind: str
    key: str
    value: str
    status: str = "waiting"
    step: int | None = None
    answer: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One metric over a range of steps, as buckets in order of their steps; every array has one entry a bucket.

    ``first`` and ``last`` are the first and last step in the bucket, ``count`` how many values were recorded in it,
    ``bad`` how many of them were NaN or infinite. ``low``, ``high`` and ``mean`` are taken over the finite values,
    ``final`` is the last value; each is NaN where there is none.
    """

    name: str
    first: Integers
    last: Integers
    count: Integers
    low: Floats
    high: Floats
    mean: Floats
    final: Floats
    bad: Integers
