"""The process that answers: what it says of a run's network, and of questions that have no answer."""

from __future__ import annotations

import copy
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from nntui import pipe
from nntui.config import RunConfig
from nntui.engine import layer_outputs
from nntui.errors import UserError
from nntui.inference import run as subject
from nntui.inference.service import Service
from nntui.store import folder, tables
from nntui.store.writer import Writer
from nntui.trainer.checkpoints import load_model, save_checkpoint
from nntui.trainer.loop import Loop
from nntui.trainer.problem import Problem, configure_network, make_problem
from nntui.trainer.recall import make_loop
from nntui.trainer.telemetry import Telemetry

Array = NDArray[Any]
X = np.array([[0.0, 1.0], [1.0, 1.0], [0.25, -3.0]])


class Trained:
    """A run folder and the loop that trains it, in this process."""

    def __init__(self, home: Path, *settings: str) -> None:
        self.config = RunConfig().with_settings(["source=moons", "layers=4,3", "lr=0.5", *settings])
        self.problem: Problem = make_problem(self.config)
        self.loop: Loop = make_loop(self.config, self.problem)
        self.folder = folder.create(home / "runs", name="", preset="test", config=self.config.to_dict())
        self.writer = Writer(self.folder)
        self.telemetry = Telemetry(self.writer, self.loop, self.problem)

    def keep_weights(self) -> None:
        self.telemetry.keep_weights(at_rest=True)
        self.writer.commit()

    def checkpoint(self) -> None:
        save_checkpoint(self.folder / folder.CHECKPOINTS, self.loop, self.problem, self.config)

    def turn(self, key: str, value: object) -> None:
        self.config = self.config.with_value(key, value)
        configure_network(self.loop.network, self.config, self.problem.dataset.task)
        self.writer.configure(self.config.to_dict())
        self.writer.commit()

    def predict(self, X: Array) -> Array:
        """What the loop's own network says."""
        prepared = self.problem.preparation.transform(X, self.loop.network.dtype)
        return self.problem.scale.inverse(self.loop.network.predict_proba(prepared))


@pytest.fixture
def trained(nntui_home: Path) -> Iterator[Callable[..., Trained]]:
    made: list[Trained] = []

    def make(*settings: str) -> Trained:
        made.append(Trained(nntui_home, *settings))
        return made[-1]

    yield make
    for one in made:
        one.writer.close()


class Asked:
    """A service that has opened a run."""

    def __init__(self, run: Path) -> None:
        self.service = Service()
        self.service.answer({"kind": "open", "folder": str(run)}, {})

    def forward(self, X: Array = X, *, layers: bool = False) -> tuple[pipe.Facts, tables.Arrays]:
        return self.service.answer({"kind": "forward", "layers": layers}, {"X": X})


@pytest.mark.parametrize("settings", [(), ("dtype=float64",), ("source=bumps", "layers=5", "optimizer=adam")])
def test_an_answer_is_what_the_checkpoint_predicts_to_the_bit(
    settings: tuple[str, ...], trained: Callable[..., Trained]
) -> None:
    run = trained(*settings)
    run.loop.run(20)
    run.keep_weights()
    run.checkpoint()
    told, arrays = Asked(run.folder).forward(layers=True)
    model = load_model(run.folder / folder.CHECKPOINTS)
    assert told["step"] == 20
    np.testing.assert_array_equal(arrays["P"], model.predict(X))
    layers = layer_outputs(model.network, model.preparation.transform(X, model.network.dtype))
    assert told["layers"] == len(layers)
    for number, A in enumerate(layers, 1):
        np.testing.assert_array_equal(arrays[f"layer {number}"], A)


def test_the_answer_follows_the_weights_between_checkpoints(trained: Callable[..., Trained]) -> None:
    run = trained()
    run.checkpoint()
    asked = Asked(run.folder)
    assert asked.forward()[0]["step"] == 0
    for _ in range(3):
        run.loop.run(5)
        run.keep_weights()
        told, arrays = asked.forward()
        assert told["step"] == run.loop.step
        np.testing.assert_array_equal(arrays["P"], run.predict(X))
    run.loop.run(5)
    run.checkpoint()
    assert asked.forward()[0]["step"] == 20, "a later checkpoint wins"
    run.loop.run(5)
    run.keep_weights()
    told, arrays = asked.forward()
    assert told["step"] == 25
    np.testing.assert_array_equal(arrays["P"], run.predict(X))


