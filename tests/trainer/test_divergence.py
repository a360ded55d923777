"""Numbers that explode or are none any more: where a run stops, what is left of it, and how it goes back by itself."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nntui import config, guard, launch, paths, presets
from nntui.engine import Network
from nntui.knobs import TrainingConfig
from nntui.store import catalog, commands, folder
from nntui.store.reader import Reader
from nntui.store.schema import FOREVER, connect_writer
from nntui.store.writer import Writer
from nntui.trainer import SIGNALS
from nntui.trainer.loop import CAPACITY, EXPLODED, Loop, Slice
from nntui.trainer.replay import replay
from nntui.trainer.session import Session
from tests.trainer.conftest import Trained, Wait, advance, make_loop
from tests.trainer.test_resume import again, get_further, undisturbed

Train = Callable[..., Trained]

PLANE = ("source=plane", "target=height", "optimizer=sgd")
#: With these the loss grows from step to step, and falls at half the rate.
GROWING = (*PLANE, "layers=", "lr=2.5")


# The loop


def growing(**training: Any) -> Loop:
    """A line through points, whose loss grows from step to step."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(40, 2))
    network = Network((2, 1), output="identity", loss="squared-error", seed=1, dtype="float64")
    return Loop(network, X, X @ [[1.0], [2.0]], TrainingConfig(**{"lr": 2.5, "epochs": 10**6} | training))


@pytest.mark.parametrize("batch_size", [0, 8, 7])
@pytest.mark.parametrize("slice_steps", [1, 3, 64, CAPACITY])
@pytest.mark.parametrize("warmup", [0.0, 0.5])
def test_an_explosion_is_found_at_its_first_step_whatever_the_slices(
    slice_steps: int, batch_size: int, warmup: float
) -> None:
    loop, losses = growing(batch_size=batch_size, warmup=warmup), list[float]()
    while (happened := loop.run(slice_steps)).diverged is None:
        losses += happened.losses.tolist()
    losses += happened.losses.tolist()
    limit = EXPLODED * max(losses[0], float((loop.batches.T**2).mean()) / 2)
    assert [loss > limit for loss in losses] == [False] * (len(losses) - 1) + [True]
    assert happened.diverged == f"the loss has exploded: it is {losses[-1]:.3g}, and was {losses[0]:.3g} at first"
    other = growing(batch_size=batch_size, warmup=warmup)
    advance(other, loop.step - 1)
    assert loop.network.parameters.tobytes() == other.network.parameters.tobytes(), "the update was not made"
    again = loop.run(10)
    assert (len(again.steps), again.diverged) == (0, happened.diverged)


def test_a_state_tells_what_the_loss_was_at_first() -> None:
    loop, other = growing(), growing()
    loop.run(9)
    other.load(*loop.state)
    assert other.run(CAPACITY).steps[-1] == loop.run(CAPACITY).steps[-1]
    other.load(*growing().state)
    assert (other.diverged, other.run(5).diverged) == (None, None)


@pytest.mark.parametrize("loss", ["squared-error", "huber"])
def test_a_loss_that_begins_with_nothing_may_grow(loss: str) -> None:
    """A network that knows all already has a loss of 0, any other of which is infinitely many times as much."""
    loop = growing(lr=0.01)
    loop.network.parameters[:] = 1, 2, 0
    assert loop.run(3).losses.max() < 1e-20
    loop.network.configure(loss=loss)
    loop.network.parameters[:] = 30, -20, 5
    assert loop.run(50).diverged is None


def test_another_loss_function_is_held_against_its_own_loss_of_nothing() -> None:
    loop = growing(lr=1e-6)
    loop.network.configure(loss="huber", huber_delta=1e-9)
    loop.run(10)  # of the order of 1e-9
    loop.network.configure(loss="squared-error")
    assert loop.run(10).diverged is None


# A run


def check_settled(run: Trained) -> int:
    """All that is kept of the network is of the last good step, which is returned."""
    record = run.record()
    good = max(0, record.step - 2)
    model = run.model()
    assert model.step == good
    loop = make_loop(config.from_dict(record.config))
    advance(loop, good)
    assert run.weights() == loop.network.parameters.tobytes()
    with closing(Reader(run.folder)) as reader:
        assert {reader.table_step(name) for name in ("weights", "predictions")} == {good}
        weights = reader.table("weights")
    assert weights is not None
    last = loop.network.layers[-1]
    assert np.array_equal(weights[1][f"{last.name}.W"], last.W.astype(np.float32))
    return good


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (GROWING, "the loss has exploded: it is "),
        ((*PLANE, "layers=9,9", "activation=relu", "lr=1000", "dropout=0.3"), "exploded"),
        ((*PLANE, "layers=64,64,64,64,64,64", "activation=relu", "init=he", "lr=1000"), "infinity"),
    ],
    ids=str,
)
def test_what_is_left_of_a_run_is_of_its_last_good_step(settings: tuple[str, ...], told: str, train: Train) -> None:
    run = train(*settings)
    assert run.trainer.wait(60) == 1
    record = run.record()
    assert record.state == "diverged"
    assert told in record.reason
    assert run.events()[-1].step == record.step > 1
    run.check_steps()
    good = check_settled(run)
    assert replay(run.folder, lambda made: None).agreed == good
    run = again(run)  # as it is, it diverges at the same step again
    assert run.trainer.wait(60) == 1
    assert (run.record().state, run.record().step, run.record().reason) == ("diverged", record.step, record.reason)
    check_settled(run)


