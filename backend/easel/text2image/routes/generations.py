"""What can be asked of a generation after it was accepted."""

import asyncio
from contextlib import suppress

from fastapi import APIRouter, Request
from starlette.responses import Response

from easel.errors import ImageNotFound, InvalidRequest
from easel.text2image.event_stream import EventStream
from easel.text2image.generations import Generations
from easel.text2image.images.image_files import StoredImage, thumbnail
from easel.text2image.live_generation import LiveGeneration
from easel.text2image.routes.call_headers import preferences_of, user_of
from easel.text2image.routes.image_answer import IMMUTABLE, image_response
from easel.web import native_api
from easel.web.disconnect import ClientLeft, unless_client_leaves

# Longer, and proxies on the way cut the connection.
_MAX_WAIT_S = 60


def generations_router(generations: Generations) -> APIRouter:
    router = APIRouter()

    @router.api_route(**native_api.GET_GENERATION)
    async def get_generation(generation_id: str, request: Request) -> Response:
        user = user_of(request.headers)
        live = generations.find(generation_id, user)
        wait_s = preferences_of(request.headers).wait_s
        if wait_s is None:
            return _document(live)
        wait_s = min(wait_s, _MAX_WAIT_S)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await unless_client_leaves(request.receive, live.settled.wait())
        except ClientLeft:
            return Response(status_code=499)
        headers = {"Preference-Applied": f"wait={wait_s}"}
        return _document(generations.find(generation_id, user), headers)

    @router.api_route(**native_api.CANCEL_GENERATION)
    async def cancel_generation(generation_id: str, request: Request) -> Response:
        live = generations.find(generation_id, user_of(request.headers))
        generations.cancel(live, "requested")
        return _document(live)

    @router.api_route(**native_api.GET_EVENTS)
    async def follow_generation(
        generation_id: str,
        request: Request,
        last_event_id: native_api.LastEventId = None,
    ) -> Response:
        live = generations.find(generation_id, user_of(request.headers))
        return EventStream(live, after_id=live.log.resume_id(last_event_id))

    @router.api_route(**native_api.GET_IMAGE)
    async def get_image(
        generation_id: str,
        index: native_api.ImageIndex,
        request: Request,
        width: native_api.ThumbnailWidth = None,
    ) -> Response:
        live = generations.find(generation_id, user_of(request.headers))
        stored = live.image(index)
        if stored is None:
            raise ImageNotFound(
                f"{generation_id} is {live.document.status} and has "
                f"{len(live.images)} image(s)."
            )
        variant = "" if width is None else f"-{width}"
        tag = f'"{stored.sha256}{variant}"'
        known = request.headers.get("if-none-match", "")
        if tag in known or known.strip() == "*":
            headers = {"ETag": tag, "Cache-Control": IMMUTABLE}
            return Response(status_code=304, headers=headers)
        if not stored.path.exists():
            raise ImageNotFound("The image's file is gone from the server's disk.")
        if width is None:
            return image_response(live, index, stored)
        return await _thumbnail(stored, width, tag)

    return router


def _document(live: LiveGeneration, headers: dict[str, str] | None = None) -> Response:
    body = live.document.model_dump_json()
    return Response(body, headers=headers, media_type="application/json")


async def _thumbnail(stored: StoredImage, width: int, tag: str) -> Response:
    if width > stored.size.width:
        raise InvalidRequest(
            f"width: {width} is more than the image's {stored.size.width}",
            param="width",
        )
    return Response(
        await asyncio.to_thread(thumbnail, stored, width),
        media_type=stored.media_type,
        headers={"ETag": tag, "Cache-Control": IMMUTABLE},
    )
