"""Generations on several replicas: none is lost with one, and nothing is told twice."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import pytest

from easel.clock import ManualClock, MonotonicClock
from easel.errors import (
    EngineFailed,
    InternalError,
    ModelInUse,
    ModelNotFound,
    OutOfMemory,
    ServerStopping,
)
from easel.text2image.engine_thread.painting import Painting
from easel.text2image.engines.base import AnyEngine
from easel.text2image.engines.fake import FakeEngine, FakeSample
from easel.text2image.executors.fleet_executor import FleetExecutor
from easel.text2image.executors.flight import MAX_LOST_REPLICAS
from tests.text2image.executors.local_fleet import LocalFleet
from tests.text2image.gated_engine import PATIENCE_S, GatedEngine
from tests.text2image.recording_listener import RecordingListener
from tests.text2image.running_server import GivenModels
from tests.text2image.scripted_engine import ScriptedEngine
from tests.text2image.some_painting import some_painting

Load = Callable[[], AnyEngine]


def models(load: Load, *others: str) -> GivenModels:
    def other(name: str) -> Load:
        return lambda: ScriptedEngine(ManualClock(), model_id=name)

    return GivenModels({"fake": load} | {name: other(name) for name in others})


class Front:
    """An executor, what it tells, and its replicas."""

    def __init__(
        self,
        *loads: Load,
        others: tuple[str, ...] = (),
        per_replica: int = 8,
        is_there: bool = True,
        silence_s: float = PATIENCE_S,
    ) -> None:
        self.others = others
        self.heard = RecordingListener()
        self.fleet = LocalFleet(
            *(partial(models, load, *others) for load in loads), is_there=is_there
        )
        self.executor = FleetExecutor(
            models(loads[0] if loads else fake, *others),
            self.fleet,
            self.heard.post,
            MonotonicClock(),
            per_replica=per_replica,
            max_batch_rows=4,
            silence_s=silence_s,
            pulse_s=0.01,
        )

    def submit(self, *paintings: Painting) -> None:
        for painting in paintings:
            self.executor.submit(painting)

    def add(self, load: Load) -> int:
        return self.fleet.add(partial(models, load, *self.others))

    def until_ready(self) -> None:
        self.heard.wait_for(lambda: self.heard.device or self.heard.unavailable)

    def until_progress(self, name: str, step: int) -> None:
        self.heard.wait_for(lambda: step in self.heard.progress(name))

    def until_painted(self, *names: str) -> None:
        self.heard.wait_for(lambda: all(self.heard.painted(name) for name in names))

    def until_sent(self, count: int) -> None:
        with self.fleet.changed:
            assert self.fleet.changed.wait_for(
                lambda: len(self.fleet.sent) >= count, PATIENCE_S
            )

    def until_left(self, name: str) -> None:
        with self.fleet.changed:
            assert self.fleet.changed.wait_for(
                lambda: name in self.fleet.left, PATIENCE_S
            )


@contextmanager
def running(front: Front) -> Iterator[Front]:
    front.executor.start(front.heard)
    try:
        front.until_ready()
        yield front
    finally:
        front.executor.finish(PATIENCE_S)


def fake() -> FakeEngine:
    return FakeEngine(step_s=0)


class Slow(FakeEngine):
    """Paints as the fake engine does, a step at a time as `gate` allows."""

    def __init__(self, gate: GatedEngine) -> None:
        super().__init__(step_s=0)
        self._gate = gate

    def step(self, samples: Sequence[FakeSample], *, max_rows: int) -> None:
        self._gate.step([], max_rows=max_rows)
        super().step(samples, max_rows=max_rows)


def painted_bytes(front: Front, name: str) -> dict[int, bytes]:
    return {
        painted.index: painted.image.tobytes()
        for told, painted in front.heard.images
        if told == name
    }


def test_a_replica_paints_and_its_news_arrive() -> None:
    with running(Front(fake)) as front:
        front.submit(some_painting("a", steps=3, is_watched=True))
        front.until_painted("a")
        assert front.heard.started == ["a"]
        assert front.heard.progress("a") == [1, 2, 3]
        ((_, painted),) = front.heard.images
        assert painted.image.size == (512, 512)
        assert painted.times.last_step_at >= painted.times.first_step_at
        assert front.heard.previews
        assert front.heard.device is not None
        assert front.heard.device.allocated_bytes is None


def test_each_pass_counts_once_however_many_tell_of_it(gated: GatedEngine) -> None:
    with running(Front(lambda: gated)) as front:
        front.submit(some_painting("a", steps=2), some_painting("b", steps=2))
        front.heard.wait_for(lambda: gated.asked)
        front.until_sent(2)
        gated.allow(100)
        front.until_painted("a", "b")
        assert front.heard.progress("a") == front.heard.progress("b") == [1, 2]
    assert len(front.heard.steps) == len(gated.batches)


def test_what_a_lost_replica_painted_is_painted_elsewhere(gated: GatedEngine) -> None:
    with running(Front(fake)) as calm:
        calm.submit(some_painting("a", steps=4))
        calm.until_painted("a")
    with running(Front(partial(Slow, gated))) as front:
        front.submit(some_painting("a", steps=4))
        gated.allow(2)
        front.until_progress("a", 2)
        front.add(fake)
        front.fleet.kill(0)
        front.until_painted("a")
        assert front.heard.started == ["a"]
        assert front.heard.progress("a") == [1, 2, 3, 4]
        assert painted_bytes(front, "a") == painted_bytes(calm, "a")
        assert front.heard.failed == {}
    gated.allow(100)


def test_images_that_have_come_are_not_painted_again(gated: GatedEngine) -> None:
    second = ScriptedEngine(ManualClock())
    with running(Front(lambda: gated)) as front:
        # Of two rows each: one image after the other.
        painting = some_painting("a", steps=2, num_images=4, guidance_scale=4.0)
        front.submit(painting)
        gated.allow(2)
        front.heard.wait_for(lambda: len(front.heard.painted("a")) == 1)
        front.add(lambda: second)
        front.fleet.kill(0)
        front.heard.wait_for(lambda: len(front.heard.painted("a")) == 4)
        assert sorted(front.heard.painted("a")) == [0, 1, 2, 3]
        assert second.begun == ["a/1-0", "a/1-1", "a/1-2"]
    gated.allow(100)


def test_a_cancelled_one_stops_at_its_replica(gated: GatedEngine) -> None:
    with running(Front(lambda: gated)) as front:
        painting = some_painting("a", steps=10)
        front.submit(painting)
        gated.allow(2)
        front.until_progress("a", 2)
        painting.order.stop.set()
        front.heard.wait_for(lambda: "a" in front.heard.stopped)
        assert front.heard.stopped == {"a": 8}
        front.until_left("a")
        front.submit(some_painting("b", steps=1))
        gated.allow(100)
        front.until_painted("b")
        # One step was under way.
        assert gated.asked == 4
        assert [spec.id for spec in gated.ended] == ["a/1-0", "b/2-0"]
        assert front.heard.painted("a") == []


def test_who_has_taken_many_replicas_along_is_given_up(gated: GatedEngine) -> None:
    with running(Front(lambda: gated)) as front:
        front.submit(some_painting("a", steps=100))
        for number in range(MAX_LOST_REPLICAS):
            gated.allow(1)
            front.until_sent(number + 1)
            front.heard.wait_for(lambda: gated.asked)
            gated.asked = 0
            if number + 1 < MAX_LOST_REPLICAS:
                front.add(lambda: gated)
            front.fleet.kill(number)
        front.heard.wait_for(lambda: front.heard.failed)
        assert isinstance(front.heard.failed["a"], EngineFailed)
        assert "replicas were lost" in front.heard.failed["a"].detail
    gated.allow(1000)


def test_one_that_cannot_be_painted_fails_and_takes_nobody_along() -> None:
    engine = ScriptedEngine(ManualClock())
    engine.faults["begin", "a/1-0"] = OutOfMemory("too large")
    with running(Front(lambda: engine)) as front:
        front.submit(some_painting("a"))
        front.heard.wait_for(lambda: front.heard.failed)
        front.submit(some_painting("b"))
        front.until_painted("b")
        error = front.heard.failed["a"]
        assert isinstance(error, OutOfMemory)
        assert error.detail == "too large"
        assert front.fleet.sent == ["a", "b"]


def test_a_replica_that_falls_silent_is_left(gated: GatedEngine) -> None:
    with running(Front(lambda: gated, silence_s=0)) as front:
        front.submit(some_painting("a", steps=100))
        front.heard.wait_for(lambda: front.heard.failed)
        assert len(front.fleet.sent) == MAX_LOST_REPLICAS
    gated.allow(1000)


def test_no_more_are_sent_than_replicas_paint_at_a_time(gated: GatedEngine) -> None:
    with running(Front(lambda: gated, per_replica=2)) as front:
        front.submit(*(some_painting(name, number=n) for n, name in enumerate("abcd")))
        front.heard.wait_for(
            lambda: any(len(view.etas) == 4 for view in front.heard.views)
        )
        front.until_sent(2)
        assert front.fleet.sent == ["a", "b"]
        gated.allow(100)
        front.until_painted(*"abcd")
        assert sorted(front.fleet.sent) == ["a", "b", "c", "d"]


def test_who_waits_for_the_first_replica_gets_it() -> None:
    with running(Front()) as front:
        front.submit(some_painting("a"))
        front.until_sent(1)
        front.add(fake)
        front.until_painted("a")


def test_a_stop_fails_what_is_left_and_frees_the_replicas(gated: GatedEngine) -> None:
    with running(Front(lambda: gated)) as front:
        front.submit(some_painting("a", steps=50))
        front.heard.wait_for(lambda: gated.asked)
    assert isinstance(front.heard.failed["a"], ServerStopping)
    gated.allow(1000)


def test_a_model_that_is_gone_is_said_to_be() -> None:
    with running(Front(fake)) as front:
        front.submit(some_painting("a", model="other"))
        front.heard.wait_for(lambda: front.heard.failed)
        assert isinstance(front.heard.failed["a"], ModelNotFound)


def test_without_a_cluster_the_server_cannot_serve() -> None:
    with running(Front(is_there=False)) as front:
        assert front.heard.unavailable == "no cluster anywhere"
        with pytest.raises(InternalError):
            front.executor.load("fake").result(PATIENCE_S)


def test_what_replicas_have_loaded_is_ready() -> None:
    with running(Front(fake, others=("b",))) as front:
        front.heard.wait_for(lambda: front.heard.state("fake") == "ready")
        assert front.heard.state("b") == "unloaded"
        asked = front.executor.load("b").result(PATIENCE_S)
        assert asked.state == "loading"
        front.heard.wait_for(lambda: front.heard.state("b") == "ready")
        gone = front.executor.unload("b").result(PATIENCE_S)
        assert gone.state == "unloaded"
        with pytest.raises(ModelNotFound):
            front.executor.load("c").result(PATIENCE_S)


def test_a_model_in_use_stays(gated: GatedEngine) -> None:
    with running(Front(lambda: gated)) as front:
        front.submit(some_painting("a", steps=5))
        front.heard.wait_for(lambda: gated.asked)
        with pytest.raises(ModelInUse):
            front.executor.unload("fake").result(PATIENCE_S)
        gated.allow(100)
        front.until_painted("a")


def test_the_replicas_are_told_what_is_wanted(gated: GatedEngine) -> None:
    with running(Front(lambda: gated, per_replica=1)) as front:
        front.submit(*(some_painting(name, steps=5) for name in "abc"))
        gated.allow(5)
        front.until_painted("a")
        front.heard.wait_for(
            lambda: any(
                demand.generations == 2 and demand.backlog_s is not None
                for demand in front.fleet.demands
            )
        )
        gated.allow(100)
