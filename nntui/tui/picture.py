"""What the screen draws: a run as it stood at one moment, and what panes may wish to know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from textual.message import Message

from nntui.store.records import Curve, Event, LayerRecord, RunRecord

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Query:
    """What a chart shows: series, a range of steps (all of them when None), and about how many buckets.

    On a logarithmic axis (``log``) early steps need finer buckets than late ones. While the run trains, what was read
    is good for ``every`` seconds.
    """

    names: tuple[str, ...]
    buckets: int
    steps: tuple[int, int] | None = None
    log: bool = False
    every: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Named arrays as they were at a step; -1 before there are any.

    Arrays of one step may be written again, as when a knob is turned meanwhile; they are of another ``version`` then.
    """

    step: int = -1
    arrays: Arrays = field(default_factory=dict)
    version: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """Raw inputs X (rows, features) to be answered by the network, with what each layer makes of them if ``layers``.

    A question stands until it is taken back, and is answered again whenever the network has changed.
    """

    X: NDArray[np.float64]
    layers: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What the network of a step makes of a question.

    ``P`` (rows, outputs) is in the unit of the target; ``layers`` has each layer's activations (rows, units), nothing
    unless asked for. ``error`` says in one line why there are none.
    """

    question: Question
    step: int = -1
    P: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))
    layers: tuple[NDArray[np.float64], ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Recalled:
    """A step of the past, made again: what the trainer told of it, or would have told, to the bit.

    Configuration, layers, facts of the data and newest values as a run record has them; ``tables`` by name, without
    those that could not be told.
    """

    step: int
    config: dict[str, Any]
    epoch: int
    progress: float
    steps_left: int
    latest: dict[str, Any]
    layers: tuple[LayerRecord, ...]
    data: dict[str, Any]
    tables: Mapping[str, Arrays]


@dataclass(frozen=True, slots=True)
class Seeking:
    """A step of the past that is being made again: how much of the way there is done; or why it cannot be."""

    step: int
    share: float = 0.0
    error: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Up to 500 rows of the data of a configuration, evenly spaced: what is seen before anything is trained.

    ``X`` (rows, features) and ``T`` (rows, outputs) are as they were measured, NaN where a value is missing; ``part``
    (rows,) is 1 for the rows that would be held out; ``total`` says how many rows there are. ``image`` is (height,
    width, channels) where the features are pixels, whose darkest and brightest value are in ``value_range``.
    """

    X: NDArray[np.float32]
    T: NDArray[np.float32]
    part: NDArray[np.uint8]
    total: int
    task: str
    features: tuple[str, ...]
    outputs: tuple[str, ...]
    classes: tuple[str, ...]
    target: str
    image: tuple[int, int, int] | None = None
    value_range: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """A ghost of the run, as far as it is: ``what`` it has otherwise, its state, and the loss chart's series since.

    ``error`` says why it is none: it was refused, or is gone.
    """

    what: str
    state: str
    curves: Mapping[str, Curve]
    error: str = ""

    @property
    def has_crashed(self) -> bool:
        """Whether it goes on no more, for no reason of its own: nobody can tell what it would have been."""
        return self.state == "crashed"


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A run as it stood at one moment.

    ``silence`` is for how many seconds the trainer of a live run has said nothing, 0 while that is not long.
    ``series`` names all metrics that are recorded; ``curves`` has an entry for each chart that asked, by metric;
    ``tables`` has what was wanted by name: always the ``rows`` of the prediction table (their numbers from 1 ``row``,
    raw inputs ``X``, targets ``T``, ``part``) and the ``predictions`` (``P``) of their newest step; ``answers`` has
    one for each pane that asked; ``given_up`` are the newest branches from which the run went back, by metric.

    Where somebody looks at the past, ``then`` is the run as it was, and in that one ``now`` is the run as it is; where
    nothing else is ever shown, all of the picture is as it was, and has ``now``, too.
    ``seeking`` is the step that is not there yet. ``ghost`` is one that is drawn beside the run.
    """

    run: RunRecord
    silence: int = 0
    series: tuple[str, ...] = ()
    curves: dict[str, dict[str, Curve]] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    tables: Mapping[str, Table] = field(default_factory=dict)
    answers: Mapping[str, Answer] = field(default_factory=dict)
    given_up: tuple[Mapping[str, Curve], ...] = ()
    then: Picture | None = None
    now: RunRecord | None = None
    seeking: Seeking | None = None
    ghost: Beside | None = None

    def table(self, name: str) -> Table:
        """The newest arrays of a name, none of step -1 before there are any."""
        return self.tables.get(name, _NO_TABLE)

    @property
    def shown(self) -> Picture:
        """What is looked at: the run as it was, or as it is."""
        return self.then or self

    @property
    def newest(self) -> RunRecord:
        """The run as it is."""
        return self.now or self.run

    @property
    def past(self) -> bool:
        """Whether the run is shown as it was, but its tables and its network are of now."""
        return self.table("predictions").step > self.run.step

    def is_same(self, before: Picture, pane: str) -> bool:
        """Whether a pane sees in it what it saw in the one before. What has not changed is the same object."""
        return (
            (self.run, self.silence, self.series, self.events)
            == (before.run, before.silence, before.series, before.events)
            and self.given_up is before.given_up
            and (self.then, self.now) == (before.then, before.now)
            and self.seeking == before.seeking
            and self._ghost_of(pane) == before._ghost_of(pane)
            and _are(self.tables, before.tables)
            and _are(self.answers, before.answers)
            and _are(self._curves_of(pane), before._curves_of(pane))
        )

    def _ghost_of(self, pane: str) -> object:
        """What a pane tells of the ghost: the loss draws it, others tell what it is."""
        return self.ghost if self.ghost is None or pane == "loss" else (self.ghost.what, self.ghost.state)

    def _curves_of(self, pane: str) -> Mapping[str, object]:
        return {chart: curves for chart, curves in self.curves.items() if chart.partition("/")[0] == pane}

    @property
    def rows(self) -> Arrays:
        """The rows of the prediction table."""
        return self.table("rows").arrays

    @property
    def predictions(self) -> Arrays:
        """The newest predictions of these rows."""
        return self.table("predictions").arrays


_NO_TABLE = Table()


def _are(items: Mapping[str, object], others: Mapping[str, object]) -> bool:
    return items.keys() == others.keys() and all(item is others[name] for name, item in items.items())


class Wanted(Message):
    """What a chart wants from the feed; nothing while it is hidden."""

    def __init__(self, chart: str, query: Query | None) -> None:
        super().__init__()
        self.chart = chart
        self.query = query


class WantedTables(Message):
    """Which tables a pane wants besides rows and predictions; none while it is hidden."""

    def __init__(self, pane: str, names: tuple[str, ...]) -> None:
        super().__init__()
        self.pane = pane
        self.names = names


class Asked(Message):
    """What a pane asks of the network from now on; None when it asks nothing any more."""

    def __init__(self, pane: str, question: Question | None) -> None:
        super().__init__()
        self.pane = pane
        self.question = question
