"""What answers a request for images: one JSON document, or a stream."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fastapi import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from easel.errors import InvalidRequest, UpstreamUnavailable
from easel.gateway.access.callers import Caller, caller_of
from easel.gateway.access.joint_delivery import JointDelivery
from easel.gateway.calls import Dispatch, GenerationCall
from easel.gateway.facades.openai.image_events import StreamKind
from easel.gateway.facades.openai.image_requests import ImageOptions, PromptedOptions
from easel.gateway.facades.openai.image_stream import ImageStream
from easel.gateway.facades.openai.images_answer import images_answer
from easel.gateway.facades.openai.native_parts import native_parts, part_key
from easel.gateway.facades.openai.offered_models import OfferedModels
from easel.gateway.facades.openai.painted_documents import (
    PaintedDocument,
    painted_document,
)
from easel.gateway.facades.openai.painting import painted
from easel.gateway.facades.openai.stream_response import StreamResponse
from easel.gateway.facades.server_words import image_path
from easel.gateway.upstream import UNAVAILABLE
from easel.web.disconnect import ClientLeft, unless_client_leaves
from easel.web.preferences import read_preferences
from easel.web.sse import SSE_MEDIA_TYPE

Link = Callable[[str, Caller], str]

# What a client sends in `Cache-Control` to have its picture painted anew.
_NOT_AGAIN = ("no-cache", "no-store")


@dataclass(frozen=True, slots=True)
class Images:
    """
    Attributes:
        dispatch: Runs the generations.
        models: What can be asked for.
        link: Makes of an image's path a link that opens without a key: absolute, or
            a path of this gateway.
        heartbeat_s: Longest silence of a stream.
    """

    dispatch: Dispatch
    models: OfferedModels
    link: Link
    heartbeat_s: float

    def document(
        self, request: Request, options: ImageOptions, source: dict[str, str]
    ) -> Response:
        """All images at once.

        Raises:
            ModelNotFound: there is no such model.
            RequestValidationError: the contract does not allow it.
        """
        caller = caller_of(request.scope)

        def url_of(path: str) -> str:
            link = self.link(image_path(path), caller)
            base_url = str(request.base_url).rstrip("/")
            return base_url + link if link.startswith("/") else link

        async def answer() -> bytes:
            with JointDelivery() as joint:
                parts = [replace(call, joint=joint) for call in calls]
                documents = await painted(self.dispatch, parts)
                body = images_answer(
                    [_understood(document) for document in documents],
                    url_of=url_of if options.gives_urls else None,
                    safety_identifier=options.effective_safety_identifier,
                )
                joint.complete()
            return body

        calls = self._calls(request, options, source)
        return _Awaited(answer)

    def document_or_stream(
        self,
        request: Request,
        options: PromptedOptions,
        source: dict[str, str],
        kind: StreamKind,
    ) -> Response:
        """As `options` say.

        Raises:
            ModelNotFound: there is no such model.
            RequestValidationError: the contract does not allow it.
            InvalidRequest: a stream cannot be so.
        """
        if not options.stream:
            return self.document(request, options, source)
        calls = self._calls(request, options, source)
        _check_stream(options, calls)
        stream = ImageStream(
            self.dispatch,
            replace(calls[0], accept=SSE_MEDIA_TYPE),
            kind=kind,
            partial_images=options.partial_images or 0,
            safety_identifier=options.effective_safety_identifier,
        )
        return StreamResponse(stream.run, heartbeat_s=self.heartbeat_s)

    def _calls(
        self, request: Request, options: ImageOptions, source: dict[str, str]
    ) -> list[GenerationCall]:
        key = request.headers.get("Idempotency-Key")
        model = self.models.id_of(options.model)
        parts = native_parts(
            options,
            model=model,
            max_images=self.models.max_images(model),
            source=source,
            idempotency_key=key,
        )
        wait_s = read_preferences(request.headers.get("Prefer")).wait_s
        cache_control = request.headers.get("Cache-Control", "")
        return [
            GenerationCall(
                part,
                caller_of(request.scope),
                # There is no form of this API for an answer that comes later.
                prefer=f"wait={wait_s}" if wait_s else None,
                idempotency_key=part_key(key, index),
                may_reuse=not any(word in cache_control for word in _NOT_AGAIN),
            )
            for index, part in enumerate(parts)
        ]


def _check_stream(options: PromptedOptions, calls: Sequence[GenerationCall]) -> None:
    if options.gives_urls:
        raise InvalidRequest(
            "response_format: a stream sends b64_json only", param="response_format"
        )
    if len(calls) > 1:
        most = calls[0].request.num_images
        raise InvalidRequest(f"n: a stream has at most {most} images", param="n")


def _understood(document: bytes) -> PaintedDocument:
    try:
        return painted_document(document)
    except ValueError:
        # Without its cause, which quotes the prompt.
        raise UpstreamUnavailable(UNAVAILABLE) from None


class _Awaited(Response):
    """A JSON body that is still to come; the client's leaving cancels it."""

    def __init__(self, body: Callable[[], Coroutine[Any, Any, bytes]]) -> None:
        super().__init__()
        self._body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await unless_client_leaves(receive, self._body())
        except ClientLeft:
            return
        answer = Response(body, media_type="application/json")
        await answer(scope, receive, send)
