"""The engine's thread: commands in, news out, and never a silent death."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial

import pytest

from easel.clock import ManualClock
from easel.contract.models import ModelDocument
from easel.errors import (
    InternalError,
    ModelFailed,
    ModelInUse,
    ModelNotFound,
    ServerStopping,
)
from easel.text2image.engine_thread.runner import EngineRunner, ModelSource
from easel.text2image.engine_thread.step_watch import StepWatch
from easel.text2image.engines.base import AnyEngine, ModelUnavailable
from easel.text2image.engines.load_options import Progress
from easel.text2image.scheduling.cost_model import CostModel
from tests.text2image.gated_engine import PATIENCE_S, GatedEngine
from tests.text2image.recording_listener import RecordingListener
from tests.text2image.running_server import GivenModels
from tests.text2image.scripted_engine import ScriptedEngine
from tests.text2image.some_painting import some_painting

Load = Callable[[], AnyEngine]


class Engine:
    """A runner and what it tells."""

    def __init__(self, source: ModelSource) -> None:
        self.heard = RecordingListener()
        self.watch = StepWatch()
        self.costs = CostModel()
        self.runner = EngineRunner(
            source, self.heard.post, ManualClock(), costs=self.costs, watch=self.watch
        )

    def start(self) -> None:
        self.runner.start(self.heard)

    def until_ready(self) -> None:
        self.heard.wait_for(lambda: self.heard.device)

    def until_lost(self) -> str:
        self.heard.wait_for(lambda: self.heard.unavailable)
        assert self.heard.unavailable
        return self.heard.unavailable


@contextmanager
def running(source: ModelSource) -> Iterator[Engine]:
    engine = Engine(source)
    engine.start()
    try:
        yield engine
    finally:
        engine.runner.finish(PATIENCE_S)


def scripted(model_id: str = "fake", **arguments: bool) -> ScriptedEngine:
    return ScriptedEngine(ManualClock(), model_id=model_id, **arguments)


def test_the_first_model_is_loaded_at_once_and_said_to_be_ready() -> None:
    with running(
        GivenModels({"a": partial(scripted, "a"), "b": partial(scripted, "b")})
    ) as engine:
        engine.until_ready()
        assert engine.heard.device is not None
        assert engine.heard.device.name == "cpu"
        assert engine.heard.device.cuda_available is False
        assert engine.heard.state("a") == "ready"
        assert engine.heard.state("b") == "unloaded"
    assert engine.heard.unavailable is None


def test_who_came_before_the_model_is_painted_when_it_has_come() -> None:
    engine = Engine(GivenModels({"fake": scripted}))
    engine.runner.submit(some_painting("x"))
    engine.start()
    engine.heard.wait_for(lambda: engine.heard.images)
    assert engine.heard.painted("x") == [0]
    engine.runner.finish(PATIENCE_S)


def test_an_idle_thread_hears_of_the_next_generation() -> None:
    with running(GivenModels({"fake": scripted})) as engine:
        for name in ("x", "y"):
            engine.until_ready()
            engine.runner.submit(some_painting(name))
            engine.heard.wait_for(partial(engine.heard.painted, name))


def test_a_second_model_is_loaded_on_demand() -> None:
    models: Mapping[str, Load] = {
        "a": partial(scripted, "a"),
        "b": partial(scripted, "b"),
    }
    with running(GivenModels(models)) as engine:
        engine.until_ready()
        engine.runner.submit(some_painting("x", model="b"))
        engine.heard.wait_for(lambda: engine.heard.images)
        assert engine.heard.state("b") == "ready"


def test_a_generation_for_a_model_of_an_earlier_process_fails() -> None:
    with running(GivenModels({"fake": scripted})) as engine:
        engine.runner.submit(some_painting("x", model="gone"))
        engine.heard.wait_for(lambda: engine.heard.failed)
        assert isinstance(engine.heard.failed["x"], ModelNotFound)


def test_one_that_is_cancelled_while_its_model_loads_is_let_go() -> None:
    gate: Future[AnyEngine] = Future()
    models: Mapping[str, Load] = {
        "a": partial(scripted, "a"),
        "b": lambda: gate.result(PATIENCE_S),
    }
    with running(GivenModels(models)) as engine:
        painting = some_painting("x", model="b", number=3)
        engine.runner.submit(painting)
        engine.heard.wait_for(
            lambda: engine.heard.views and engine.heard.views[-1].waiting == ("x",)
        )
        assert engine.heard.views[-1].backlog_s is None
        painting.order.stop.set()
        engine.heard.wait_for(lambda: engine.heard.stopped)
        # The queue is told, too: nobody waits any more.
        engine.heard.wait_for(lambda: engine.heard.views[-1].waiting == ())
        assert engine.heard.views[-1].backlog_s == 0.0
        gate.set_result(scripted("b"))


def test_a_second_model_that_cannot_be_loaded_fails_its_own_generations_only() -> None:
    def broken() -> AnyEngine:
        raise ModelUnavailable("there is no such file")

    with running(GivenModels({"fake": scripted, "b": broken})) as engine:
        engine.runner.submit(some_painting("x", model="b"))
        engine.heard.wait_for(lambda: engine.heard.failed)
        assert isinstance(engine.heard.failed["x"], ModelFailed)
        engine.runner.submit(some_painting("y"))
        engine.heard.wait_for(lambda: engine.heard.painted("y"))
        assert engine.heard.unavailable is None


def test_a_model_is_loaded_and_unloaded_by_command() -> None:
    models: Mapping[str, Load] = {
        "a": partial(scripted, "a"),
        "b": partial(scripted, "b"),
    }
    with running(GivenModels(models)) as engine:
        engine.until_ready()
        assert engine.runner.load("b").result(PATIENCE_S).state == "loading"
        engine.heard.wait_for(lambda: engine.heard.state("b") == "ready")
        assert engine.runner.load("b").result(PATIENCE_S).state == "ready"
        assert engine.runner.unload("b").result(PATIENCE_S).state == "unloaded"
        with pytest.raises(ModelNotFound):
            engine.runner.load("c").result(PATIENCE_S)


def test_a_model_that_paints_is_not_unloaded() -> None:
    gated = GatedEngine()
    with running(GivenModels({"fake": lambda: gated})) as engine:
        engine.runner.submit(some_painting("x"))
        engine.heard.wait_for(lambda: engine.heard.started)
        unloading = engine.runner.unload("fake")
        gated.allow(3)
        with pytest.raises(ModelInUse):
            unloading.result(PATIENCE_S)


def test_an_answer_that_nobody_waits_for_any_more_harms_nothing() -> None:
    engine = Engine(GivenModels({"fake": scripted}))
    assert engine.runner.unload("fake").cancel()
    engine.runner.submit(some_painting("x"))
    engine.start()
    engine.heard.wait_for(lambda: engine.heard.images)
    engine.runner.finish(PATIENCE_S)
    assert engine.heard.unavailable is None


def test_who_waits_for_a_model_that_never_fits_is_told_whoever_finds_out() -> None:
    """The load command looks for room, too, before the generation's own turn."""
    models: Mapping[str, Load] = {
        "a": partial(scripted, "a"),
        "b": partial(scripted, "b"),
    }
    source = GivenModels(models, needed_bytes={"a": 0, "b": 2}, limit_bytes=1)
    engine = Engine(source)
    engine.runner.submit(some_painting("x", model="b"))
    loading = engine.runner.load("b")
    engine.start()
    assert loading.result(PATIENCE_S).state == "failed"
    engine.heard.wait_for(lambda: engine.heard.failed)
    assert isinstance(engine.heard.failed["x"], ModelFailed)
    engine.runner.finish(PATIENCE_S)


