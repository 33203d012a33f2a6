"""Pictures by range, by tag and by signed link (fault list 35)."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import aiohttp
import pytest

from easel.clock import ManualClock
from easel.gateway.access.signed_links import SignedLinks
from tests.faults.rig import Key, ask, create_key, gateway_with
from tests.system.processes import Program, running_server

pytestmark = pytest.mark.system

PEPPER = "known to the tests and to nobody else"
FAKE = ("--model", "fake", "--fake-step-seconds", "0")


@pytest.fixture(scope="module")
def environment(folder: Path) -> dict[str, str]:
    return {"GATEWAY_DATA_DIR": str(folder / "data"), "GATEWAY_KEY_PEPPER": PEPPER}


@pytest.fixture(scope="module")
def key(environment: dict[str, str]) -> Key:
    return create_key("ours", **environment)


@pytest.fixture(scope="module")
def gateway(folder: Path, environment: dict[str, str], key: Key) -> Iterator[Program]:
    with (
        running_server(folder / "server", *FAKE) as server,
        gateway_with(folder / "gateway", server.url, environment) as gateway,
    ):
        yield gateway
    gateway.assert_clean_log()


@pytest.fixture
async def client(gateway: Program, key: Key) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(gateway.url, headers=key.headers) as client:
        yield client


@pytest.fixture
async def stranger(gateway: Program) -> AsyncIterator[aiohttp.ClientSession]:
    """Without a key."""
    async with aiohttp.ClientSession(gateway.url) as client:
        yield client


async def picture_path(client: aiohttp.ClientSession) -> str:
    answer = await ask(
        client, "POST", "/generate", body={"prompt": "a fox", "num_inference_steps": 1}
    )
    path: str = answer.document["images"][0]["url"]
    return path


async def link(client: aiohttp.ClientSession) -> str:
    """Path and query, as the OpenAI API gives it."""
    body = {"prompt": "a fox", "response_format": "url", "size": "512x512"}
    answer = await ask(client, "POST", "/v1/images/generations", body=body)
    assert answer.status == 200, answer.document
    parts = urlsplit(answer.document["data"][0]["url"])
    return f"{parts.path}?{parts.query}"


async def status(client: aiohttp.ClientSession, path: str, method: str = "GET") -> int:
    async with client.request(method, path) as answer:
        await answer.read()
        return answer.status


async def test_parts_of_a_picture(client: aiohttp.ClientSession) -> None:
    path = await picture_path(client)
    async with client.get(path) as answer:
        whole = await answer.read()
        assert answer.headers["Accept-Ranges"] == "bytes"
    for wanted, part in (
        ("bytes=0-9", whole[:10]),
        ("bytes=10-", whole[10:]),
        ("bytes=-5", whole[-5:]),
    ):
        async with client.get(path, headers={"Range": wanted}) as answer:
            assert answer.status == 206
            assert await answer.read() == part
            assert answer.headers["Content-Range"].endswith(f"/{len(whole)}")
    beyond = {"Range": f"bytes={len(whole) + 10}-"}
    async with client.get(path, headers=beyond) as answer:
        assert answer.status == 416
    async with client.head(path) as answer:
        assert answer.status == 200
        assert int(answer.headers["Content-Length"]) == len(whole)


async def test_a_picture_that_is_had_already_is_not_sent_again(
    client: aiohttp.ClientSession,
) -> None:
    path = await picture_path(client)
    async with client.get(path) as answer:
        tag = answer.headers["ETag"]
    for known, wanted in ((tag, 304), (f'"other", {tag}', 304), ('"other"', 200)):
        async with client.get(path, headers={"If-None-Match": known}) as answer:
            assert answer.status == wanted
            assert (await answer.read() == b"") == (wanted == 304)
    # Only half of what has changed meanwhile would be worse than all of it.
    headers = {"Range": "bytes=0-9", "If-Range": '"other"'}
    async with client.get(path, headers=headers) as answer:
        assert answer.status == 200


async def test_a_signed_link_opens_its_picture_and_nothing_else(
    client: aiohttp.ClientSession, stranger: aiohttp.ClientSession
) -> None:
    signed = await link(client)
    path, _, query = signed.partition("?")
    assert await status(stranger, signed) == 200
    assert await status(stranger, signed, "HEAD") == 200
    assert await status(stranger, path) == 401
    async with stranger.get(signed, headers={"Range": "bytes=0-3"}) as answer:
        assert answer.status == 206
    generation = path.rpartition("/images/")[0]
    assert await status(stranger, f"{generation}?{query}") == 401
    assert await status(stranger, f"{generation}?{query}", "DELETE") == 401
    assert await status(stranger, signed, "DELETE") in (401, 405)


async def test_a_link_that_was_changed_is_refused(
    client: aiohttp.ClientSession, stranger: aiohttp.ClientSession
) -> None:
    signed = await link(client)
    other = urlsplit(await link(client)).path
    path, _, query = signed.partition("?")
    fields = dict(parse_qsl(query))
    changed = [
        fields | {"expires": str(int(fields["expires"]) + 1)},
        fields | {"expires": "9" * 400},
        fields | {"expires": "inf"},
        fields | {"caller": "somebody"},
        fields | {"signature": fields["signature"][:-1]},
        fields | {"signature": "0" * 64},
        fields | {"signature": "\u00e4"},
        {"signature": fields["signature"]},
    ]
    for one in changed:
        assert await status(stranger, f"{path}?{urlencode(one)}") == 403
    assert await status(stranger, f"{other}?{query}") == 403
    assert await status(stranger, signed) == 200


async def test_a_link_that_is_over_is_gone(
    client: aiohttp.ClientSession, stranger: aiohttp.ClientSession, key: Key
) -> None:
    path = await picture_path(client)
    long_ago = SignedLinks(PEPPER.encode(), ManualClock(1_000_000.0))
    over = long_ago.sign(path, key.public_id, ttl_s=3600)
    async with stranger.get(over) as answer:
        assert answer.status == 410
        assert "expired" in (await answer.json())["detail"]


async def test_a_picture_that_never_was_is_a_404(
    client: aiohttp.ClientSession,
) -> None:
    path = await picture_path(client)
    for missing in (path[:-1] + "7", path.replace("/images/", "x/images/")):
        assert await status(client, missing) == 404
