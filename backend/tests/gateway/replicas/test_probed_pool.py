"""The pool over real sockets; probes happen when a test says so."""

import asyncio
import logging

import pytest

from easel.clock import ManualClock
from easel.gateway.replicas.pool import Need, ReplicaPool
from easel.gateway.replicas.probed_pool import ProbedPool, pause, replica_id_of
from easel.gateway.upstream import UpstreamRequest
from tests.gateway.replicas.model_server import ModelServer
from tests.gateway.replicas.probe_ticks import ProbeTicks
from tests.gateway.replicas.running_pool import (
    ANY,
    chosen,
    closed_port,
    fail,
    probed,
    states,
)
from tests.gateway.replicas.some_answer import some_answer
from tests.gateway.replicas.some_model import some_model

pytestmark = pytest.mark.component


def test_it_is_what_the_gateway_asks_for(clock: ManualClock) -> None:
    pool: ReplicaPool = ProbedPool(["http://a:8001"], clock=clock)
    assert pool.replicas[0].url == "http://a:8001"


async def test_a_server_is_tried_before_the_first_probe_has_answered(
    clock: ManualClock, ticks: ProbeTicks, one: ModelServer
) -> None:
    one.may_answer.clear()
    async with ProbedPool([one.url], clock=clock, pause=ticks) as pool:
        choice = pool.choose(ANY)
        assert choice is not None
        assert states(pool) == ["starting"]
        assert pool.may_become_ready(ANY) is None
        one.may_answer.set()
        await ticks.probed()
        assert states(pool) == ["ready"]


async def test_the_gateway_may_start_before_its_server(
    clock: ManualClock, ticks: ProbeTicks
) -> None:
    server = ModelServer("r1")
    server.port = closed_port()
    async with probed(clock, ticks, server.url) as pool:
        await ticks.probe()
        assert pool.choose(ANY) is None
        assert (
            pool.replicas[0].health.detail == "Cannot connect to text-to-image server"
        )
        async with server:
            changed = asyncio.create_task(pool.changed())
            await ticks.probe()
            await changed
            assert chosen(pool) == {"r1"}


async def test_a_server_that_was_killed_is_out_at_once_and_back_after_its_restart(
    clock: ManualClock, ticks: ProbeTicks, one: ModelServer
) -> None:
    async with ModelServer("r2") as two, probed(clock, ticks, one.url, two.url) as pool:
        assert chosen(pool) == {"r1", "r2"}
        await two.__aexit__(None, None, None)
        pool.replicas[1].failed_to_connect()
        assert chosen(pool) == {"r1"}
        await ticks.probe(2)
        assert states(pool)[1] == "unhealthy"
        await two.__aenter__()
        await ticks.probe(2)
        assert chosen(pool) == {"r1", "r2"}


async def test_a_failed_connection_is_followed_by_a_probe_at_once(
    clock: ManualClock, ticks: ProbeTicks, one: ModelServer
) -> None:
    async with probed(clock, ticks, one.url) as pool:
        pool.replicas[0].failed_to_connect()
        assert pool.choose(ANY) is None
        assert pool.may_become_ready(ANY) == 1.0
        await pool.changed()
        assert chosen(pool) == {"r1"}


async def test_who_waits_for_a_doubted_server_is_woken_when_it_is_gone(
    clock: ManualClock, ticks: ProbeTicks
) -> None:
    async with ModelServer("r1") as server, probed(clock, ticks, server.url) as pool:
        await server.__aexit__(None, None, None)
        pool.replicas[0].failed_to_connect()
        await pool.changed()
        assert pool.choose(ANY) is None
        assert pool.may_become_ready(ANY) is None
        await server.__aenter__()


async def test_ids_still_lead_to_a_server_that_is_away(
    clock: ManualClock, ticks: ProbeTicks, one: ModelServer, two: ModelServer
) -> None:
    two.health["replica"] = "with_underscore"
    async with probed(clock, ticks, one.url, two.url) as pool:
        pool.replicas[1].failed_to_connect()
        assert pool.owner_of("gen_r1_01") is pool.replicas[0]
        assert pool.owner_of("gen_with_underscore_01") is pool.replicas[1]
        for unknown in ("gen_r3_01", "gen_01", "img_r1_01", "r1", ""):
            assert pool.owner_of(unknown) is None


