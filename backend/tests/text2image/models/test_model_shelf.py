"""Which models are on the device, by values alone: no loader, no thread."""

from collections.abc import Mapping

import pytest

from easel.clock import ManualClock
from easel.contract.models import ModelDocument
from easel.errors import ModelFailed, ModelInUse, ModelNotFound
from easel.text2image.engines.fake import FAKE_DOCUMENT
from easel.text2image.models.model_loader import LoadFailed, LoadProgressed, ModelLoaded
from easel.text2image.models.model_shelf import ModelShelf
from tests.text2image.scripted_engine import ScriptedEngine
from tests.text2image.some_painting import some_painting

NOBODY: frozenset[str] = frozenset()


class Shop:
    """A shelf for `a`, `b` and `c`, what it asked the loader for and what it told."""

    def __init__(
        self, needed_bytes: Mapping[str, int], *, limit_bytes: int = 100
    ) -> None:
        self.clock = ManualClock()
        self.requested: list[str] = []
        self.told: tuple[ModelDocument, ...] = ()
        self.engines: dict[str, ScriptedEngine] = {}
        self._needed_bytes = needed_bytes
        self.shelf = ModelShelf(
            documents={
                model_id: FAKE_DOCUMENT.model_copy(update={"id": model_id})
                for model_id in needed_bytes
            },
            needed_bytes=needed_bytes,
            request=self.requested.append,
            limit_bytes=limit_bytes,
            clock=self.clock,
            tell=self._tell,
        )

    def _tell(self, documents: tuple[ModelDocument, ...]) -> None:
        self.told = documents

    def state(self, model_id: str) -> str:
        return next(each.state for each in self.told if each.id == model_id)

    def loaded(self, model_id: str) -> None:
        """It is wanted, fits and arrives."""
        self.clock.advance(1)
        self.shelf.want(model_id)
        assert self.shelf.make_room(NOBODY) == []
        assert self.requested[-1] == model_id
        self.arrive(model_id)

    def arrive(self, model_id: str) -> list[str]:
        """Generations that can go on."""
        engine = ScriptedEngine(
            self.clock,
            model_id=model_id,
            memory_bytes=self._needed_bytes[model_id],
        )
        self.engines[model_id] = engine
        ready, failed = self.shelf.report(ModelLoaded(model_id, engine))
        assert failed == []
        return [painting.order.id for painting in ready]


@pytest.fixture
def shop() -> Shop:
    """Two of three fit."""
    return Shop({"a": 40, "b": 40, "c": 40})


def test_a_model_is_loaded_when_somebody_waits_for_it_and_only_once(
    shop: Shop,
) -> None:
    assert shop.shelf.engine("a") is None
    shop.shelf.wait(some_painting("x", number=1, model="a"))
    shop.shelf.wait(some_painting("y", number=2, model="a"))
    for _ in range(3):
        shop.shelf.make_room(NOBODY)
    assert shop.requested == ["a"]
    assert shop.state("a") == "loading"
    assert [each.order.id for each in shop.shelf.awaiting] == ["x", "y"]
    assert shop.arrive("a") == ["x", "y"]
    assert shop.state("a") == "ready"
    assert shop.shelf.engine("a") is shop.engines["a"]
    assert shop.shelf.awaiting == []


def test_who_waits_for_several_models_stands_in_one_line(shop: Shop) -> None:
    for name, number, model in (("x", 2, "a"), ("y", 1, "b"), ("z", 3, "a")):
        shop.shelf.wait(some_painting(name, number=number, model=model))
    assert [each.order.id for each in shop.shelf.awaiting] == ["y", "x", "z"]


def test_one_that_is_not_wanted_any_more_does_not_go_on(shop: Shop) -> None:
    painting = some_painting("x", model="a")
    shop.shelf.wait(painting)
    shop.shelf.make_room(NOBODY)
    shop.shelf.forget(painting)
    assert shop.arrive("a") == []


def test_the_least_recently_used_makes_room(shop: Shop) -> None:
    shop.loaded("a")
    shop.loaded("b")
    shop.clock.advance(1)
    shop.shelf.engine("a")
    shop.loaded("c")
    assert shop.engines["b"].is_closed
    assert not shop.engines["a"].is_closed
    assert [shop.state(name) for name in "abc"] == ["ready", "unloaded", "ready"]


