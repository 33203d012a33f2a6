"""Against a real receiver, which checks signatures with the public library."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from standardwebhooks import Webhook

from easel.gateway.webhooks.sender import WebhookSender

pytestmark = pytest.mark.component

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = '{"type": "generation.completed"}'


class Receiver:
    def __init__(self) -> None:
        self.status = 204
        self.headers: dict[str, str] = {}
        self.received: list[tuple[dict[str, str], str]] = []
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.received.append((dict(request.headers), await request.text()))
        return web.Response(status=self.status, headers=self.headers)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield receiver
    await runner.cleanup()


@pytest.fixture
async def sender() -> AsyncIterator[WebhookSender]:
    async with WebhookSender(SECRET, ("127.0.0.1",)) as sender:
        yield sender


async def test_what_is_sent_verifies_with_the_standards_own_library(
    receiver: Receiver, sender: WebhookSender
) -> None:
    assert await sender.send(receiver.url, "msg_1", BODY) == "taken"
    ((headers, body),) = receiver.received
    assert body == BODY
    assert headers["webhook-id"] == "msg_1"
    assert Webhook(SECRET).verify(body, headers) == {"type": "generation.completed"}


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, "taken"), (410, "gone"), (404, "failed"), (500, "failed")],
)
async def test_what_the_receiver_says_decides(
    receiver: Receiver, sender: WebhookSender, status: int, outcome: str
) -> None:
    receiver.status = status
    assert await sender.send(receiver.url, "msg_1", BODY) == outcome


async def test_a_redirect_is_not_followed(
    receiver: Receiver, sender: WebhookSender
) -> None:
    receiver.status = 307
    receiver.headers = {"Location": "http://169.254.169.254/latest/meta-data"}
    assert await sender.send(receiver.url, "msg_1", BODY) == "failed"
    assert len(receiver.received) == 1


async def test_nobody_listening_is_a_failure_and_no_error(
    sender: WebhookSender,
) -> None:
    listener = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    listener.close()
    await listener.wait_closed()
    url = f"http://127.0.0.1:{port}/"
    assert await sender.send(url, "msg_1", BODY) == "failed"


async def test_a_name_that_means_this_machine_is_not_connected_to(
    receiver: Receiver,
) -> None:
    url = receiver.url.replace("127.0.0.1", "localhost")
    async with WebhookSender(SECRET, ()) as sender:
        assert await sender.send(url, "msg_1", BODY) == "failed"
    assert receiver.received == []


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!!!"])
def test_a_secret_that_is_none_is_said_at_once(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        WebhookSender(secret, ())
