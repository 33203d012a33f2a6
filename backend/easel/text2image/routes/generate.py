"""`POST /generate`: one generation, in whichever form the caller wants the answer."""

import asyncio
import base64
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from easel.contract.generations import (
    CompletedGeneration,
    FailedGeneration,
    GenerationRequest,
    ImageFormat,
)
from easel.errors import GenerationCancelled, InvalidRequest
from easel.telemetry.request_id import current_request_id
from easel.text2image.answer_form import AnswerForm, choose_answer_form
from easel.text2image.event_stream import EventStream
from easel.text2image.generations import Generations
from easel.text2image.live_generation import LiveGeneration
from easel.text2image.routes.image_answer import image_headers
from easel.web import native_api
from easel.web.disconnect import ClientLeft, unless_client_leaves
from easel.web.generation_body import generation_body
from easel.web.problems import render_problem

# Whom the gateway knows the caller as: device time is shared fairly between users.
USER_HEADER = "X-Easel-User"
_MAX_USER_CHARACTERS = 200


def generate_router(generations: Generations) -> APIRouter:
    router = APIRouter()

    @router.api_route(**native_api.GENERATE)
    async def generate(
        body: Annotated[GenerationRequest, Depends(generation_body)], request: Request
    ) -> Response:
        form = choose_answer_form(
            _joined(request, "accept"), _joined(request, "prefer")
        )
        live = await generations.accept(
            body,
            _output_format(body, form),
            current_request_id(),
            user=request.headers.get(USER_HEADER, "")[:_MAX_USER_CHARACTERS],
            is_durable=form.form == "accepted",
        )
        if form.form == "accepted":
            return _accepted(live)

        def on_leave() -> None:
            generations.cancel(live, "client_disconnected")

        if form.form == "events":
            headers = _location(live)
            return EventStream(live, after_id=0, on_leave=on_leave, headers=headers)
        try:
            await unless_client_leaves(request.receive, live.ended.wait())
        except ClientLeft:
            on_leave()
            return Response(status_code=499)
        except asyncio.CancelledError:
            # The server's own stop took longer than its grace.
            on_leave()
            raise
        return await _answer(live, form)

    return router


def _joined(request: Request, name: str) -> str | None:
    """A header that may come several times, as one list (RFC 9110, 5.3)."""
    return ", ".join(request.headers.getlist(name)) or None


def _output_format(body: GenerationRequest, form: AnswerForm) -> ImageFormat:
    """The format if the body names none; raises InvalidRequest on contradiction."""
    if form.image_format is None:
        return "png"
    if body.num_images != 1:
        raise InvalidRequest(
            "num_images: an image answer holds one image; ask for application/json.",
            param="num_images",
        )
    if body.output_format not in (None, form.image_format):
        raise InvalidRequest(
            f"output_format: {body.output_format!r} contradicts the Accept header.",
            param="output_format",
        )
    return form.image_format


def _location(live: LiveGeneration) -> dict[str, str]:
    return {"Location": f"/generations/{live.id}"}


def _accepted(live: LiveGeneration) -> Response:
    return Response(
        live.document.model_dump_json(),
        status_code=202,
        headers={**_location(live), "Preference-Applied": "respond-async"},
        media_type="application/json",
    )


async def _answer(live: LiveGeneration, form: AnswerForm) -> Response:
    """The answer of a generation that has ended."""
    document = live.document
    if isinstance(document, FailedGeneration):
        return render_problem(document.problem, _location(live))
    if not isinstance(document, CompletedGeneration):
        raise GenerationCancelled("The generation was cancelled before it was done.")
    if form.form == "image":
        return await _image_answer(live, document)
    complete = await asyncio.to_thread(_with_base64, live, document)
    body = complete.model_dump_json()
    return Response(body, headers=_location(live), media_type="application/json")


async def _image_answer(
    live: LiveGeneration, document: CompletedGeneration
) -> Response:
    parameters, stored = document.parameters, live.images[0]
    # No prompt here: headers end up in the logs of proxies.
    described = parameters.model_dump_json(exclude={"prompt", "negative_prompt"})
    return Response(
        # At once: a FileResponse goes to another thread for each of its parts.
        await asyncio.to_thread(stored.path.read_bytes),
        media_type=stored.media_type,
        headers={
            **image_headers(live, 0, stored),
            **_location(live),
            "X-Easel-Generation-Id": live.id,
            "X-Easel-Seed": str(document.images[0].seed),
            "X-Easel-Parameters": described,
        },
    )


def _with_base64(
    live: LiveGeneration, document: CompletedGeneration
) -> CompletedGeneration:
    images = tuple(
        described.model_copy(
            update={"b64_json": base64.b64encode(stored.path.read_bytes()).decode()}
        )
        for described, stored in zip(document.images, live.images, strict=True)
    )
    return document.model_copy(update={"images": images})
