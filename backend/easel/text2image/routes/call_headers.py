"""What a request's headers say of who asks, and how."""

import math
from collections.abc import Mapping

from starlette.datastructures import Headers

from easel.errors import InvalidRequest
from easel.telemetry.request_id import current_request_id
from easel.text2image.intake import Call
from easel.web.answer_form import AnswerForm
from easel.web.preferences import Preferences, read_preferences
from easel.web.tier_headers import (
    GENERATION_ID_HEADER,
    KEEP_HEADER,
    TIMEOUT_HEADER,
    USER_HEADER,
)

_MAX_USER_CHARACTERS = 200


def joined(headers: Headers, name: str) -> str | None:
    """A header that may come several times, as one list (RFC 9110, 5.3)."""
    return ", ".join(headers.getlist(name)) or None


def preferences_of(headers: Headers) -> Preferences:
    return read_preferences(joined(headers, "prefer"))


def user_of(headers: Mapping[str, str]) -> str | None:
    """None if the request does not say."""
    user = headers.get(USER_HEADER)
    return None if user is None else user[:_MAX_USER_CHARACTERS]


def time_allowed_s(headers: Headers, form: AnswerForm) -> float | None:
    """Seconds within which the answer is wanted; None for a caller who has time.

    Raises:
        InvalidRequest: a header is not what its name promises.
    """
    limits = (_timeout_s(headers), form.wait_s)
    return min((limit for limit in limits if limit is not None), default=None)


def call_of(headers: Headers, form: AnswerForm, allowed_s: float | None) -> Call:
    """
    Args:
        headers: Of the request.
        form: What they ask for.
        allowed_s: Seconds within which the answer is wanted.

    Raises:
        InvalidRequest: a header is not what its name promises.
    """
    is_asynchronous = form.form == "accepted"
    return Call(
        request_id=current_request_id(),
        user=user_of(headers) or "",
        is_durable=_is_kept(headers) or is_asynchronous,
        generation_id=headers.get(GENERATION_ID_HEADER),
        # Who does not insist on the images has time.
        timeout_s=None if is_asynchronous else allowed_s,
    )


def _is_kept(headers: Headers) -> bool:
    value = headers.get(KEEP_HEADER, "0")
    if value not in ("0", "1"):
        raise InvalidRequest(f"{KEEP_HEADER}: must be 0 or 1", param=KEEP_HEADER)
    return value == "1"


def _timeout_s(headers: Headers) -> float | None:
    value = headers.get(TIMEOUT_HEADER)
    if value is None:
        return None
    try:
        timeout_s = float(value)
    except ValueError:
        timeout_s = math.nan
    if not 0 <= timeout_s < math.inf:
        raise InvalidRequest(
            f"{TIMEOUT_HEADER}: must be a number of seconds",
            param=TIMEOUT_HEADER,
        )
    return timeout_s