def guarded(run: Trained) -> list[tuple[str, str, int | None]]:
    """What the guard has asked, and had: kinds, values and steps."""
    with closing(Reader(run.folder)) as reader:
        given = [command for command in reader.commands(FOREVER) if command.who == guard.WHO]
    assert all(command.status == "applied" for command in given)
    return [(command.kind, command.value, command.step) for command in given]


def check_reproducible(run: Trained) -> None:
    run.check_steps()
    assert run.weights() == undisturbed(run)
    verdict = replay(run.folder, lambda made: None)
    assert (verdict.parted, verdict.steps) == (None, run.model().step)


def test_a_guarded_run_goes_back_and_on_at_half_the_rate(train: Train) -> None:
    run = train(*GROWING, "guard=rewind", "epochs=900")
    assert run.trainer.wait(60) == 0
    record = run.record()
    assert (record.state, record.step, record.branches) == ("finished", 900, 1)
    assert record.config["training"]["lr"] == 1.25
    assert guarded(run) == [("rewind", "0", 0), ("set", "1.25", 0)]
    told = [(event.kind, event.text, event.branch) for event in run.events()]
    at = next(event.step for event in run.events() if event.kind == "warning")
    assert told[1][0] == "warning"
    assert told[1][1].startswith("diverged: the loss has exploded: it is ")
    assert told[1][2] == 1
    assert told[2:] == [
        ("state", f"back from step {at:,} by the guard", 0),
        ("set", "lr 2.5 → 1.25 by the guard", 0),
        ("state", "finished", 0),
    ]
    check_reproducible(run)


