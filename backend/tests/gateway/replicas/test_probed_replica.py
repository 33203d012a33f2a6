"""What a replica learns from its probes and answers."""

import asyncio

import pytest

from easel.clock import ManualClock
from easel.gateway.replicas.pool import Need
from tests.gateway.replicas.model_server import ModelServer
from tests.gateway.replicas.probe_ticks import ProbeTicks
from tests.gateway.replicas.running_pool import ANY, chosen, fail, probed, states
from tests.gateway.replicas.some_answer import some_answer

pytestmark = pytest.mark.component


async def test_a_probe_tells_the_id_the_models_and_the_work(
    clock: ManualClock, ticks: ProbeTicks, one: ModelServer
) -> None:
    one.health |= {"backlog_s": 7.0, "queued": 2}
    async with probed(clock, ticks, one.url) as pool:
        clock.advance(1.0)
        document = pool.documents()[0].model_dump()
        assert document == {
            "url": one.url,
            "id": "r1",
            "state": "busy",
            "models": ("fake",),
            "backlog_s": 6.0,
            "outstanding": 0,
            "seconds_per_cost_unit": None,
            "detail": None,
            "device": "cpu",
            "version": "0.1.0",
            "queued": 2,
            "running": 0,
            "recent": None,
        }
        assert pool.replicas[0].health.model_dump(exclude_unset=True) == one.health


async def test_not_now_makes_it_busy_and_asks_it_why(
    clock: ManualClock, ticks: ProbeTicks, one: ModelServer, two: ModelServer
) -> None:
    async with probed(clock, ticks, one.url, two.url) as pool:
        replica = pool.replicas[0]
        need = Need(None, 1.0)
        with replica.sends(need):
            replica.answered(some_answer(503, Retry_After="5"), need=need)
        assert states(pool)[0] == "busy"
        assert chosen(pool) == {"r2"}
        assert chosen(pool, ANY, two.url) == {"r1"}
        clock.advance(1.0)
        one.health["status"] = "stopping"
        with replica.sends(need):
            replica.answered(some_answer(503), need=need)
        await pool.changed()
        assert states(pool)[0] == "draining"


async def test_after_its_ejection_it_gets_one_generation_and_then_its_share(
    clock: ManualClock, ticks: ProbeTicks, one: ModelServer, two: ModelServer
) -> None:
    async with probed(clock, ticks, one.url, two.url) as pool:
        replica = pool.replicas[0]
        for _ in range(3):
            fail(replica)
        clock.advance(5.0)
        await ticks.probe(2)
        assert chosen(pool) == {"r2"}
        await ticks.probe(2)
        assert chosen(pool) == {"r1", "r2"}
        need = Need(None, 1.0)
        with replica.sends(need):
            assert chosen(pool) == {"r2"}
            replica.answered(some_answer(200), need=need)
        assert states(pool)[0] == "ready"
        assert chosen(pool) == {"r1", "r2"}


async def test_one_poisonous_request_takes_no_server_away(
    clock: ManualClock, ticks: ProbeTicks, one: ModelServer
) -> None:
    async with probed(clock, ticks, one.url) as pool:
        for _ in range(20):
            fail(pool.replicas[0], blame="hash of the request")
        assert states(pool)[0] == "ready"


@pytest.mark.parametrize("status", [400, 404, 422, 429, 503, 507])
async def test_refusals_are_no_errors(
    clock: ManualClock, ticks: ProbeTicks, one: ModelServer, status: int
) -> None:
    async with probed(clock, ticks, one.url) as pool:
        replica = pool.replicas[0]
        for _ in range(10):
            need = Need(None, 1.0)
            with replica.sends(need):
                replica.answered(some_answer(status), need=need)
        assert states(pool)[0] in ("ready", "busy")
        assert replica.document().seconds_per_cost_unit is None


async def test_who_leaves_or_runs_out_of_time_is_no_fault_of_the_server(
    clock: ManualClock, ticks: ProbeTicks, one: ModelServer
) -> None:
    async with probed(clock, ticks, one.url) as pool:
        replica = pool.replicas[0]
        for error in (TimeoutError, asyncio.CancelledError, ConnectionError) * 5:
            need = Need(None, 1.0)
            sends = replica.sends(need)
            sends.__enter__()
            replica.answered(some_answer(200), need=need)
            clock.advance(1.0)
            assert not sends.__exit__(error, error(), None)
        assert states(pool)[0] == "ready"
        assert replica.document().outstanding == 0
        assert replica.document().seconds_per_cost_unit is None


@pytest.mark.parametrize(
    ("status", "cache", "learned"),
    [(200, "miss", 0.2), (200, "hit", None), (202, "miss", None)],
)
async def test_only_what_was_painted_while_it_was_waited_for_teaches_the_pace(
    clock: ManualClock,
    ticks: ProbeTicks,
    one: ModelServer,
    status: int,
    cache: str,
    learned: float | None,
) -> None:
    async with probed(clock, ticks, one.url) as pool:
        replica = pool.replicas[0]
        with replica.sends(ANY):
            clock.advance(2.0)
            replica.answered(some_answer(status, X_Cache=cache), need=ANY)
        assert replica.document().seconds_per_cost_unit == (
            None if learned is None else pytest.approx(learned)
        )


async def test_answers_tell_the_backlog_where_the_server_says_who_it_is(
    clock: ManualClock, ticks: ProbeTicks, one: ModelServer
) -> None:
    async with probed(clock, ticks, one.url) as pool:
        replica = pool.replicas[0]
        told = some_answer(200, X_Easel_Replica="r1", X_Easel_Backlog_Seconds="12.5")
        replica.answered(told)
        assert replica.backlog_s == 12.5
        replica.answered(some_answer(502))
        assert replica.backlog_s == 12.5
        replica.answered(some_answer(200, X_Easel_Replica="r1"))
        assert replica.backlog_s is None


async def test_a_server_that_does_not_answer_probes_is_out_after_two(
    clock: ManualClock,
    ticks: ProbeTicks,
    one: ModelServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with probed(clock, ticks, one.url) as pool:
        monkeypatch.setattr("easel.gateway.replicas.health_probe.PROBE_TIMEOUT_S", 0.05)
        one.may_answer.clear()
        await ticks.probe()
        assert states(pool)[0] == "ready"
        assert pool.replicas[0].health.detail is None
        await ticks.probe()
        assert states(pool)[0] == "unhealthy"
        assert pool.choose(ANY) is None
        assert pool.replicas[0].health.status == "unreachable"
        assert pool.replicas[0].health.detail == (
            "Request to text-to-image server timed out"
        )
        one.may_answer.set()


async def test_probes_that_time_out_because_this_process_was_held_up_do_not_count(
    clock: ManualClock,
    ticks: ProbeTicks,
    one: ModelServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with probed(clock, ticks, one.url) as pool:
        monkeypatch.setattr("easel.gateway.replicas.health_probe.PROBE_TIMEOUT_S", 0.05)
        one.may_answer.clear()
        await one.asked()
        for _ in range(5):
            probing = asyncio.create_task(pool.replicas[0].probe())
            await one.asked()
            clock.advance(2.0)
            await probing
        assert states(pool)[0] == "ready"
        one.may_answer.set()