def test_a_run_without_the_table_is_answered_from_its_checkpoint(trained: Callable[..., Trained]) -> None:
    run = trained()
    run.loop.run(5)
    run.checkpoint()
    told, arrays = Asked(run.folder).forward()
    assert told["step"] == 5
    np.testing.assert_array_equal(arrays["P"], run.predict(X))


def test_the_network_does_what_the_run_is_configured_to_do_now(trained: Callable[..., Trained]) -> None:
    run = trained("activation=tanh")
    run.loop.run(5)
    run.keep_weights()
    run.checkpoint()
    asked = Asked(run.folder)
    before = asked.forward()[1]["P"]
    run.turn("model.activation", ("relu",))
    after = asked.forward()[1]["P"]
    assert (before != after).any()
    np.testing.assert_array_equal(after, run.predict(X))


def ask(*messages: bytes) -> list[tuple[pipe.Facts, tables.Arrays]]:
    """What a service answers to these bytes."""
    answers = io.BytesIO()
    Service().serve(io.BytesIO(b"".join(messages)), answers)
    answers.seek(0)
    return list(iter(lambda: pipe.read(answers), None))


def complaint(*messages: bytes) -> str:
    """The error of the last answer: one line, with nothing beside it."""
    told, arrays = ask(*messages)[-1]
    assert arrays == {}
    assert "\n" not in told["error"]
    return str(told["error"])


def opened(run: Trained) -> bytes:
    return pipe.encode({"kind": "open", "folder": str(run.folder)}, {})


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        (np.zeros((2, 3)), "X has 3 columns: this network takes 2"),
        (np.array([[0.0, np.nan]]), "has no value"),
        (np.array([[0.0, np.inf]]), "inf"),
        (np.zeros(2), "must be numbers, (rows, features)"),
        (np.zeros((0, 2)), "must be numbers, (rows, features)"),
        (np.zeros((2, 2), np.int32), "X is int32"),
        (np.zeros((500_001, 2)), "at most 1,000,000"),
    ],
)
def test_inputs_that_no_network_takes_are_told_of_and_the_next_are_answered(
    wrong: Array, found: str, trained: Callable[..., Trained]
) -> None:
    run = trained()
    run.checkpoint()
    question = pipe.encode({"kind": "forward"}, {"X": X})
    _, refused, answered = ask(opened(run), pipe.encode({"kind": "forward"}, {"X": wrong}), question)
    assert found in refused[0]["error"]
    assert answered[1]["P"].shape == (3, 1)


def test_an_answer_is_bounded(trained: Callable[..., Trained], monkeypatch: pytest.MonkeyPatch) -> None:
    run = trained()
    run.checkpoint()
    monkeypatch.setattr(subject, "MAX_ANSWER", 3 * 8 - 1)
    asked = Asked(run.folder)
    assert asked.forward()[1]["P"].shape == (3, 1)
    with pytest.raises(UserError, match="3 rows of 8 units: must be at most 23 numbers"):
        asked.forward(layers=True)


def test_weights_of_another_network_are_told_of(trained: Callable[..., Trained]) -> None:
    run = trained()
    run.checkpoint()
    run.writer.table("weights", 7, {"layer 1.W": np.zeros((9, 9), np.float32)})
    run.writer.commit()
    assert "layer 1.W has the shape (9, 9): must be (2, 4)" in complaint(
        opened(run), pipe.encode({"kind": "forward"}, {"X": X})
    )


def test_questions_without_an_answer_are_told_of(nntui_home: Path, trained: Callable[..., Trained]) -> None:
    assert complaint(pipe.encode({"kind": "forward"}, {"X": X})) == "no run is open"
    assert "holds no run" in complaint(pipe.encode({"kind": "open", "folder": str(nntui_home)}, {}))
    assert complaint(pipe.encode({"kind": "open"}, {})) == "folder: must be a path"
    assert "must be open, forward, recall or sample" in complaint(pipe.encode({"kind": "exec"}, {}))
    assert "no checkpoint yet" in complaint(opened(trained()), pipe.encode({"kind": "forward"}, {"X": X}))