# Ends


def test_a_first_model_that_never_fits_is_said() -> None:
    source = GivenModels(
        {"a": partial(scripted, "a")}, needed_bytes={"a": 2}, limit_bytes=1
    )
    with running(source) as engine:
        assert "'a' needs" in engine.until_lost()


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (ModelUnavailable("there is no 'x'"), "there is no 'x'"),
        (KeyError("x"), "internal error: KeyError"),
    ],
)
def test_models_that_cannot_be_described_are_said(
    failure: Exception, reason: str
) -> None:
    class Nothing(GivenModels):
        def describe(self) -> Mapping[str, ModelDocument]:
            raise failure

    with running(Nothing({})) as engine:
        assert engine.until_lost() == reason


def test_a_bug_in_the_thread_is_heard_and_leaves_nobody_waiting(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken(ScriptedEngine):
        def end(self, sample: object) -> None:
            raise KeyError("bug")

    with running(GivenModels({"fake": lambda: Broken(ManualClock())})) as engine:
        engine.runner.submit(some_painting("x", steps=1))
        assert engine.until_lost() == "internal error: KeyError"
        assert engine.watch.hung_for_s(1e9) is None
    assert "the engine's thread died" in caplog.text


def test_a_lost_device_ends_the_thread_and_commands_are_still_answered() -> None:
    gated = GatedEngine()
    with running(GivenModels({"fake": lambda: gated})) as engine:
        gated.failure = ModelUnavailable("the GPU is gone")
        engine.runner.submit(some_painting("x"))
        engine.heard.wait_for(lambda: engine.heard.started)
        early = engine.runner.load("fake")
        gated.allow(1)
        assert engine.until_lost() == "the GPU is gone"
        for answer in (early, engine.runner.load("fake"), engine.runner.unload("x")):
            with pytest.raises(InternalError):
                answer.result(PATIENCE_S)


def test_finish_ends_what_is_left_and_closes_the_models() -> None:
    gated = GatedEngine()
    engine = Engine(GivenModels({"fake": lambda: gated}))
    engine.start()
    engine.runner.submit(some_painting("x", steps=50))
    engine.heard.wait_for(lambda: engine.heard.started)
    gated.allow(50)
    engine.runner.finish(PATIENCE_S)
    assert [spec.id for spec in gated.ended] == ["x-0"]
    if not engine.heard.images:
        assert isinstance(engine.heard.failed["x"], ServerStopping)
    with pytest.raises(InternalError):
        engine.runner.load("fake").result(PATIENCE_S)


def test_a_step_that_hangs_does_not_keep_the_process_from_ending() -> None:
    gated = GatedEngine()
    engine = Engine(GivenModels({"fake": lambda: gated}))
    engine.start()
    engine.runner.submit(some_painting("x"))
    engine.heard.wait_for(lambda: engine.heard.started)
    engine.runner.finish(0)
    gated.allow(1)
    engine.heard.wait_for(lambda: engine.heard.failed)


# Calibration


def test_a_model_is_measured_before_it_is_said_to_be_ready() -> None:
    made = scripted(is_calibrated=False)
    with running(GivenModels({"fake": lambda: made})) as engine:
        engine.until_ready()
        assert made.begun
        assert made.held == {}
        size = made.model.sizes.native[0]
        specs = some_painting("x", size=size.width).specs
        assert engine.costs.step_s(made.plan(specs[0]).key, 2) is not None


def test_progress_of_a_load_is_told() -> None:
    class Slow(GivenModels):
        def load(self, model_id: str, progress: Progress) -> AnyEngine:
            progress(0.5)
            return super().load(model_id, progress)

    with running(Slow({"fake": scripted})) as engine:
        engine.until_ready()
        shares = [models[0].load_progress for models in engine.heard.models]
        assert shares == [0.0, 0.5, None]
