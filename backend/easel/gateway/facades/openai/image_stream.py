"""One generation followed to its last image, told in OpenAI's events."""

import base64
from collections.abc import AsyncIterator

from easel.contract.errors import Problem
from easel.contract.events import CancelledData, ImageData, PreviewData
from easel.contract.generations import CompletedGeneration
from easel.errors import (
    GenerationCancelled,
    ServiceError,
    UpstreamTimeout,
    UpstreamUnavailable,
    UpstreamUnreachable,
    error_of,
)
from easel.gateway.calls import Dispatch, GenerationCall
from easel.gateway.facades.event_reader import EventReader, ReadEvent
from easel.gateway.facades.openai.image_events import (
    EventWriter,
    PaintingSnapshot,
    PreviewPacer,
    StreamKind,
)
from easel.gateway.facades.openai.stream_response import SendEvent
from easel.gateway.facades.server_words import image_path, read_as
from easel.gateway.upstream import CANNOT_CONNECT, TIMED_OUT, UNAVAILABLE
from easel.web.sse import SSE_MEDIA_TYPE


class ImageStream:
    """
    Args:
        dispatch: Runs the generation, and fetches its images.
        call: What is asked, as an event stream.
        kind: Begins the names of the events.
        partial_images: Previews of each image, at most.
        safety_identifier: Of the request.
    """

    def __init__(
        self,
        dispatch: Dispatch,
        call: GenerationCall,
        *,
        kind: StreamKind,
        partial_images: int,
        safety_identifier: str | None,
    ) -> None:
        self._dispatch = dispatch
        self._call = call
        self._kind = kind
        self._partial_images = partial_images
        self._safety_identifier = safety_identifier
        self._writer: EventWriter | None = None
        self._pacer: PreviewPacer | None = None
        self._sent: set[int] = set()
        self._is_complete = False
        self._failure: ServiceError | None = None

    async def run(self, send: SendEvent) -> None:
        """
        Raises:
            ServiceError: there is no image; the error says why.
        """
        async with self._dispatch.open(self._call) as answer:
            if answer.media_type != SSE_MEDIA_TYPE:
                raise await answer.error()
            reader = EventReader()
            # To its end, also after the last event: what is left early is cancelled.
            async for piece in answer.chunks():
                for event in reader.feed(piece):
                    await self._take(event, send)
        if self._failure is not None:
            raise self._failure
        if not self._is_complete:
            raise UpstreamUnreachable(CANNOT_CONNECT)

    async def _take(self, event: ReadEvent, send: SendEvent) -> None:
        match event.name:
            case "snapshot":
                self._begin(read_as(PaintingSnapshot, event.data))
            case "preview":
                await self._preview(read_as(PreviewData, event.data), send)
            case "image":
                image = read_as(ImageData, event.data)
                await self._image(image.index, image.seed, image.url, send)
            case "completed":
                document = read_as(CompletedGeneration, event.data)
                for done in document.images:
                    await self._image(done.index, done.seed, done.url, send)
                self._is_complete = True
            case "failed":
                self._failure = error_of(read_as(Problem, event.data))
            case "cancelled":
                told = read_as(CancelledData, event.data)
                self._failure = (
                    UpstreamTimeout(TIMED_OUT)
                    if told.reason == "deadline"
                    else GenerationCancelled("The generation was cancelled.")
                )

    def _begin(self, snapshot: PaintingSnapshot) -> None:
        self._writer = EventWriter(self._kind, snapshot, self._safety_identifier)
        self._pacer = PreviewPacer(
            self._partial_images, snapshot.parameters.num_inference_steps
        )

    async def _preview(self, preview: PreviewData, send: SendEvent) -> None:
        if self._writer is None or self._pacer is None:
            raise UpstreamUnavailable(UNAVAILABLE)
        number = self._pacer.number_of(preview)
        if number is not None:
            await send(self._writer.partial_image(preview, number))

    async def _image(self, index: int, seed: int, url: str, send: SendEvent) -> None:
        """Each once: the last event names them all again."""
        if self._writer is None:
            raise UpstreamUnavailable(UNAVAILABLE)
        if index not in self._sent:
            self._sent.add(index)
            await send(self._writer.completed(index, seed, await self._picture(url)))

    async def _picture(self, url: str) -> list[bytes]:
        asking = self._dispatch.ask(self._call.caller, "GET", image_path(url))
        async with asking as answer:
            if answer.status != 200:
                raise await answer.error()
            return await _base64(answer.chunks())


async def _base64(pieces: AsyncIterator[bytes]) -> list[bytes]:
    """Piece by piece as they come: megabytes at once would hold up the event loop."""
    encoded: list[bytes] = []
    rest = b""
    async for piece in pieces:
        content = rest + piece
        # Three bytes are four characters; only the end may have padding.
        whole = len(content) - len(content) % 3
        encoded.append(base64.b64encode(content[:whole]))
        rest = content[whole:]
    encoded.append(base64.b64encode(rest))
    return encoded