def test_a_message_that_cannot_be_followed_is_told_of_and_ends_it() -> None:
    good = pipe.encode({"kind": "exec"}, {})
    for bad in (
        b"{\n",
        b"[]\n",
        b"\xff\xfe\n",
        b'{"length": -1}\n',
        b'{"length": 1e3}\n',
        b'{"length": 99999999999}\n',
    ):
        assert len(ask(bad, good)) == 1
        assert "error" in ask(bad, good)[0][0]
    assert "a line of more than" in complaint(b"x" * (pipe.MAX_LINE + 1))
    nested = b"[" * 100_000 + b"\n"
    assert "no JSON" in complaint(nested)


def test_a_run_that_went_back_is_asked_as_it_is_there(trained: Callable[..., Trained]) -> None:
    run = trained()
    asked = Asked(run.folder)
    run.loop.run(100)
    run.keep_weights()
    early, state = run.predict(X), [copy.deepcopy(part) for part in run.loop.state]
    run.loop.run(100)
    run.keep_weights()
    run.checkpoint()
    assert asked.forward()[0]["step"] == 200
    run.loop.load(*state)
    run.writer.go_back(100, 200)
    run.telemetry.go_back()
    run.keep_weights()
    told, arrays = asked.forward()
    assert told["step"] == 100
    np.testing.assert_array_equal(arrays["P"], early)
    run.checkpoint()
    assert asked.forward()[0]["step"] == 100


def test_arrays_that_are_none_are_told_of_and_the_next_question_answered() -> None:
    line = json.dumps({"kind": "forward", "length": 9}).encode() + b"\n"
    answers = ask(line + b"123456789", pipe.encode({"kind": "exec"}, {}))
    assert "the arrays cannot be read" in answers[0][0]["error"]
    assert "kind = exec" in answers[1][0]["error"]


def test_a_message_that_is_cut_short_is_not_answered() -> None:
    message = pipe.encode({"kind": "forward"}, {"X": X})
    for end in (1, 20, len(message) - 1):
        assert ask(message[:end]) == []


@given(st.binary(max_size=300), st.binary(max_size=60))
def test_no_bytes_break_it(noise: bytes, data: bytes) -> None:
    line = json.dumps({"kind": "forward", "length": len(data)}).encode() + b"\n"
    for told, _ in ask(line + data + noise):
        assert isinstance(told["error"], str)


def sampled(**data: Any) -> bytes:
    return pipe.encode({"kind": "sample", "config": {"data": data}}, {})


def test_a_sample_is_some_rows_of_the_data() -> None:
    told, arrays = ask(sampled(source="digits", target="digit"))[0]
    assert (told["total"], told["task"], told["image"], told["value_range"]) == (
        1797,
        "multi-class",
        [8, 8, 1],
        [0, 16],
    )
    assert (arrays["X"].shape, arrays["T"].shape) == ((500, 64), (500, 10))
    assert arrays["X"].dtype == arrays["T"].dtype == np.float32
    assert pipe.words_of(arrays["classes"]) == tuple("0123456789")
    problem = make_problem(RunConfig().with_settings(["source=digits", "target=digit"]))
    rows = np.linspace(0, 1796, 500).astype(int)
    np.testing.assert_array_equal(arrays["X"], problem.dataset.X[rows])
    np.testing.assert_array_equal(arrays["part"], np.isin(rows, problem.test))


def test_a_sample_of_wide_rows_is_of_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nntui.inference.sample.VALUES", 64 * 10)
    assert ask(sampled(source="digits"))[0][1]["X"].shape == (10, 64)


def test_data_that_cannot_be_had_are_told_of(tmp_path: Path) -> None:
    assert "must be one of truth-table" in complaint(sampled(source="digts"))
    assert "there is no such file" in complaint(sampled(source=str(tmp_path / "no.csv")))
    (tmp_path / "a.csv").write_text("x,y\n1,2\n3,\x1b[31mred\n")
    assert "\x1b" not in complaint(sampled(source=str(tmp_path / "a.csv")))
    assert complaint(pipe.encode({"kind": "sample", "config": 3}, {})) == "config: must be an object"
    assert "unknown key" in complaint(pipe.encode({"kind": "sample", "config": {"dat": {}}}, {}))


def test_the_process_ends_with_its_questions_and_leaves_nothing_on_stderr() -> None:
    argv = [sys.executable, "-P", "-m", "nntui.inference"]
    done = subprocess.run(argv, input=pipe.encode({"kind": "exec"}, {}), capture_output=True, check=True, timeout=60)
    assert b"must be open" in done.stdout
    assert done.stderr == b""