@pytest.mark.parametrize(
    ("generation_id", "replica_id"),
    [("gen_a_b_c_01", "a_b_c"), ("gen__01", None), ("gen_01", None), ("x_a_01", None)],
)
def test_the_replicas_part_of_an_id(generation_id: str, replica_id: str | None) -> None:
    assert replica_id_of(generation_id) == replica_id


async def test_a_server_that_comes_back_under_another_id_is_found_by_both(
    clock: ManualClock, ticks: ProbeTicks, one: ModelServer
) -> None:
    async with probed(clock, ticks, one.url) as pool:
        replica = pool.replicas[0]
        replica.answered(some_answer(200, X_Easel_Replica="r9"))
        assert replica.id == "r9"
        assert pool.owner_of("gen_r9_01") is replica
        assert pool.owner_of("gen_r1_01") is replica


async def test_each_model_is_asked_of_those_that_have_it(
    clock: ManualClock, ticks: ProbeTicks, one: ModelServer, two: ModelServer
) -> None:
    one.models = (some_model("sdxl"), some_model("flux"))
    two.models = (some_model("flux"),)
    async with probed(clock, ticks, one.url, two.url) as pool:
        assert chosen(pool, Need("flux", 1.0)) == {"r1", "r2"}
        assert chosen(pool, Need("sdxl", 1.0)) == {"r1"}
        assert chosen(pool, Need("nix", 1.0)) == {"nobody"}
        assert pool.default_model == "sdxl"
        assert chosen(pool) == {"r1"}
        pool.replicas[0].failed_to_connect()
        assert pool.default_model == "flux"
        assert chosen(pool) == {"r2"}


async def test_time_to_load_is_part_of_the_price(
    clock: ManualClock, ticks: ProbeTicks, one: ModelServer, two: ModelServer
) -> None:
    one.models = (some_model("flux"),)
    two.models = (some_model("flux", "unloaded"),)
    one.health["backlog_s"] = 20.0
    async with probed(clock, ticks, one.url, two.url) as pool:
        assert chosen(pool) == {"r1"}
        one.health["backlog_s"] = 60.0
        await ticks.probe(2)
        assert chosen(pool) == {"r2"}
        two.models = (some_model("flux", "failed"),)
        await ticks.probe(2)
        assert chosen(pool) == {"r1"}
        assert chosen(pool, ANY, one.url) == {"r2"}


async def test_a_server_that_loads_its_first_model_is_waited_for(
    clock: ManualClock, ticks: ProbeTicks, one: ModelServer
) -> None:
    one.health["status"] = "loading"
    async with probed(clock, ticks, one.url) as pool:
        assert states(pool)[0] == "starting"
        assert pool.choose(ANY) is None
        assert pool.may_become_ready(ANY) == 30.0
        clock.advance(10.0)
        assert pool.may_become_ready(Need("anything", 1.0)) == 20.0
        one.health["status"] = "healthy"
        await ticks.probe()
        assert chosen(pool) == {"r1"}
        assert pool.may_become_ready(ANY) is None
        one.health["status"] = "loading"
        await ticks.probe()
        assert pool.may_become_ready(ANY) == 10.0
        assert pool.may_become_ready(Need("anything", 1.0)) is None


async def test_a_server_that_stops_gets_nothing_new(
    clock: ManualClock, ticks: ProbeTicks, one: ModelServer, two: ModelServer
) -> None:
    one.health["status"] = "stopping"
    async with probed(clock, ticks, one.url, two.url) as pool:
        assert states(pool)[0] == "draining"
        assert chosen(pool) == {"r2"}
        assert chosen(pool, ANY, two.url) == {"nobody"}


async def test_errors_eject_one_but_never_all(
    clock: ManualClock, ticks: ProbeTicks, one: ModelServer, two: ModelServer
) -> None:
    async with probed(clock, ticks, one.url, two.url) as pool:
        for _ in range(3):
            fail(pool.replicas[0])
        assert states(pool)[0] == "unhealthy"
        assert pool.documents()[0].detail is not None
        assert chosen(pool) == {"r2"}
        for _ in range(3):
            fail(pool.replicas[1])
        assert chosen(pool) == {"r1", "r2"}
        pool.replicas[1].failed_to_connect()
        await ticks.probe(2)
        assert chosen(pool) == {"r1", "r2"}


