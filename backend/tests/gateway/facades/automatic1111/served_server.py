"""Plays the rest of the gateway and a text-to-image server with real PNG files."""

import asyncio
import base64
import io
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from PIL import Image, PngImagePlugin
from pydantic import BaseModel

from easel.contract.errors import PROBLEM_MEDIA_TYPE
from easel.contract.events import PreviewData, ProgressData
from easel.contract.generations import (
    MAX_SEED,
    CancelledGeneration,
    CompletedGeneration,
    Determinism,
    GeneratedImage,
    Generation,
    GenerationRequest,
    Parameters,
    QueuedGeneration,
    RunningGeneration,
    Timings,
)
from easel.contract.models import (
    FloatRange,
    IntRange,
    ModelDefaults,
    ModelDocument,
    ModelFeatures,
    SizeSupport,
)
from easel.errors import GenerationCancelled, GenerationNotFound, ServiceError
from easel.gateway.access.callers import Caller
from easel.gateway.admission.tickets import Place
from easel.gateway.calls import GenerationCall, OnAssigned, OnPlace
from easel.gateway.upstream import UpstreamAnswer
from easel.text2image.images.provenance import infotext
from easel.web.sse import HEARTBEAT, SSE_MEDIA_TYPE, encode_event
from tests.gateway.canned_answer import CannedAnswer

CREATED = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
STEPS = 8


def model(id: str, **changes: Any) -> ModelDocument:
    document = ModelDocument(
        id=id,
        display_name=f"The {id}",
        description="Paints foxes.",
        license=None,
        pipeline="FoxPipeline",
        sizes=SizeSupport(
            minimum=64, maximum=2048, multiple_of=8, native=(), enlarges=False
        ),
        num_inference_steps=IntRange(minimum=1, maximum=100),
        guidance_scale=FloatRange(minimum=0, maximum=20),
        max_images=4,
        max_prompt_tokens=77,
        sampler="pndm",
        samplers=(
            *("euler", "euler_ancestral", "ddim", "dpmpp_2m", "dpmpp_2m_karras"),
            *("unipc", "pndm"),
        ),
        loras=("fur",),
        defaults=ModelDefaults(
            width=512, height=512, num_inference_steps=STEPS, guidance_scale=7.5
        ),
        features=ModelFeatures(
            negative_prompt=True, guidance_scale=True, previews=True
        ),
    )
    return document.model_copy(update=changes)


FLOW = model(
    "flow",
    max_images=1,
    sampler="flow_match_euler",
    samplers=("flow_match_euler",),
    loras=(),
    features=ModelFeatures(negative_prompt=False, guidance_scale=False, previews=True),
)


def document_answer(document: BaseModel) -> CannedAnswer:
    return CannedAnswer(
        200, "application/json", _once(document.model_dump_json().encode())
    )


def refusal(error: ServiceError) -> CannedAnswer:
    body = error.problem("of-the-server").model_dump_json().encode()
    return CannedAnswer(error.http_status, PROBLEM_MEDIA_TYPE, _once(body))


@dataclass
class Held:
    """A generation that the server has."""

    id: str
    call: GenerationCall
    is_started: bool = True
    is_cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False


