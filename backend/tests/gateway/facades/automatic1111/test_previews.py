import pytest

from easel.contract.generations import GenerationRequest
from easel.gateway.access.callers import Caller
from easel.gateway.calls import GenerationCall
from easel.gateway.facades.automatic1111.previews import Previews
from tests.gateway.facades.automatic1111.served_server import (
    Held,
    ServedServer,
    small_picture,
)

FOX = Caller("key_fox")


@pytest.fixture
async def held(server: ServedServer) -> Held:
    """A generation under way."""
    request = GenerationRequest(prompt="a fox", seed=1)
    held = Held("gen_r1_0", GenerationCall(request, FOX))
    server.held[held.id] = held
    return held


async def test_the_newest_preview_is_had_by_following_once(
    server: ServedServer, held: Held
) -> None:
    previews = Previews(server)
    assert await previews.newest(FOX, held.id) == small_picture()
    server.next_previews.put_nowait("bmV3")
    await server.next_previews.join()
    assert await previews.newest(FOX, held.id) == "bmV3"
    assert server.streams == 1


async def test_who_polls_no_more_is_followed_for_no_more(
    server: ServedServer, held: Held
) -> None:
    previews = Previews(server, keep_s=0.01)
    await previews.newest(FOX, held.id)
    await server.stream_left.wait()
    assert await previews.newest(FOX, held.id) == small_picture()
    assert server.streams == 2


async def test_there_may_be_none(server: ServedServer, held: Held) -> None:
    server.has_preview = False
    assert await Previews(server).newest(FOX, held.id) is None


async def test_a_generation_that_is_gone_has_none(server: ServedServer) -> None:
    previews = Previews(server)
    assert await previews.newest(FOX, "gen_r1_9") is None
    assert await previews.newest(FOX, "gen_r1_9") is None
