"""What may go wrong with a painting, and who is told."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Self

import pytest

from easel.clock import ManualClock
from easel.contract.generations import GenerationRequest
from easel.contract.models import ModelDocument
from easel.errors import (
    GenerationNotFound,
    QueueFull,
    StorageFull,
    StoreUnavailable,
)
from easel.gateway.foreign.adapter import Order, Painted
from easel.gateway.foreign.kept_paintings import KeptPaintings
from easel.gateway.foreign.live_painting import LivePainting
from easel.gateway.foreign.openai_flavours import document_of, flavour_of
from easel.gateway.foreign.order_form import OrderForm, order_form
from easel.gateway.foreign.paintings import Paintings, Timing
from easel.gateway.foreign.places import Places
from easel.gateway.foreign.server_url import foreign_server
from easel.web.answer_form import AnswerForm
from easel.web.tier_headers import GENERATION_ID_HEADER, KEEP_HEADER
from tests.gateway.foreign.pictures import png
from tests.gateway.store.memory_store import MemoryStore

Paint = Callable[[Order], Awaitable[Sequence[Painted]]]

ID = "gen_x_1"


class FakeAdapter:
    """Paints as a test says; remembers whom it was to stop."""

    def __init__(self) -> None:
        self.paint_with: Paint = painted
        self.stopped: list[str] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None

    async def models(self) -> Sequence[ModelDocument]:
        return [model()]

    async def paint(self, order: Order) -> Sequence[Painted]:
        order.on_sent()
        return await self.paint_with(order)

    async def steps_done(self, order: Order) -> int | None:
        return None

    async def stop(self, order: Order) -> None:
        self.stopped.append(order.id)


async def painted(order: Order) -> Sequence[Painted]:
    return [Painted(png())] * order.parameters.num_images


async def never(order: Order) -> Sequence[Painted]:
    await asyncio.Event().wait()
    raise AssertionError("unreachable")


async def a_bug(order: Order) -> Sequence[Painted]:
    raise KeyError("prompt")


async def no_pause(seconds: float, sooner: asyncio.Event) -> None:
    await asyncio.sleep(0)


def model() -> ModelDocument:
    server = foreign_server("sglang+http://h/v1?model=m&size=512x512")
    assert server is not None
    return document_of(server, "m", flavour_of(server.dialect, "m"))


async def form(
    *, keep: bool = False, id_: str = ID, prompt: str = "a fox"
) -> OrderForm:
    headers = {GENERATION_ID_HEADER: id_, KEEP_HEADER: "1" if keep else "0"}
    body = GenerationRequest(prompt=prompt, seed=7).model_dump_json(exclude_unset=True)
    return await order_form(
        headers, body.encode(), AnswerForm("document"), {"m": model()}, new_id=str
    )


class Rig:
    def __init__(self, *, longest_s: float = 30.0) -> None:
        self.clock = ManualClock()
        self.store = MemoryStore(self.clock)
        self.adapter = FakeAdapter()
        kept = KeptPaintings(
            self.store, keep_s=100.0, keep_bytes=1, longest_s=longest_s
        )
        self.paintings = Paintings(
            self.adapter, Places(1), kept, Timing(longest_s, self.clock, no_pause)
        )

    async def begin(self, order: OrderForm) -> LivePainting:
        watched, is_first = await self.paintings.arrive(order)
        assert is_first
        assert isinstance(watched, LivePainting)
        return watched


async def ended(live: LivePainting) -> LivePainting:
    assert live.task is not None
    await live.task
    assert live.has_ended
    return live


@pytest.fixture
def rig() -> Rig:
    return Rig()


async def test_a_bug_of_ours_fails_one_generation_and_says_no_more(rig: Rig) -> None:
    rig.adapter.paint_with = a_bug
    live = await ended(await rig.begin(await form()))
    assert live.document.status == "failed"
    assert live.document.problem.code == "internal_error"
    assert "prompt" not in live.document.problem.detail
    rig.adapter.paint_with = painted
    other = await ended(await rig.begin(await form(id_="gen_x_2")))
    assert other.document.status == "completed"


async def test_a_server_that_never_answers_is_given_up() -> None:
    rig = Rig(longest_s=0.01)
    rig.adapter.paint_with = never
    live = await ended(await rig.begin(await form()))
    assert live.document.status == "failed"
    assert live.document.problem.code == "upstream_timeout"
    assert rig.adapter.stopped == [ID]


async def test_one_that_is_stopped_before_its_first_moment_ends_all_the_same(
    rig: Rig,
) -> None:
    rig.adapter.paint_with = never
    live = await rig.begin(await form())
    rig.paintings.stop(live, "requested")
    assert (await ended(live)).document.status == "cancelled"


async def test_one_that_waits_in_line_can_be_stopped(rig: Rig) -> None:
    rig.adapter.paint_with = never
    first = await rig.begin(await form())
    second = await rig.begin(await form(id_="gen_x_2"))
    await first.answerable()
    await second.answerable()
    assert second.document.status == "queued"
    rig.paintings.stop(second, "requested")
    assert (await ended(second)).document.status == "cancelled"
    rig.paintings.stop(first, "requested")
    await ended(first)


async def test_without_the_store_who_waits_is_served(rig: Rig) -> None:
    rig.store.is_down = True
    live = await ended(await rig.begin(await form()))
    assert live.document.status == "completed"
    assert await live.image(0) == png()
    # This process still knows it; another one does not.
    assert await rig.paintings.find(ID, None) is live


async def test_without_the_store_nothing_is_promised(rig: Rig) -> None:
    rig.store.is_down = True
    with pytest.raises(StoreUnavailable):
        await rig.paintings.arrive(await form(keep=True))


async def test_what_the_store_did_not_take_is_not_kept_for_ever(rig: Rig) -> None:
    rig.store.is_down = True
    for number in range(40):
        await ended(await rig.begin(await form(id_=f"gen_x_{number}")))
    assert (await rig.paintings.find("gen_x_39", None)).document.id == "gen_x_39"
    with pytest.raises(StoreUnavailable):
        await rig.paintings.find("gen_x_0", None)


async def test_in_a_full_store_nothing_is_promised_and_who_waits_is_served(
    rig: Rig,
) -> None:
    await ended(await rig.begin(await form(keep=True)))
    with pytest.raises(StorageFull):
        await rig.paintings.arrive(await form(keep=True, id_="gen_x_2"))
    live = await ended(await rig.begin(await form(id_="gen_x_3")))
    assert live.document.status == "completed"
    assert await rig.paintings.find("gen_x_3", None) is live
    assert set(await rig.store.items("foreign/")) == {f"foreign/{ID}"}


async def test_what_is_taken_back_never_was(rig: Rig) -> None:
    rig.adapter.paint_with = refuses
    live = await ended(await rig.begin(await form()))
    assert isinstance(live.fault, QueueFull)
    await rig.paintings.forget(live)
    with pytest.raises(GenerationNotFound):
        await rig.paintings.find(ID, None)


async def refuses(order: Order) -> Sequence[Painted]:
    raise QueueFull("No.", retry_after_s=1.0)


async def test_a_stop_ends_what_nobody_was_promised(rig: Rig) -> None:
    rig.adapter.paint_with = never
    live = await rig.begin(await form())
    await live.answerable()
    await rig.paintings.end()
    assert live.document.status == "cancelled"


async def test_a_promised_one_that_takes_too_long_is_told_of_the_stop() -> None:
    rig = Rig(longest_s=0.01)
    slow = asyncio.Event()

    async def outlasts(order: Order) -> Sequence[Painted]:
        await slow.wait()
        return await painted(order)

    rig.adapter.paint_with = outlasts
    live = await rig.begin(await form(keep=True))
    await live.answerable()
    await rig.paintings.end()
    assert live.document.status == "failed"


async def test_another_users_is_not_found(rig: Rig) -> None:
    await ended(await rig.begin(await form()))
    with pytest.raises(GenerationNotFound):
        await rig.paintings.find(ID, "somebody")
