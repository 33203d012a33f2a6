"""How a generation is sent to who asked for it with `POST /generate`."""

import asyncio
import base64
import hashlib
from collections.abc import Mapping

from starlette.responses import Response

from easel.contract.generations import (
    CancelledGeneration,
    CompletedGeneration,
    FailedGeneration,
)
from easel.errors import GenerationCancelled, ImageNotFound, ServerStopping
from easel.text2image.answer_deadline import too_late
from easel.text2image.live_generation import LiveGeneration
from easel.text2image.routes.image_answer import image_headers
from easel.web.answer_form import AnswerForm
from easel.web.problems import problem_response, render_problem
from easel.web.tier_headers import GENERATION_ID_HEADER


def accepted_answer(live: LiveGeneration, headers: Mapping[str, str]) -> Response:
    """As it stands: it goes on without this caller."""
    applied = ["respond-async"]
    if waited := headers.get("Preference-Applied"):
        applied.append(waited)
    return Response(
        live.document.model_dump_json(),
        status_code=202,
        headers={**headers, "Preference-Applied": ", ".join(applied)},
        media_type="application/json",
    )


async def settled_answer(
    live: LiveGeneration, form: AnswerForm, headers: Mapping[str, str]
) -> Response:
    """What came of it; or that it did not come in time, where it goes on."""
    document = live.document
    match document:
        case CompletedGeneration():
            return await _completed_answer(live, document, form, headers)
        case FailedGeneration():
            return render_problem(document.problem, headers)
        case CancelledGeneration(reason=reason) if reason != "deadline":
            cancelled = "The generation was cancelled before it was done."
            return problem_response(GenerationCancelled(cancelled), headers)
    if live.is_suspended:
        stopped = "The server is stopping; the generation goes on when it is back."
        return problem_response(ServerStopping(stopped), headers)
    late = too_late(has_begun=live.started_at_s is not None)
    return problem_response(late, headers)


async def _completed_answer(
    live: LiveGeneration,
    document: CompletedGeneration,
    form: AnswerForm,
    headers: Mapping[str, str],
) -> Response:
    make = _image_answer if form.form == "image" else _document_answer
    try:
        return await asyncio.to_thread(make, live, document, headers)
    except FileNotFoundError:
        gone = ImageNotFound("The image's file is gone from the server's disk.")
        return problem_response(gone, headers)


def _image_answer(
    live: LiveGeneration, document: CompletedGeneration, headers: Mapping[str, str]
) -> Response:
    parameters, stored = document.parameters, live.images[0]
    # No prompt here: headers end up in the logs of proxies.
    described = parameters.model_dump_json(exclude={"prompt", "negative_prompt"})
    return Response(
        # At once: a FileResponse goes to another thread for each of its parts.
        stored.path.read_bytes(),
        media_type=stored.media_type,
        headers={
            **image_headers(live, 0, stored),
            **headers,
            GENERATION_ID_HEADER: live.id,
            "X-Easel-Seed": str(document.images[0].seed),
            "X-Easel-Parameters": described,
        },
    )


def _document_answer(
    live: LiveGeneration, document: CompletedGeneration, headers: Mapping[str, str]
) -> Response:
    images = tuple(
        described.model_copy(
            update={"b64_json": base64.b64encode(stored.path.read_bytes()).decode()}
        )
        for described, stored in zip(document.images, live.images, strict=True)
    )
    return Response(
        document.model_copy(update={"images": images}).model_dump_json(),
        headers={**headers, "ETag": _tag(document)},
        media_type="application/json",
    )


def _tag(document: CompletedGeneration) -> str:
    """Of the document with its images: two with the same images differ by their id."""
    named = " ".join([document.id, *(image.sha256 for image in document.images)])
    return f'"{hashlib.sha256(named.encode()).hexdigest()}"'
