"""Plays the rest of the gateway: answers as text-to-image servers give them."""

import asyncio
import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from easel.contract.errors import PROBLEM_MEDIA_TYPE, Problem
from easel.contract.events import ImageData, PreviewData, ProgressData, StartedData
from easel.contract.generations import (
    MAX_SEED,
    CompletedGeneration,
    Determinism,
    GeneratedImage,
    GenerationRequest,
    Parameters,
    QueuedGeneration,
    Timings,
)
from easel.errors import ServiceError
from easel.gateway.access.callers import Caller
from easel.gateway.calls import GenerationCall, OnAssigned, OnPlace
from easel.gateway.upstream import UpstreamAnswer
from easel.web.sse import HEARTBEAT, SSE_MEDIA_TYPE, encode_event
from tests.gateway.canned_answer import CannedAnswer

CREATED = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PREVIEW = base64.b64encode(b"a small picture").decode()
STEPS = 8


def picture(seed: int) -> bytes:
    """The file of the image with this seed; its length is no multiple of three."""
    return f"the picture of seed {seed:010}".encode()


def in_base64(seed: int) -> str:
    return base64.b64encode(picture(seed)).decode()


async def one_by_one(pieces: Sequence[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


@dataclass
class FakeDispatch:
    """Implements `Dispatch`.

    Attributes:
        refusals: Raised by the next calls, one each; None lets one through.
        server_problem: With what the server refuses a stream.
        last_words: What ends a stream instead of its images, if anything does.
        fails_at_picture: How the server answers the request for a picture.
        paid: Whether each document that was one of several cost anything.
        gate: Set to let answers go; closed by `hold`.
    """

    refusals: list[ServiceError | None] = field(default_factory=list)
    server_problem: Problem | None = None
    last_words: tuple[str, BaseModel] | None = None
    fails_at_picture: Problem | None = None
    calls: list[GenerationCall] = field(default_factory=list)
    asked: list[tuple[Caller, str, str]] = field(default_factory=list)
    paid: list[bool] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    abandoned: asyncio.Event = field(default_factory=asyncio.Event)
    in_flight: int = 0

    def __post_init__(self) -> None:
        self.gate.set()

    def hold(self) -> None:
        """No answer until `gate` is set."""
        self.gate.clear()

    async def document(self, call: GenerationCall) -> bytes:
        async with self._admitted(call):
            if call.joint is not None:
                call.joint.at_the_end(self.paid.append)
            return painted_generation(call.request).model_dump_json().encode()

    def open(
        self,
        call: GenerationCall,
        *,
        on_place: OnPlace | None = None,
        on_assigned: OnAssigned | None = None,
    ) -> AbstractAsyncContextManager[UpstreamAnswer]:
        return self._open(call)

    def ask(
        self,
        caller: Caller,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
    ) -> AbstractAsyncContextManager[UpstreamAnswer]:
        return self._ask(caller, method, path)

    @asynccontextmanager
    async def _open(self, call: GenerationCall) -> AsyncIterator[UpstreamAnswer]:
        async with self._admitted(call):
            if self.server_problem is not None:
                yield refusal(self.server_problem)
            else:
                yield CannedAnswer(200, SSE_MEDIA_TYPE, self._events(call.request))

    @asynccontextmanager
    async def _ask(
        self, caller: Caller, method: str, path: str
    ) -> AsyncIterator[UpstreamAnswer]:
        self.asked.append((caller, method, path))
        if self.fails_at_picture is not None:
            yield refusal(self.fails_at_picture)
            return
        content = picture(int(path.partition("seed=")[2]))
        # In pieces whose length is no multiple of three either.
        pieces = [content[at : at + 7] for at in range(0, len(content), 7)]
        yield CannedAnswer(200, "image/png", one_by_one(pieces))

    @asynccontextmanager
    async def _admitted(self, call: GenerationCall) -> AsyncIterator[None]:
        self.calls.append(call)
        self.arrived.set()
        refusal = self.refusals.pop(0) if self.refusals else None
        if refusal is not None:
            raise refusal
        self.in_flight += 1
        try:
            await self.gate.wait()
            yield
        except asyncio.CancelledError:
            self.in_flight -= 1
            self.abandoned.set()
            raise
        self.in_flight -= 1

    async def _events(self, request: GenerationRequest) -> AsyncIterator[bytes]:
        done = without_pictures(painted_generation(request))
        queued = QueuedGeneration(
            **done.model_dump(include={"id", "model", "created_at", "parameters"}),
            position=1,
            eta_s=None,
        )
        yield encode_event(0, "snapshot", queued)
        yield HEARTBEAT
        yield encode_event(1, "started", StartedData())
        for step in range(1, STEPS + 1):
            progress = ProgressData(step=step, num_inference_steps=STEPS, eta_s=None)
            yield encode_event(2, "progress", progress)
            for index in range(request.num_images):
                preview = PreviewData(
                    step=step, index=index, image=f"data:image/webp;base64,{PREVIEW}"
                )
                yield encode_event(3, "preview", preview)
        if self.last_words is not None:
            yield encode_event(4, *self.last_words)
            return
        # The last image is told by the last event only.
        for image in done.images[:-1]:
            told = ImageData(**image.model_dump(include=set(ImageData.model_fields)))
            yield encode_event(4, "image", told)
        whole = encode_event(5, "completed", done)
        yield whole[:100]
        yield whole[100:]


def without_pictures(document: CompletedGeneration) -> CompletedGeneration:
    """As events have it."""
    images = [image.model_copy(update={"b64_json": None}) for image in document.images]
    return document.model_copy(update={"images": tuple(images)})


def refusal(problem: Problem) -> CannedAnswer:
    body = problem.model_dump_json().encode()
    return CannedAnswer(problem.status, PROBLEM_MEDIA_TYPE, one_by_one([body]))


def painted_generation(
    request: GenerationRequest, **changes: Any
) -> CompletedGeneration:
    """As `document` has it: with the pictures in base64."""
    first_seed = 1_000 if request.seed is None else request.seed
    seeds = [(first_seed + i) % (MAX_SEED + 1) for i in range(request.num_images)]
    parameters = Parameters(
        prompt=request.prompt,
        negative_prompt=request.negative_prompt,
        width=request.width or 512,
        height=request.height or 512,
        num_inference_steps=STEPS,
        guidance_scale=7.5,
        seed=first_seed,
        num_images=request.num_images,
        sampler="euler",
        output_format=request.output_format or "png",
        strength=request.strength,
    )
    images = tuple(
        GeneratedImage(
            index=index,
            seed=seed,
            width=parameters.width,
            height=parameters.height,
            media_type="image/png",
            sha256="0" * 64,
            url=f"/generations/gen_r1_01/images/{index}?seed={seed}",
            b64_json=in_base64(seed),
        )
        for index, seed in enumerate(seeds)
    )
    document = CompletedGeneration(
        id="gen_r1_01",
        model=request.model or "fox-1",
        created_at=CREATED,
        parameters=parameters,
        images=images,
        timings=Timings(queued_s=0, encode_s=0, denoise_s=1, decode_s=0, total_s=1),
        determinism=Determinism(level="seed", largest_batch=1),
    )
    return document.model_copy(update=changes)
