from pathlib import Path

import pytest

from easel.clock import ManualClock
from easel.errors import GenerationNotFound
from easel.text2image.engine_thread.painting import SampleTimes
from easel.text2image.images.image_delivery import Delivered
from easel.text2image.images.image_files import StoredImage
from easel.text2image.kept_generations import KeptGenerations
from easel.text2image.live_generation import LiveGeneration
from easel.web.native_size import Size
from tests.text2image.some_generation import some_generation


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def discarded() -> list[str]:
    return []


@pytest.fixture
def kept(clock: ManualClock, discarded: list[str]) -> KeptGenerations:
    return KeptGenerations(discarded.append, clock, ttl_s=60, max_ended=2)


def complete(live: LiveGeneration, clock: ManualClock) -> None:
    stored = StoredImage(Path("0.png"), "", Size(1000, 1000), "image/png")
    live.deliver(0, Delivered(stored, None), SampleTimes(0, 0, 0, 0), 1)
    live.complete(clock.now())


def test_an_ended_generation_is_forgotten_after_its_time_with_its_images(
    clock: ManualClock, kept: KeptGenerations, discarded: list[str]
) -> None:
    live = some_generation("gen_a")
    kept.add(live)
    complete(live, clock)
    clock.advance(59)
    assert kept.find("gen_a") is live
    clock.advance(1)
    with pytest.raises(GenerationNotFound):
        kept.find("gen_a")
    assert discarded == ["gen_a"]


def test_anothers_generation_is_told_in_the_words_of_an_unknown_one(
    kept: KeptGenerations,
) -> None:
    live = some_generation("gen_a", user="ada")
    kept.add(live)
    assert kept.find("gen_a") is live
    assert kept.find("gen_a", "ada") is live
    with pytest.raises(GenerationNotFound) as anothers:
        kept.find("gen_a", "eve")
    with pytest.raises(GenerationNotFound) as unknown:
        kept.find("gen_b", "eve")
    assert anothers.value.detail.replace("gen_a", "gen_b") == unknown.value.detail


def test_what_has_not_ended_is_never_forgotten(
    clock: ManualClock, kept: KeptGenerations
) -> None:
    live = some_generation("gen_a")
    kept.add(live)
    clock.advance(10_000)
    assert kept.find("gen_a") is live


def test_the_oldest_go_when_there_are_too_many(
    clock: ManualClock, kept: KeptGenerations, discarded: list[str]
) -> None:
    for name in ("gen_a", "gen_b", "gen_c"):
        live = some_generation(name)
        kept.add(live)
        complete(live, clock)
    with pytest.raises(GenerationNotFound, match="gen_a"):
        kept.find("gen_a")
    assert kept.find("gen_b").id == "gen_b"
    assert kept.find("gen_c").id == "gen_c"
    assert discarded == ["gen_a"]


def test_cancelled_ones_do_not_push_out_images(
    clock: ManualClock, kept: KeptGenerations, discarded: list[str]
) -> None:
    first = some_generation("gen_image")
    kept.add(first)
    complete(first, clock)
    for number in range(9):
        live = some_generation(f"gen_{number}")
        kept.add(live)
        live.cancel("client_disconnected", clock.now())
    assert kept.find("gen_image") is first
    assert discarded == []
    with pytest.raises(GenerationNotFound):
        kept.find("gen_0")


def test_room_is_made_by_the_older_half(
    clock: ManualClock, kept: KeptGenerations, discarded: list[str]
) -> None:
    assert not kept.make_room()
    for name in ("gen_a", "gen_b"):
        live = some_generation(name)
        kept.add(live)
        complete(live, clock)
    assert kept.make_room()
    assert discarded == ["gen_a"]


def test_the_journal_is_told_of_a_durable_one_that_left_no_image(
    clock: ManualClock, kept: KeptGenerations, discarded: list[str]
) -> None:
    for live in (some_generation("gen_a"), some_generation("gen_b", is_durable=True)):
        kept.add(live)
        live.cancel("requested", clock.now())
    clock.advance(60)
    kept.forget_old()
    assert discarded == ["gen_b"]