def test_what_runs_is_never_taken_off_the_device(shop: Shop) -> None:
    shop.loaded("a")
    shop.loaded("b")
    shop.shelf.wait(some_painting("x", model="c"))
    assert shop.shelf.make_room({"a", "b"}) == []
    assert shop.state("c") == "unloaded"
    assert not shop.engines["a"].is_closed
    assert shop.shelf.make_room({"b"}) == []
    assert shop.engines["a"].is_closed
    assert shop.state("c") == "loading"


def test_what_loads_counts_as_there(shop: Shop) -> None:
    for name in "abc":
        shop.shelf.want(name)
    shop.shelf.make_room(NOBODY)
    assert shop.requested == ["a", "b"]
    shop.arrive("a")
    shop.shelf.make_room(NOBODY)
    assert shop.requested == ["a", "b", "c"]
    assert shop.engines["a"].is_closed


def test_a_model_that_never_fits_fails_who_waits_for_it_with_the_numbers() -> None:
    shop = Shop({"a": 40, "b": 3 * 2**30}, limit_bytes=2**30)
    painting = some_painting("x", model="b")
    shop.shelf.wait(painting)
    ((hopeless, error),) = shop.shelf.make_room(NOBODY)
    assert hopeless is painting
    assert isinstance(error, ModelFailed)
    assert "3.0 GiB" in error.detail
    assert "1.0 GiB" in error.detail
    assert shop.state("b") == "failed"
    assert shop.shelf.awaiting == []
    assert shop.shelf.make_room(NOBODY) == []
    assert shop.requested == []


def test_a_failed_load_fails_who_waits_and_the_next_request_tries_again(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    painting = some_painting("x", model="a")
    shop.shelf.wait(painting)
    shop.shelf.make_room(NOBODY)
    ready, failed = shop.shelf.report(LoadFailed("a", "a file of /srv/a is broken"))
    assert ready == []
    ((waited, error),) = failed
    assert waited is painting
    assert isinstance(error, ModelFailed)
    # Paths are for the operator.
    assert "/srv" not in error.detail
    assert "/srv/a is broken" in caplog.text
    assert shop.state("a") == "failed"
    shop.shelf.make_room(NOBODY)
    assert shop.requested == ["a"]
    shop.shelf.wait(some_painting("y", model="a"))
    shop.shelf.make_room(NOBODY)
    assert shop.requested == ["a", "a"]
    assert shop.arrive("a") == ["y"]


def test_how_far_a_load_is_shows_in_the_documents(shop: Shop) -> None:
    shop.shelf.want("a")
    shop.shelf.make_room(NOBODY)
    assert shop.told[0].load_progress == 0.0
    assert shop.shelf.report(LoadProgressed("a", 0.42)) == ([], [])
    assert shop.state("a") == "loading"
    assert shop.told[0].load_progress == 0.42
    shop.arrive("a")
    assert shop.state("a") == "ready"
    assert shop.told[0].load_progress is None


def test_an_idle_model_is_unloaded_and_again_changes_nothing(shop: Shop) -> None:
    shop.loaded("a")
    for _ in range(2):
        assert shop.shelf.unload("a", NOBODY).state == "unloaded"
    assert shop.engines["a"].is_closed
    assert shop.shelf.engine("a") is None


def test_a_model_in_use_is_not_unloaded(shop: Shop) -> None:
    shop.loaded("a")
    with pytest.raises(ModelInUse):
        shop.shelf.unload("a", {"a"})
    shop.shelf.want("b")
    shop.shelf.make_room(NOBODY)
    with pytest.raises(ModelInUse):
        shop.shelf.unload("b", NOBODY)
    shop.shelf.wait(some_painting("x", model="c"))
    with pytest.raises(ModelInUse):
        shop.shelf.unload("c", NOBODY)


def test_an_unload_takes_back_the_wish_to_load(shop: Shop) -> None:
    shop.shelf.want("a")
    shop.shelf.unload("a", NOBODY)
    shop.shelf.make_room(NOBODY)
    assert shop.requested == []


def test_an_unknown_model_is_not_found(shop: Shop) -> None:
    for ask in (shop.shelf.engine, shop.shelf.want, shop.shelf.document):
        with pytest.raises(ModelNotFound):
            ask("d")
    with pytest.raises(ModelNotFound):
        shop.shelf.unload("d", NOBODY)


def test_at_the_end_every_engine_is_closed(shop: Shop) -> None:
    shop.loaded("a")
    shop.loaded("b")
    shop.shelf.close()
    assert all(engine.is_closed for engine in shop.engines.values())