async def test_two_servers_with_one_id_are_complained_of_once(
    clock: ManualClock,
    ticks: ProbeTicks,
    one: ModelServer,
    two: ModelServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    two.health["replica"] = "r1"
    async with probed(clock, ticks, one.url, two.url) as pool:
        for _ in range(3):
            await ticks.probe(2)
        complaints = [text for text in caplog.messages if "same replica id r1" in text]
        assert len(complaints) == 1
        first, second = pool.replicas
        assert pool.owner_of("gen_r1_01") is first
        first.failed_to_connect()
        assert pool.owner_of("gen_r1_01") is second


async def test_many_who_ask_cost_a_server_one_probe_a_second(
    clock: ManualClock, ticks: ProbeTicks, one: ModelServer
) -> None:
    async with probed(clock, ticks, one.url) as pool:
        for _ in range(2):
            clock.advance(1.0)
            await asyncio.gather(*(pool.probe() for _ in range(20)))
    assert one.health_calls == 3


async def test_something_else_that_answers_is_tried_where_there_is_nothing_better(
    clock: ManualClock, ticks: ProbeTicks, one: ModelServer, two: ModelServer
) -> None:
    one.health = {"status": "UP"}
    async with probed(clock, ticks, one.url, two.url) as pool:
        await ticks.probe(2)
        replica = pool.replicas[0]
        assert states(pool)[0] == "unhealthy"
        assert "TEXT2IMAGE_SERVER_URL" in (replica.health.detail or "")
        assert chosen(pool) == {"r2"}
        pool.replicas[1].failed_to_connect()
        await ticks.probed(2)
        two.health["status"] = "stopping"
        await ticks.probe(2)
        assert pool.choose(ANY) is replica


async def test_the_only_server_is_tried_though_it_says_that_it_is_not_well(
    clock: ManualClock, ticks: ProbeTicks, one: ModelServer
) -> None:
    one.health["status"] = "unhealthy"
    async with probed(clock, ticks, one.url) as pool:
        await ticks.probe()
        assert states(pool) == ["unhealthy"]
        assert pool.choose(ANY) is pool.replicas[0]


async def test_a_server_of_which_only_the_health_is_known_is_asked_for_anything(
    clock: ManualClock, ticks: ProbeTicks, one: ModelServer
) -> None:
    one.health = {"status": "healthy", "model_loaded": True, "cuda_available": True}
    one.tells_models = False
    async with probed(clock, ticks, one.url) as pool:
        assert pool.replicas[0].id is None
        assert pool.choose(Need("flux", 1.0)) is pool.replicas[0]


async def test_other_servers_can_be_named_while_it_runs(
    clock: ManualClock, ticks: ProbeTicks, one: ModelServer, two: ModelServer
) -> None:
    async with probed(clock, ticks, one.url) as pool:
        before = pool.replicas[0]
        await pool.reconfigure([two.url])
        await ticks.probed()
        assert chosen(pool) == {"r2"}
        assert pool.owner_of("gen_r1_01") is before
        request = UpstreamRequest("GET", "/models", {})
        async with before.upstream.open(request) as answer:
            assert answer.status == 200
        calls = one.health_calls
        await ticks.probe()
        assert one.health_calls == calls
        await pool.reconfigure([two.url, one.url])
        await ticks.probed(2)
        assert pool.replicas[1] is before
        assert one.health_calls == calls + 1


@pytest.mark.parametrize("urls", [[], ["http://a:8001", "http://a:8001"]])
async def test_a_wrong_list_of_servers_changes_nothing(
    clock: ManualClock, ticks: ProbeTicks, one: ModelServer, urls: list[str]
) -> None:
    async with probed(clock, ticks, one.url) as pool:
        with pytest.raises(ValueError, match="one or more"):
            await pool.reconfigure(urls)
        assert chosen(pool) == {"r1"}


async def test_credentials_are_shown_to_nobody(
    clock: ManualClock,
    ticks: ProbeTicks,
    one: ModelServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    url = one.url.replace("http://", "http://user:secret@")
    async with probed(clock, ticks, url) as pool:
        pool.replicas[0].failed_to_connect()
        await pool.changed()
        assert pool.replicas[0].url == url
        assert pool.documents()[0].url == one.url
    assert caplog.messages
    assert "secret" not in caplog.text


async def test_a_pause_ends_with_its_time_or_sooner() -> None:
    sooner = asyncio.Event()
    await pause(0.0, sooner)
    sooner.set()
    await pause(3600.0, sooner)
