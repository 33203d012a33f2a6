import pytest

from easel.contract.generations import GenerationRequest
from easel.errors import IdempotencyKeyReused, InvalidRequest, StoreUnavailable
from easel.gateway.flights import (
    Flight,
    Flights,
    content_key,
    fingerprint,
    idempotency_key,
)
from tests.gateway.store.memory_store import MemoryStore

FOX = GenerationRequest(prompt="a fox", seed=7)
CAT = GenerationRequest(prompt="a cat", seed=7)


def flight(request: GenerationRequest = FOX, name: str = "gen_r1_1") -> Flight:
    return Flight(name, 7, fingerprint(request))


async def test_the_first_flight_of_a_key_stands() -> None:
    flights = Flights(MemoryStore())
    key = idempotency_key("me", "k1", FOX)
    assert await flights.find(key) is None
    first, second = flight(), flight(name="gen_r2_2")
    assert await flights.begin(key, first) == first
    assert await flights.begin(key, second) == first
    assert await flights.find(key) == first


async def test_a_key_holds_for_one_request_only() -> None:
    flights = Flights(MemoryStore())
    await flights.begin(idempotency_key("me", "k1", FOX), flight())
    with pytest.raises(IdempotencyKeyReused):
        await flights.find(idempotency_key("me", "k1", CAT))


async def test_a_key_is_its_callers_own() -> None:
    flights = Flights(MemoryStore())
    await flights.begin(idempotency_key("me", "k1", FOX), flight())
    assert await flights.find(idempotency_key("you", "k1", CAT)) is None


async def test_a_failed_flight_is_forgotten_unless_another_took_its_place() -> None:
    flights = Flights(MemoryStore())
    key = content_key("me", FOX, ttl_s=60)
    old, new = flight(), flight(name="gen_r2_2")
    await flights.begin(key, old)
    assert await flights.replace(key, old, new) == new
    await flights.forget(key, old)
    assert await flights.find(key) == new
    await flights.forget(key, new)
    assert await flights.find(key) is None


async def test_of_two_who_replace_a_flight_one_wins() -> None:
    flights = Flights(MemoryStore())
    key = content_key("me", FOX, ttl_s=60)
    old = flight()
    await flights.begin(key, old)
    here, there = flight(name="gen_r2_2"), flight(name="gen_r3_3")
    assert await flights.replace(key, old, here) == here
    assert await flights.replace(key, old, there) == here


def test_equal_requests_share_an_answer_and_others_do_not() -> None:
    same = GenerationRequest(seed=7, prompt="a fox")
    assert content_key("me", FOX, ttl_s=1) == content_key("me", same, ttl_s=1)
    assert content_key("me", FOX, ttl_s=1) != content_key("you", FOX, ttl_s=1)
    assert content_key("me", FOX, ttl_s=1) != content_key("me", CAT, ttl_s=1)
    bigger = GenerationRequest(prompt="a fox", seed=7, width=512)
    assert content_key(None, FOX, ttl_s=1) != content_key(None, bigger, ttl_s=1)


def test_no_key_or_prompt_can_be_read_in_the_store() -> None:
    key = idempotency_key("me", "order-17", FOX)
    assert "order" not in key.name
    assert b"fox" not in flight().encoded()


@pytest.mark.parametrize("key", ["", "x" * 256, "snow\N{SNOWMAN}", "a\nb"])
def test_a_key_is_short_printable_ascii(key: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        idempotency_key("me", key, FOX)
    assert caught.value.param == "Idempotency-Key"


async def test_without_the_store_nothing_is_known() -> None:
    store = MemoryStore()
    store.is_down = True
    with pytest.raises(StoreUnavailable):
        await Flights(store).find(idempotency_key("me", "k", FOX))
