"""Which form of answer a request's headers ask for (RFC 9110 12.5.1, RFC 7240)."""

from dataclasses import dataclass, replace
from typing import Literal

from easel.contract.generations import ImageFormat
from easel.errors import NotAcceptable
from easel.web.preferences import read_preferences
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
    """
    Attributes:
        form: `accepted` is the document of a generation that goes on by itself.
        image_format: What `Accept` named, for the form `image` only.
        wait_s: How long the caller waits, if it says so; `accepted` is then what it
            gets when the images are not there by that time.
    """

    form: Form
    image_format: ImageFormat | None = None
    wait_s: int | None = None


def choose_answer_form(accept: str | None, prefer: str | None) -> AnswerForm:
    """The first form we have, by the caller's own order of preference.

    Raises:
        NotAcceptable: `accept` names nothing that we have.
    """
    form = _negotiate(accept or "*/*")
    preferences = read_preferences(prefer)
    if form.form == "document" and preferences.responds_async:
        return AnswerForm("accepted", wait_s=preferences.wait_s)
    # An answer in no time cannot be had.
    return replace(form, wait_s=preferences.wait_s or None)


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
