import logging
from contextlib import suppress

import pytest

from easel.errors import StoreUnavailable
from easel.gateway.access.cautious_store import CautiousStore
from tests.gateway.access.access_rig import FlakyStore, Times


async def ask(cautious: CautiousStore) -> bytes | None:
    return await cautious.ask(lambda store: store.get("key"))


async def test_after_a_failure_it_is_not_asked_for_a_moment(
    store: FlakyStore, times: Times
) -> None:
    cautious = CautiousStore(store, times.clock)
    store.is_down = True
    for _ in range(5):
        with pytest.raises(StoreUnavailable):
            await ask(cautious)
    assert store.operations == 1
    store.is_down = False
    times.advance(2.0)
    await ask(cautious)
    await ask(cautious)
    assert store.operations == 3


async def test_an_outage_is_logged_at_its_begin_and_its_end(
    store: FlakyStore, times: Times, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    cautious = CautiousStore(store, times.clock, consequence="limits shrink")
    # On a full disk some operations work.
    for is_down in (True, False, True, True, False, False):
        store.is_down = is_down
        times.advance(2.0)
        with suppress(StoreUnavailable):
            await ask(cautious)
    times.advance(10.0)
    await ask(cautious)
    await ask(cautious)
    assert [record.getMessage() for record in caplog.records] == [
        "the store does not answer; limits shrink",
        "the store answers again",
    ]


async def test_the_pause_can_be_ended(store: FlakyStore, times: Times) -> None:
    cautious = CautiousStore(store, times.clock)
    store.is_down = True
    with pytest.raises(StoreUnavailable):
        await ask(cautious)
    store.is_down = False
    cautious.resume()
    await ask(cautious)