@dataclass
class ServedServer:
    """Implements `Dispatch`.

    Attributes:
        refusals: What the next calls meet, one each: raised by the gateway.
        server_refusal: What the server answers.
        is_silent: It answers nothing that is asked about a generation.
        speaks_nonsense: It answers with JSON of another kind.
        place: Where the calls stand while `door` is closed.
        door: Set while calls pass the gateway's queue.
        gate: Set while generations finish; previews show until then.
        has_preview: Whether a stream shows one.
    """

    refusals: list[ServiceError] = field(default_factory=list)
    server_refusal: ServiceError | None = None
    is_silent: bool = False
    speaks_nonsense: bool = False
    place: Place | None = None
    door: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    finishes_first: int = 0
    has_preview: bool = True
    calls: list[GenerationCall] = field(default_factory=list)
    held: dict[str, Held] = field(default_factory=dict)
    cancelled_ids: list[str] = field(default_factory=list)
    largest_crowd: int = 0
    stream_left: asyncio.Event = field(default_factory=asyncio.Event)
    streams: int = 0
    next_previews: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    abandoned: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def __post_init__(self) -> None:
        self.door.set()
        self.gate.set()

    @property
    def requests(self) -> list[GenerationRequest]:
        return [call.request for call in self.calls]

    @property
    def running(self) -> list[Held]:
        return [held for held in self.held.values() if not held.ended]

    async def until_asked(self, calls: int = 1) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.calls) >= calls)

    async def until_running(self, generations: int = 1) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.running) >= generations)

    async def document(self, call: GenerationCall) -> bytes:
        raise AssertionError("the façade wants to know the id")

    def open(
        self,
        call: GenerationCall,
        *,
        on_place: OnPlace | None = None,
        on_assigned: OnAssigned | None = None,
    ) -> AbstractAsyncContextManager[UpstreamAnswer]:
        return self._open(call, on_place, on_assigned)

    def ask(
        self,
        caller: Caller,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
    ) -> AbstractAsyncContextManager[UpstreamAnswer]:
        return self._ask(caller, method, path)

    @asynccontextmanager
    async def _open(
        self,
        call: GenerationCall,
        on_place: OnPlace | None,
        on_assigned: OnAssigned | None,
    ) -> AsyncIterator[UpstreamAnswer]:
        assert on_place is not None
        assert on_assigned is not None
        self.calls.append(call)
        await self._tell()
        if self.refusals:
            raise self.refusals.pop(0)
        try:
            if self.place is not None:
                on_place(self.place)
            await self.door.wait()
            held = Held(f"gen_r1_{len(self.held)}", call)
            await on_assigned(held.id)
            self.held[held.id] = held
            self.largest_crowd = max(self.largest_crowd, len(self.running))
            await self._tell()
            try:
                await self._until_ended(held)
            finally:
                held.ended = True
        except asyncio.CancelledError:
            self.abandoned.set()
            raise
        if held.is_cancelled.is_set():
            yield refusal(GenerationCancelled("It was cancelled."))
        elif self.server_refusal is not None:
            yield refusal(self.server_refusal)
        elif self.speaks_nonsense:
            yield CannedAnswer(200, "application/json", _once(b'{"prompt": "a fox"}'))
        else:
            yield document_answer(completed(held))

    async def _until_ended(self, held: Held) -> None:
        if len(self.held) <= self.finishes_first:
            return
        waits = [
            asyncio.ensure_future(event.wait())
            for event in (self.gate, held.is_cancelled)
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    @asynccontextmanager
    async def _ask(
        self, caller: Caller, method: str, path: str
    ) -> AsyncIterator[UpstreamAnswer]:
        if self.is_silent:
            await asyncio.Event().wait()
        _, _, id_, *rest = path.split("/")
        held = self.held.get(id_)
        if held is None or held.call.caller.id != caller.id:
            raise GenerationNotFound(f"No generation {id_}.")
        if method == "DELETE":
            self.cancelled_ids.append(id_)
            held.is_cancelled.set()
            yield document_answer(_document(held))
        elif self.speaks_nonsense:
            yield CannedAnswer(
                200, "text/plain", _once(b"data: {}\nevent: preview\n\n")
            )
        elif rest:
            yield CannedAnswer(200, SSE_MEDIA_TYPE, self._events(held))
        else:
            yield document_answer(_document(held))

    async def _events(self, held: Held) -> AsyncIterator[bytes]:
        self.streams += 1
        yield encode_event(3, "snapshot", _document(held))
        if self.has_preview:
            preview = PreviewData(
                step=2, index=0, image=f"data:image/jpeg;base64,{small_picture()}"
            )
            yield encode_event(4, "preview", preview)
        progress = ProgressData(step=2, num_inference_steps=STEPS, eta_s=1.5)
        yield encode_event(5, "progress", progress)
        yield HEARTBEAT
        # A stream stays open for as long as the generation runs.
        try:
            while True:
                image = f"data:image/jpeg;base64,{await self.next_previews.get()}"
                preview = PreviewData(step=3, index=0, image=image)
                yield encode_event(6, "preview", preview)
                self.next_previews.task_done()
        finally:
            self.stream_left.set()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


def _document(held: Held) -> Generation:
    known: dict[str, Any] = {
        "id": held.id,
        "model": held.call.request.model or "fox",
        "created_at": CREATED,
        "parameters": parameters_of(held.call.request),
    }
    if held.is_cancelled.is_set():
        return CancelledGeneration(**known, reason="requested")
    if held.ended:
        return completed(held)
    if not held.is_started:
        return QueuedGeneration(**known, position=3, eta_s=9.5)
    return RunningGeneration(**known, step=2, eta_s=1.5)


def completed(held: Held) -> CompletedGeneration:
    request = held.call.request
    parameters = parameters_of(request)
    model_id = request.model or "fox"
    seeds = [(parameters.seed + i) % (MAX_SEED + 1) for i in range(request.num_images)]
    images = tuple(
        GeneratedImage(
            index=index,
            seed=seed,
            width=parameters.width,
            height=parameters.height,
            media_type="image/png",
            sha256="0" * 64,
            url=f"/generations/{held.id}/images/{index}",
            b64_json=picture(parameters, seed, model_id),
        )
        for index, seed in enumerate(seeds)
    )
    return CompletedGeneration(
        id=held.id,
        model=model_id,
        created_at=CREATED,
        parameters=parameters,
        images=images,
        warnings=("Painted small and enlarged.",),
        timings=Timings(queued_s=0, encode_s=0, denoise_s=1, decode_s=0, total_s=1),
        determinism=Determinism(level="seed", largest_batch=1),
    )


def parameters_of(request: GenerationRequest) -> Parameters:
    assert request.seed is not None
    return Parameters(
        prompt=request.prompt,
        negative_prompt=request.negative_prompt,
        width=request.width or 512,
        height=request.height or 512,
        num_inference_steps=request.num_inference_steps or STEPS,
        guidance_scale=7.5
        if request.guidance_scale is None
        else request.guidance_scale,
        seed=request.seed,
        num_images=request.num_images,
        sampler=request.sampler or "pndm",
        loras=request.loras,
        strength=request.strength,
    )


def picture(parameters: Parameters, seed: int, model_id: str) -> str:
    """In base64: a file as the real server writes it, of one colour for each seed."""
    info = PngImagePlugin.PngInfo()
    info.add_itxt("parameters", infotext(parameters, seed=seed, model=model_id))
    file = io.BytesIO()
    Image.new("RGB", (8, 8), colour_of(seed)).save(file, "PNG", pnginfo=info)
    return base64.b64encode(file.getvalue()).decode()


def colour_of(seed: int) -> tuple[int, int, int]:
    return seed % 256, seed // 256 % 256, 7


def small_picture() -> str:
    """A preview, in base64."""
    file = io.BytesIO()
    Image.new("RGB", (4, 4), (1, 2, 3)).save(file, "JPEG")
    return base64.b64encode(file.getvalue()).decode()


async def _once(piece: bytes) -> AsyncIterator[bytes]:
    yield piece
