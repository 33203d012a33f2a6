"""The time within which a caller wants its answer: whether it will do, or did. Pure."""

from easel.errors import (
    DeadlineUnreachable,
    QueueTimeout,
    ServiceError,
    UpstreamTimeout,
)

# Predictions err: what may just be possible is tried.
_TOLERANCE = 1.25
_TOLERANCE_S = 0.5


def unreachable(
    predicted_s: float | None, timeout_s: float | None
) -> DeadlineUnreachable | None:
    """Why a generation is not worth beginning; None if it is.

    Args:
        predicted_s: Seconds to its images; None if unknown.
        timeout_s: Seconds that its caller has; None for one who has time.
    """
    if predicted_s is None or timeout_s is None:
        return None
    if predicted_s <= _TOLERANCE * timeout_s + _TOLERANCE_S:
        return None
    return DeadlineUnreachable(
        f"The images would take {predicted_s:.1f} s, and the answer is wanted within "
        f"{timeout_s:.1f} s.",
        retry_after_s=round(predicted_s - timeout_s, 1),
    )


def too_late(*, has_begun: bool) -> ServiceError:
    """What a caller is told whose time is over."""
    if has_begun:
        return UpstreamTimeout("The time was over before the generation was done.")
    return QueueTimeout("The time was over before the generation's turn came.")
