import asyncio
from datetime import UTC, datetime

import pytest

from easel.clock import ManualClock
from easel.contract.generations import Parameters
from easel.errors import StoreUnavailable
from easel.gateway.foreign import stages
from easel.gateway.foreign.kept_paintings import LEASE_S, KeptPaintings, Record
from easel.gateway.foreign.watched import StoredPainting
from tests.gateway.store.memory_store import MemoryStore

ID = "gen_x_1"
PARAMETERS = Parameters(
    prompt="a fox",
    negative_prompt=None,
    width=512,
    height=512,
    num_inference_steps=1,
    guidance_scale=0,
    seed=7,
    num_images=1,
    sampler="default",
)
QUEUED = stages.queued(ID, "m", datetime(2026, 1, 1, tzinfo=UTC), PARAMETERS, ())
RECORD = Record(user="ann", fingerprint="f", document=stages.running(QUEUED))


async def no_pause(seconds: float, sooner: asyncio.Event) -> None:
    return None


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(ManualClock())


@pytest.fixture
def kept(store: MemoryStore) -> KeptPaintings:
    return KeptPaintings(store, keep_s=100.0, keep_bytes=400_000, longest_s=10.0)


@pytest.mark.parametrize("length", [1, 48 * 1024, 48 * 1024 + 1, 300_000])
async def test_pictures_of_any_length_come_back_whole(
    kept: KeptPaintings, length: int
) -> None:
    file = bytes(index * 7 % 256 for index in range(length))
    await kept.put_image(ID, 0, file)
    record = RECORD.model_copy(update={"image_bytes": (length,)})
    assert await kept.image(record, 0) == file


async def test_no_value_is_too_large_for_the_store(
    kept: KeptPaintings, store: MemoryStore
) -> None:
    await kept.put_image(ID, 0, bytes(300_000))
    sizes = [len(piece) for piece in (await store.items("foreign-image/")).values()]
    assert len(sizes) == 7
    assert max(sizes) < 64 * 1024


async def test_a_picture_without_all_of_its_pieces_is_gone(
    kept: KeptPaintings, store: MemoryStore
) -> None:
    await kept.put_image(ID, 0, bytes(100_000))
    await store.delete(f"foreign-image/{ID}/0/1")
    record = RECORD.model_copy(update={"image_bytes": (100_000,)})
    assert await kept.image(record, 0) is None


async def test_room_comes_back_with_time(
    kept: KeptPaintings, store: MemoryStore
) -> None:
    assert await kept.has_room()
    await kept.put_images(ID, [bytes(300_000), bytes(100_000)])
    assert not await kept.has_room()
    assert isinstance(store.clock, ManualClock)
    store.clock.advance(101.0)
    assert await kept.has_room()


async def test_the_first_to_begin_it_stands(kept: KeptPaintings) -> None:
    second = RECORD.model_copy(update={"fingerprint": "g"})
    assert await kept.begin(RECORD) == RECORD
    assert await kept.begin(second) == RECORD


async def test_what_lost_its_process_has_failed(
    kept: KeptPaintings, store: MemoryStore
) -> None:
    await kept.begin(RECORD)
    await kept.hold(ID, "one")
    watched = StoredPainting(RECORD, kept, no_pause)
    await watched.look()
    assert watched.document == RECORD.document
    assert isinstance(store.clock, ManualClock)
    store.clock.advance(LEASE_S + 1)
    await watched.change(1.0)
    assert watched.document.status == "failed"
    # For everybody, and for as long as any that ended.
    found = await kept.find(ID)
    assert found is not None
    assert found.document == watched.document


async def test_one_that_ended_meanwhile_has_not_failed(kept: KeptPaintings) -> None:
    await kept.begin(RECORD)
    cancelled = stages.cancelled(RECORD.document, "requested")
    ended = RECORD.model_copy(update={"document": cancelled})
    await kept.put(ended, has_ended=True)
    watched = StoredPainting(RECORD, kept, no_pause)
    await watched.look()
    assert watched.document == cancelled


async def test_one_that_was_taken_back_has_ended(kept: KeptPaintings) -> None:
    watched = StoredPainting(RECORD, kept, no_pause)
    await watched.look()
    assert watched.document.status == "cancelled"


async def test_a_store_that_is_down_says_so(
    kept: KeptPaintings, store: MemoryStore
) -> None:
    watched = StoredPainting(RECORD, kept, no_pause)
    store.is_down = True
    with pytest.raises(StoreUnavailable):
        await watched.change(1.0)
