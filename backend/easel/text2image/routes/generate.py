"""`POST /generate`: one generation, in whichever form the caller wants the answer."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from easel.contract.generations import GenerationRequest, ImageFormat
from easel.errors import InvalidRequest, NotAcceptable
from easel.text2image.arrivals import Arrivals
from easel.text2image.attachments import Attachment
from easel.text2image.event_stream import EventStream
from easel.text2image.generations import Generations
from easel.text2image.live_generation import LiveGeneration
from easel.text2image.routes.call_headers import call_of, joined, time_allowed_s
from easel.text2image.routes.generation_answer import accepted_answer, settled_answer
from easel.web import native_api
from easel.web.answer_form import AnswerForm, choose_answer_form
from easel.web.disconnect import ClientLeft, unless_client_leaves
from easel.web.generation_body import generation_body
from easel.web.problems import problem_response
from easel.web.tier_headers import CACHE_HEADER, GENERATION_HEADER


def generate_router(generations: Generations) -> APIRouter:
    router = APIRouter()
    arrivals = Arrivals(generations)

    @router.api_route(**native_api.GENERATE)
    async def generate(
        body: Annotated[GenerationRequest, Depends(generation_body)], request: Request
    ) -> Response:
        asked_at_s = asyncio.get_running_loop().time()
        form = choose_answer_form(
            joined(request.headers, "accept"), joined(request.headers, "prefer")
        )
        allowed_s = time_allowed_s(request.headers, form)
        call = call_of(request.headers, form, allowed_s)
        attached = await arrivals.arrive(body, _output_format(body, form), call)
        until_s = None if allowed_s is None else asked_at_s + allowed_s
        match form.form:
            case "events":
                return EventStream(
                    attached.live,
                    after_id=0,
                    on_leave=attached.leave,
                    until_s=until_s,
                    headers=_headers(attached, form),
                )
            case "accepted" if form.wait_s is None:
                attached.leave("client_disconnected")
                return accepted_answer(attached.live, _headers(attached, form))
        return await _waited_for(request, attached, form, until_s)

    return router


async def _waited_for(
    request: Request, attached: Attachment, form: AnswerForm, until_s: float | None
) -> Response:
    """The answer when the generation has ended, or when the time is over."""
    live, headers = attached.live, _headers(attached, form)
    try:
        _check_format(live, form)
        async with asyncio.timeout_at(until_s):
            await unless_client_leaves(request.receive, live.settled.wait())
    except TimeoutError:
        attached.leave("deadline")
    except ClientLeft:
        return Response(status_code=499)
    except NotAcceptable as refusal:
        return problem_response(refusal, headers)
    finally:
        # Also when the server's own stop took longer than its grace.
        attached.leave("client_disconnected")
    if form.form == "accepted" and not live.has_ended:
        return accepted_answer(live, headers)
    return await settled_answer(live, form, headers)


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


def _check_format(live: LiveGeneration, form: AnswerForm) -> None:
    """Who attaches may have named another format than who began it.

    Raises:
        NotAcceptable: the image is none of the wanted type.
    """
    made = live.parameters.output_format
    if form.image_format not in (None, made):
        raise NotAcceptable(
            f"Accept: the generation's image is image/{made}.", param="Accept"
        )


def _headers(attached: Attachment, form: AnswerForm) -> dict[str, str]:
    live = attached.live
    headers = {"Location": f"/generations/{live.id}", GENERATION_HEADER: live.id}
    if attached.cache is not None:
        headers[CACHE_HEADER] = attached.cache
    if form.wait_s is not None:
        headers["Preference-Applied"] = f"wait={form.wait_s}"
    return headers
