"""Answers in the words of a text-to-image server, made in this process."""

import asyncio
import base64
import hashlib
import math
from collections.abc import Callable, Mapping
from typing import Protocol

from easel.contract.errors import PROBLEM_MEDIA_TYPE, Problem
from easel.contract.generations import CompletedGeneration
from easel.errors import ImageNotFound, ServiceError
from easel.gateway.foreign import stages
from easel.gateway.foreign.watched import Watched
from easel.gateway.upstream import UpstreamAnswer
from easel.telemetry.request_id import current_request_id
from easel.web.sse import (
    HEARTBEAT,
    HEARTBEAT_S,
    SSE_HEADERS,
    SSE_MEDIA_TYPE,
    encode_event,
)
from easel.web.tier_headers import GENERATION_HEADER

JSON = "application/json"

_IMMUTABLE = "private, max-age=31536000, immutable"


class Body(Protocol):
    async def next(self) -> bytes:
        """The next piece; empty at the end."""
        ...


class WholeBody:
    def __init__(self, content: bytes) -> None:
        self._content = content

    async def next(self) -> bytes:
        content, self._content = self._content, b""
        return content


class EventBody:
    """A snapshot, then what happens, then the end.

    Args:
        watched: The generation.
        after_id: The last event that the reader has.
    """

    def __init__(self, watched: Watched, *, after_id: int) -> None:
        self._watched = watched
        self._last_id = after_id
        self._has_begun = False
        self._is_over = False

    async def next(self) -> bytes:
        if self._is_over:
            return b""
        document = self._watched.document
        if not self._has_begun:
            self._has_begun = True
            return encode_event(self._last_id, "snapshot", document)
        if not (news := self._news()):
            await self._watched.change(HEARTBEAT_S)
            news = self._news()
        return news or HEARTBEAT

    def _news(self) -> bytes:
        document = self._watched.document
        self._is_over = isinstance(document, stages.ENDED)
        events = list(stages.events_of(document, self._last_id))
        if events:
            self._last_id = events[-1].id
        return b"".join(encode_event(each.id, each.name, each.data) for each in events)


class LocalAnswer(UpstreamAnswer):
    """
    Args:
        status: Of HTTP.
        media_type: Of the body.
        body: In one piece, or in several.
        headers: Beside those of the body.
        on_close: Called once, when the answer is done with.
    """

    def __init__(
        self,
        status: int,
        media_type: str,
        body: bytes | Body,
        headers: Mapping[str, str],
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(status, media_type)
        self._headers = {name.lower(): value for name, value in headers.items()}
        self._headers["content-type"] = media_type
        if isinstance(body, bytes):
            self._headers["content-length"] = str(len(body))
            body = WholeBody(body)
        self._body = body
        self._on_close = on_close
        self._is_closed = False

    def header(self, name: str) -> str | None:
        return self._headers.get(name.lower())

    def headers(self) -> list[tuple[bytes, bytes]]:
        return [
            (name.encode(), value.encode("latin-1", "replace"))
            for name, value in self._headers.items()
        ]

    async def next_chunk(self) -> bytes:
        return await self._body.next()

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._on_close()


def problem_answer(
    fault: ServiceError | Problem, headers: Mapping[str, str]
) -> LocalAnswer:
    if isinstance(fault, ServiceError):
        fault = fault.problem(current_request_id())
    named = dict(headers)
    if fault.retry_after_s is not None:
        named["Retry-After"] = str(math.ceil(fault.retry_after_s))
    body = fault.model_dump_json(exclude_none=True).encode()
    return LocalAnswer(fault.status, PROBLEM_MEDIA_TYPE, body, named)


def event_answer(
    watched: Watched,
    headers: Mapping[str, str],
    *,
    after_id: int,
    on_close: Callable[[], None] = lambda: None,
) -> LocalAnswer:
    body = EventBody(watched, after_id=after_id)
    named = {**headers, **SSE_HEADERS}
    return LocalAnswer(200, SSE_MEDIA_TYPE, body, named, on_close)


async def document_answer(
    watched: Watched, document: CompletedGeneration, headers: Mapping[str, str]
) -> LocalAnswer:
    """With all pictures in it. Raises ImageNotFound."""
    files = [await _file(watched, image.index) for image in document.images]
    content = await asyncio.to_thread(_with_files, document, files)
    named = " ".join([document.id, *(image.sha256 for image in document.images)])
    tag = f'"{hashlib.sha256(named.encode()).hexdigest()}"'
    return LocalAnswer(200, JSON, content, {**headers, "ETag": tag})


async def image_answer(
    watched: Watched,
    document: CompletedGeneration,
    index: int,
    headers: Mapping[str, str],
) -> LocalAnswer:
    """One picture's file. Raises ImageNotFound."""
    if not 0 <= index < len(document.images):
        raise ImageNotFound(f"{document.id} has {len(document.images)} image(s).")
    image = document.images[index]
    name = f"{document.id}-{index}.{image.media_type.partition('/')[2]}"
    named = {
        **headers,
        "ETag": f'"{image.sha256}"',
        "Cache-Control": _IMMUTABLE,
        "Content-Disposition": f'inline; filename="{name}"',
    }
    file = await _file(watched, index)
    return LocalAnswer(200, image.media_type, file, named)


def described(document: CompletedGeneration) -> dict[str, str]:
    """What headers say of a generation whose answer is its one picture."""
    # No prompt: headers end up in the logs of proxies.
    parameters = document.parameters.model_dump_json(
        exclude={"prompt", "negative_prompt"}
    )
    return {
        GENERATION_HEADER: document.id,
        "X-Easel-Generation-Id": document.id,
        "X-Easel-Seed": str(document.images[0].seed),
        "X-Easel-Parameters": parameters,
    }


async def _file(watched: Watched, index: int) -> bytes:
    file = await watched.image(index)
    if file is None:
        raise ImageNotFound("The image is kept no longer.")
    return file


def _with_files(document: CompletedGeneration, files: list[bytes]) -> bytes:
    images = tuple(
        image.model_copy(update={"b64_json": base64.b64encode(file).decode()})
        for image, file in zip(document.images, files, strict=True)
    )
    return document.model_copy(update={"images": images}).model_dump_json().encode()
