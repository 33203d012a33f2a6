"""A call of `POST /generate`, held against what a model of another make can honour."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from easel.contract.generations import GenerationRequest, Parameters
from easel.contract.models import ModelDocument
from easel.errors import InvalidRequest
from easel.gateway.foreign.base64_file import source_bytes
from easel.web.answer_form import AnswerForm
from easel.web.parameters import resolve_parameters
from easel.web.tier_headers import (
    GENERATION_ID_HEADER,
    KEEP_HEADER,
    SEED_DRAWN_HEADER,
    USER_HEADER,
)


@dataclass(frozen=True, slots=True)
class OrderForm:
    """
    Attributes:
        id: Of the generation.
        request: As its caller wrote it, but for what the answer's form adds.
        fingerprint: The same for requests that ask for the same.
        parameters: With no default left open.
        warnings: What its caller should know.
        is_kept: Whether it goes on without its caller.
    """

    id: str
    user: str
    request: GenerationRequest
    fingerprint: str
    model: ModelDocument
    parameters: Parameters
    warnings: tuple[str, ...]
    is_kept: bool


async def order_form(
    headers: Mapping[str, str],
    body: bytes,
    form: AnswerForm,
    models: Mapping[str, ModelDocument],
    *,
    new_id: Callable[[], str],
) -> OrderForm:
    """
    Args:
        headers: As the gateway sends them to a text-to-image server.
        body: The same.
        form: What the headers ask for.
        models: By id, the default first.
        new_id: For a generation whose id was not chosen before: the gateway did not
            know the server's yet.

    Raises:
        InvalidRequest: there is no such model here, or it cannot honour the request.
    """
    sent = GenerationRequest.model_validate_json(body)
    fingerprint = hashlib.sha256(sent.model_dump_json(exclude_defaults=True).encode())
    request, seed = sent, sent.seed or 0
    if SEED_DRAWN_HEADER in headers:
        request = request.model_copy(update={"seed": None})
    if form.image_format is not None:
        request = _with_format(request, form)
    model = _model(request.model, models)
    parameters, warnings = resolve_parameters(
        request,
        model,
        random_seed=seed,
        output_format=model.output_formats[0],
        # Whatever the file says of itself, it is not the gateway that says it.
        metadata_allowed=False,
    )
    if not request.provenance:
        raise InvalidRequest(
            "provenance: what the file says is up to another server", param="provenance"
        )
    return OrderForm(
        id=headers.get(GENERATION_ID_HEADER) or new_id(),
        user=headers.get(USER_HEADER, ""),
        request=request,
        fingerprint=fingerprint.hexdigest(),
        model=model,
        parameters=await _with_sources(request, parameters),
        warnings=warnings,
        is_kept=form.form == "accepted" or headers.get(KEEP_HEADER) == "1",
    )


def _model(wanted: str | None, models: Mapping[str, ModelDocument]) -> ModelDocument:
    found = next(iter(models.values()), None) if wanted is None else models.get(wanted)
    if found is None:
        raise InvalidRequest(f"model: there is no {wanted!r}", param="model")
    return found


def _with_format(request: GenerationRequest, form: AnswerForm) -> GenerationRequest:
    if request.num_images != 1:
        raise InvalidRequest(
            "num_images: an image answer holds one image; ask for application/json.",
            param="num_images",
        )
    if request.output_format not in (None, form.image_format):
        raise InvalidRequest(
            f"output_format: {request.output_format!r} contradicts the Accept header.",
            param="output_format",
        )
    return request.model_copy(update={"output_format": form.image_format})


async def _with_sources(
    request: GenerationRequest, parameters: Parameters
) -> Parameters:
    digests = {
        f"{name}_sha256": hashlib.sha256(await source_bytes(text, name)).hexdigest()
        for name in ("image", "mask")
        if (text := getattr(request, name)) is not None
    }
    return parameters.model_copy(update=digests)