def test_a_rate_turned_up_too_far_is_taken_back(train: Train, wait_until: Wait) -> None:
    run = train("dropout=0.2", "optimizer=momentum", "batch_size=32", "guard=rewind", preset="deep-binary")
    get_further(run, 500, wait_until)
    before = run.record().config["training"]["lr"]
    at = run.ask("set", "training.lr", "700").step
    assert at is not None
    wait_until(lambda: run.record().branches > 0)
    get_further(run, 50, wait_until)
    run.ask("stop")
    assert run.trainer.wait(60) == 0
    (kind, value, _), turned = guarded(run)
    assert (kind, turned) == ("rewind", ("set", str(before), int(value)))
    diverged = next(event.step for event in run.events() if event.kind == "warning")
    assert at < diverged
    assert int(value) == diverged - max(guard.LEAST, diverged // guard.TENTH)
    check_reproducible(run)


def test_after_so_many_times_it_ends(train: Train) -> None:
    run = train(*GROWING, "lr=900", "guard=rewind", "guard_limit=2")
    assert run.trainer.wait(60) == 1
    record = run.record()
    assert record.state == "diverged"
    assert record.reason.endswith(" at first; it went back 2 times by itself")
    assert guarded(run) == [("rewind", "0", 0), ("set", "450", 0), ("rewind", "0", 0), ("set", "225", 0)]
    check_reproducible(run)
    for rate in (112.5, 14.0625, 1.7578125):  # whoever takes the way that is offered lets it begin anew
        way = guard.offered(run.folder)
        assert way == (0, rate)
        asked = [*way.asked, ("set", "training.epochs", "300"), ("resume", "", "")]
        run = Trained(run.folder, launch.start_again(run.folder, asked)[1])
        assert run.trainer.wait(60) == (rate > 2)
    assert run.record().state == "finished"
    check_reproducible(run)


@pytest.mark.parametrize("step", ["5", "0"])
def test_the_guard_asks_nothing_of_a_run_that_somebody_took_back_at_that_moment(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    config = presets.find("xor").load().with_settings([*GROWING, "guard=rewind"])
    run = folder.create(paths.runs_dir(), name="", preset="xor", config=config.to_dict())
    diverge, idle = Session._diverge, Session._idle

    def take_back(session: Session, reason: str) -> None:
        commands.append(run, "rewind", value=step)
        diverge(session, reason)

    def stop(session: Session) -> None:
        commands.append(run, "stop")
        idle(session)

    monkeypatch.setattr(Session, "_diverge", take_back)
    monkeypatch.setattr(Session, "_idle", stop)
    try:
        assert Session(run).run() == "stopped"
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    told = [(command.kind, command.status, command.answer) for command in commands.listed(run)]
    assert [(kind, status) for kind, status, _ in told] == [
        ("rewind", "applied"),
        ("rewind", "refused"),
        ("set", "refused"),
        ("stop", "applied"),
    ]
    assert told[1][2] == told[2][2] == "somebody else went back before"
    record = catalog.open_run(run)
    assert (record.step, record.config["training"]["lr"]) == (int(step), 2.5)


# Killed while it goes back


class Killed(BaseException):
    """Stands for the end of the process: nothing is written after it."""


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int, bool], Path]]:
    """A guarded run whose trainer dies at so manieth a commit from the divergence on, before or after it."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    commit = Writer.commit

    def start(fatal: int, after: bool) -> Path:
        config = presets.find("xor").load().with_settings([*GROWING, "lr=9", "guard=rewind", "epochs=400"])
        run = folder.create(paths.runs_dir(), name="", preset="xor", config=config.to_dict())
        session, seen = Session(run), list[int]()

        def dies(writer: Writer) -> None:
            if seen or session._loop.diverged:
                seen.append(len(seen))
            is_fatal = seen[-1:] == [fatal]
            if is_fatal and not after:
                raise Killed
            commit(writer)
            if is_fatal:
                raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(Writer, "commit", dies)
            with pytest.raises(Killed):
                session.run()
        session._writer.close()
        with closing(connect_writer(run)) as db:
            db.execute("UPDATE run SET state = 'crashed'")
        return run

    yield start
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("fatal", range(5))
@pytest.mark.parametrize("after", [False, True])
def test_killed_while_it_goes_back_a_run_ends_as_if_nothing_had_been(
    fatal: int, after: bool, dying: Callable[[int, bool], Path], train: Train
) -> None:
    whole = train(*GROWING, "lr=9", "guard=rewind", "epochs=400")
    assert whole.trainer.wait(60) == 0
    place = dying(fatal, after)
    run = Trained(place, launch.start_again(place, [("resume", "", "")])[1])
    assert run.trainer.wait(60) == 0
    assert (run.record().state, run.record().step) == ("finished", 400)
    assert run.weights() == whole.weights()
    assert guarded(run) == guarded(whole)
    check_reproducible(run)


def test_a_trainer_killed_as_soon_as_it_wants_to_go_back(train: Train, wait_until: Wait) -> None:
    run = train("dropout=0.2", "optimizer=momentum", "batch_size=32", "guard=rewind", preset="deep-binary")
    get_further(run, 300, wait_until)
    run.ask("set", "training.lr", "700")
    wait_until(lambda: any(event.kind == "warning" for event in run.events()))
    run.trainer.kill()
    run.trainer.wait()
    run = again(run)
    get_further(run, 50, wait_until)
    run.ask("stop")
    assert run.trainer.wait(60) == 0
    assert [kind for kind, _, _ in guarded(run)] == ["rewind", "set"]
    check_reproducible(run)


@pytest.mark.parametrize("limit", [0, 1])
def test_what_no_rate_mends_ends_at_once(limit: int, train: Train, tmp_path: Path) -> None:
    """Of weights that are huge, the first step already gives no number."""
    weights = tmp_path / "weights.npz"
    arrays: dict[str, Any] = {"output.W": np.full((2, 1), 1e30, np.float32), "output.b": np.zeros(1, np.float32)}
    np.savez(weights, **arrays)
    run = train(*GROWING, f"weights={weights}", "guard=rewind", f"guard_limit={limit}")
    assert run.trainer.wait(60) == 1
    assert (run.record().state, run.record().step, guarded(run)) == ("diverged", 1, [])


def test_numbers_that_are_lost_in_the_last_step_are_asked_back_once(
    nntui_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    config = presets.find("xor").load().with_settings(["lr=0.5", "steps=50", "guard=rewind"])
    run = folder.create(paths.runs_dir(), name="", preset="xor", config=config.to_dict())
    make = Loop.run

    def loses(loop: Loop, count: int) -> Slice:
        made = make(loop, count)
        if loop.finished and loop.training.lr == 0.5:
            loop.network.parameters[0] = np.inf
        return made

    monkeypatch.setattr(Loop, "run", loses)
    try:
        assert Session(run).run() == "finished"
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    with closing(Reader(run)) as reader:
        asked = [(command.kind, command.value, command.status) for command in reader.commands(FOREVER)]
        warnings = [event.text for event in reader.events() if event.kind == "warning"]
    assert asked == [("rewind", "0", "applied"), ("set", "0.25", "applied")]
    assert warnings == ["diverged: NaN or infinity after the last step"]
