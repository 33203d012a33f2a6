"""The loader's thread, with loads that wait until a test lets them go on."""

import queue
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from easel.text2image.engines.base import AnyEngine, ModelUnavailable
from easel.text2image.engines.load_options import Progress
from easel.text2image.models.model_loader import (
    LoadFailed,
    LoadProgressed,
    LoadReport,
    ModelLoaded,
    ModelLoader,
)

# Far longer than anything here takes: only a broken test waits so long.
PATIENCE_S = 20.0


class Loads:
    """What the loader is given: `begun` hears of each load, `outcomes` end them."""

    def __init__(self) -> None:
        self.begun: queue.Queue[str] = queue.Queue()
        self.outcomes: queue.Queue[Any] = queue.Queue()
        self.reports: queue.Queue[LoadReport] = queue.Queue()

    def load(self, model: str, progress: Progress) -> AnyEngine:
        self.begun.put(model)
        outcome = self.outcomes.get(timeout=PATIENCE_S)
        if isinstance(outcome, BaseException):
            raise outcome
        for share in getattr(outcome, "shares", ()):
            progress(share)
        engine: AnyEngine = outcome
        return engine

    def next_begun(self) -> str:
        return self.begun.get(timeout=PATIENCE_S)

    def next_report(self) -> LoadReport:
        return self.reports.get(timeout=PATIENCE_S)


@pytest.fixture
def loads() -> Loads:
    return Loads()


@pytest.fixture
def loader(loads: Loads) -> Iterator[ModelLoader]:
    made = ModelLoader(loads.load, loads.reports.put)
    yield made
    for _ in range(3):
        loads.outcomes.put(ModelUnavailable("the test is over"))
    assert made.finish(PATIENCE_S)


def engine(*shares: float) -> Any:
    return SimpleNamespace(shares=shares)


def test_a_loaded_engine_is_handed_over(loader: ModelLoader, loads: Loads) -> None:
    loader.request("a")
    loads.outcomes.put(made := engine())
    assert loads.next_report() == ModelLoaded("a", made)


def test_models_load_one_after_another_in_the_order_asked_for(
    loader: ModelLoader, loads: Loads
) -> None:
    for model in ("a", "b", "c"):
        loader.request(model)
    begun = []
    for _ in range(3):
        begun.append(loads.next_begun())
        assert loads.begun.empty()
        loads.outcomes.put(engine())
        loads.next_report()
    assert begun == ["a", "b", "c"]


def test_asking_again_changes_nothing_while_it_is_queued_or_loading(
    loader: ModelLoader, loads: Loads
) -> None:
    loader.request("a")
    assert loads.next_begun() == "a"
    for model in ("a", "b", "b", "c"):
        loader.request(model)
    for expected in ("b", "c"):
        loads.outcomes.put(engine())
        loads.next_report()
        assert loads.next_begun() == expected


def test_every_whole_percent_is_told_once_at_most(
    loader: ModelLoader, loads: Loads
) -> None:
    loader.request("a")
    loads.outcomes.put(engine(0.001, 0.002, 0.5, 0.501, 0.4, 1.0, 1.0, 7.0))
    told = [loads.next_report() for _ in range(4)]
    assert told[:3] == [LoadProgressed("a", share) for share in (0.0, 0.5, 1.0)]
    assert isinstance(told[3], ModelLoaded)


def test_a_failure_is_one_line_and_the_next_model_loads(
    loader: ModelLoader, loads: Loads
) -> None:
    loader.request("a")
    loader.request("b")
    loads.outcomes.put(ModelUnavailable("no such folder"))
    assert loads.next_report() == LoadFailed("a", "no such folder")
    loads.outcomes.put(made := engine())
    assert loads.next_report() == ModelLoaded("b", made)


@pytest.mark.parametrize("bug", [KeyError("secret"), SystemExit(3)])
def test_a_bug_is_reported_without_its_text_and_the_thread_lives(
    loader: ModelLoader, loads: Loads, bug: BaseException
) -> None:
    loader.request("a")
    loads.outcomes.put(bug)
    name = type(bug).__name__
    assert loads.next_report() == LoadFailed("a", f"loading failed: {name}")
    loader.request("a")
    loads.outcomes.put(made := engine())
    assert loads.next_report() == ModelLoaded("a", made)


def test_one_that_failed_can_be_asked_for_as_soon_as_that_is_told(
    loads: Loads,
) -> None:
    told: queue.Queue[LoadReport] = queue.Queue()

    def report(report: LoadReport) -> None:
        if isinstance(report, LoadFailed):
            own.request(report.model)
        told.put(report)

    own = ModelLoader(loads.load, report)
    own.request("a")
    loads.outcomes.put(ModelUnavailable("not now"))
    loads.outcomes.put(made := engine())
    assert told.get(timeout=PATIENCE_S) == LoadFailed("a", "not now")
    assert told.get(timeout=PATIENCE_S) == ModelLoaded("a", made)
    assert own.finish(PATIENCE_S)


def test_a_listener_that_fails_does_not_stop_the_thread(loads: Loads) -> None:
    heard = threading.Event()

    def report(report: LoadReport) -> None:
        if report.model == "b":
            heard.set()
        raise RuntimeError("the listener is broken")

    loader = ModelLoader(loads.load, report)
    for model in ("a", "b"):
        loader.request(model)
        loads.outcomes.put(engine())
    assert heard.wait(PATIENCE_S)
    assert loader.finish(PATIENCE_S)


def test_only_what_is_still_queued_can_be_cancelled(
    loader: ModelLoader, loads: Loads
) -> None:
    loader.request("a")
    loads.next_begun()
    loader.request("b")
    loader.request("c")
    assert loader.cancel("b")
    assert not loader.cancel("b")
    assert not loader.cancel("a")
    loads.outcomes.put(engine())
    assert loads.next_begun() == "c"


def test_finishing_waits_for_the_load_that_runs_and_begins_no_other(
    loads: Loads,
) -> None:
    loader = ModelLoader(loads.load, loads.reports.put)
    loader.request("a")
    loader.request("b")
    loads.next_begun()
    assert not loader.finish(0)
    loads.outcomes.put(made := engine())
    assert loader.finish(PATIENCE_S)
    assert loads.next_report() == ModelLoaded("a", made)
    loader.request("c")
    assert loads.begun.empty()
