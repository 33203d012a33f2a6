from datetime import UTC, datetime, timedelta

import pytest

from easel.clock import ManualClock
from easel.gateway.admission.tickets import Place
from easel.gateway.facades.automatic1111.jobs import Jobs
from tests.gateway.facades.automatic1111.automatic1111_app import Looks
from tests.gateway.store.memory_store import MemoryStore

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Workers:
    """Two workers of a gateway over one store."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.store = MemoryStore(self.clock)
        self.looks = Looks()
        self.here = self._worker()
        self.there = self._worker()

    def _worker(self) -> Jobs:
        return Jobs(self.store, now=self._now, pause=self.looks.pause)

    def _now(self) -> datetime:
        return NOON + timedelta(seconds=self.clock.now())


@pytest.fixture
async def workers() -> Workers:
    return Workers()


async def test_a_call_is_known_to_every_worker_until_it_ends(workers: Workers) -> None:
    async with workers.here.begin("fox", 3) as job:
        job.waits_at(Place(position=2, eta_s=7.5))
        await workers.here.assigned(job, 1, "gen_1")
        job.waits_at(Place(position=1, eta_s=2.5))
        await workers.here.ended(job, 0)
        [seen] = await workers.there.of("fox")
        assert seen == job.record()
        assert (seen.batches, seen.done, seen.generation_ids) == (3, 1, ("gen_1",))
        assert (seen.position, seen.eta_s) == (1, 2.5)
        assert seen.started_at == NOON
        assert await workers.here.of("fox") == [seen]
    assert await workers.there.of("fox") == []
    assert await workers.here.of("fox") == []


async def test_the_newest_call_comes_first(workers: Workers) -> None:
    async with workers.here.begin("fox", 1) as old:
        await workers.here.assigned(old, 0, "gen_1")
        workers.clock.advance(1)
        async with workers.there.begin("fox", 1) as new:
            await workers.there.assigned(new, 0, "gen_2")
            records = await workers.here.of("fox")
    assert [record.generation_ids for record in records] == [("gen_2",), ("gen_1",)]


@pytest.mark.parametrize("stranger", ["fo", "fox/", "fox/x", "FOX"])
async def test_a_caller_knows_nothing_of_others(
    workers: Workers, stranger: str
) -> None:
    async with workers.here.begin("fox", 1) as job:
        await workers.here.assigned(job, 0, "gen_1")
        for worker in (workers.here, workers.there):
            assert await worker.of(stranger) == []
            assert await worker.interrupt(stranger) == []
        assert not job.interrupted.is_set()


async def test_an_interrupt_elsewhere_is_seen_at_the_next_look(
    workers: Workers,
) -> None:
    async with workers.here.begin("fox", 1) as job:
        await workers.here.assigned(job, 0, "gen_1")
        assert await workers.there.interrupt("fox") == ["gen_1"]
        assert not job.interrupted.is_set()
        workers.looks.one()
        await job.interrupted.wait()


async def test_an_interrupt_here_is_at_once(workers: Workers) -> None:
    async with workers.here.begin("fox", 1) as job:
        assert await workers.here.interrupt("fox") == []
        assert job.interrupted.is_set()


async def test_a_call_that_lasts_stays_known(workers: Workers) -> None:
    async with workers.here.begin("fox", 1) as job:
        await workers.here.assigned(job, 0, "gen_1")
        workers.clock.advance(29)
        for _ in range(10):
            workers.looks.one()
        await workers.looks.until_idle()
        workers.clock.advance(29)
        assert len(await workers.there.of("fox")) == 1


async def test_a_dead_workers_calls_are_forgotten(workers: Workers) -> None:
    async with workers.here.begin("fox", 1) as job:
        await workers.here.assigned(job, 0, "gen_1")
        workers.clock.advance(31)
        assert await workers.there.of("fox") == []


async def test_without_the_store_a_worker_knows_its_own(workers: Workers) -> None:
    workers.store.is_down = True
    async with workers.here.begin("fox", 1) as job:
        await workers.here.assigned(job, 0, "gen_1")
        workers.looks.one()
        await workers.looks.until_idle()
        assert await workers.here.of("fox") == [job.record()]
        assert await workers.there.of("fox") == []
        assert await workers.here.interrupt("fox") == []
        assert job.interrupted.is_set()


async def test_an_entry_of_another_version_is_passed_over(workers: Workers) -> None:
    await workers.store.put("sdapi-job/fox/1", b'{"of": "tomorrow"}')
    async with workers.here.begin("fox", 1):
        assert len(await workers.here.of("fox")) == 1
