"""Which form of answer a request's headers ask for (RFC 9110 12.5.1, RFC 7240)."""

from dataclasses import dataclass
from typing import Literal

from easel.contract.generations import ImageFormat
from easel.errors import NotAcceptable
from easel.web.sse import SSE_MEDIA_TYPE

Form = Literal["document", "accepted", "events", "image"]

_IMAGE_FORMATS: dict[str, ImageFormat] = {
    "image/png": "png",
    "image/webp": "webp",
    "image/jpeg": "jpeg",
    "image/*": "png",
}
_DOCUMENT_TYPES = frozenset({"*/*", "application/*", "application/json"})
_OFFERED = ("application/json", SSE_MEDIA_TYPE, "image/png", "image/webp", "image/jpeg")


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """`image_format` is what `Accept` named, for the form `image` only."""

    form: Form
    image_format: ImageFormat | None = None


def choose_answer_form(accept: str | None, prefer: str | None) -> AnswerForm:
    """The first form we have, by the caller's own order of preference.

    Raises:
        NotAcceptable: `accept` names nothing that we have.
    """
    form = _negotiate(accept or "*/*")
    if form.form == "document" and "respond-async" in _preferences(prefer or ""):
        return AnswerForm("accepted")
    return form


def _negotiate(accept: str) -> AnswerForm:
    for media_type in _by_preference(accept):
        if media_type in _DOCUMENT_TYPES:
            return AnswerForm("document")
        if media_type in (SSE_MEDIA_TYPE, "text/*"):
            return AnswerForm("events")
        if media_type in _IMAGE_FORMATS:
            return AnswerForm("image", _IMAGE_FORMATS[media_type])
    raise NotAcceptable(
        f"Accept: none of its types can be given; there are {', '.join(_OFFERED)}.",
        param="Accept",
    )


def _by_preference(accept: str) -> list[str]:
    """Media types by falling `q`, in the header's order where equal; none with q=0."""
    weighted: list[tuple[float, str]] = []
    for element in accept.split(","):
        media_type, *parameters = (part.strip().lower() for part in element.split(";"))
        quality = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip() == "q":
                quality = _quality(value)
        if media_type and quality > 0:
            weighted.append((quality, media_type))
    weighted.sort(key=lambda pair: -pair[0])
    return [media_type for _, media_type in weighted]


def _quality(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        return 0.0


def _preferences(prefer: str) -> set[str]:
    return {part.partition(";")[0].strip().lower() for part in prefer.split(",")}
