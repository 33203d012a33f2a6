import asyncio

from starlette.types import Message

from easel.text2image.event_stream import EventStream
from easel.text2image.live_generation import StopReason
from tests.text2image.some_generation import some_generation


class SlowClient:
    """Takes the head of an answer and nothing else, until it hangs up."""

    def __init__(self) -> None:
        self.left = asyncio.Event()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    async def receive(self) -> Message:
        await self.left.wait()
        return {"type": "http.disconnect"}


async def test_the_time_is_over_also_for_a_client_that_takes_nothing() -> None:
    live = some_generation("gen_a")
    client = SlowClient()
    reasons: list[StopReason] = []
    is_late = asyncio.Event()

    def on_leave(reason: StopReason) -> None:
        reasons.append(reason)
        is_late.set()

    now_s = asyncio.get_running_loop().time()
    stream = EventStream(live, after_id=0, on_leave=on_leave, until_s=now_s + 0.01)
    sending = asyncio.create_task(stream({"type": "http"}, client.receive, client.send))
    await is_late.wait()
    assert live.is_watched
    client.left.set()
    await sending
    assert not live.is_watched
    assert reasons == ["deadline", "client_disconnected"]
