"""What happens to an image that a safety checker objects to. Pure.

Which images those are, `engines/safety_checkers.py` decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from PIL import ImageFilter
from PIL.Image import Image

from easel.errors import ContentRefused

# `off`: nothing is checked; `flag`: the answer says so and the image is as painted;
# `blur`: only a blurred image leaves the server; `refuse`: none does.
SafetyPolicy = Literal["off", "flag", "blur", "refuse"]
SafetyAction = Literal["none", "blurred"]

# Standard deviation as a share of the longer side: what is smaller than a quarter of
# the image keeps less than a hundredth of its contrast.
_BLUR = 1 / 8


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a checker says of one image; `score` is at least 0, in its own measure."""

    flagged: bool
    score: float


class SafetyChecker(Protocol):
    """A loaded checker. Safe to call from several threads."""

    def check(self, images: Sequence[Image]) -> list[Verdict]:
        """One verdict for each image, in order."""
        ...


def apply(
    policy: SafetyPolicy, image: Image, verdict: Verdict
) -> tuple[Image, SafetyAction]:
    """The image that may be given out, and what was done to it.

    Raises:
        ContentRefused: none may.
    """
    if not verdict.flagged or policy in ("off", "flag"):
        return image, "none"
    if policy == "refuse":
        raise ContentRefused(
            "This server's safety check does not let the image out. Change the prompt."
        )
    radius = max(image.size) * _BLUR
    return image.filter(ImageFilter.GaussianBlur(radius)), "blurred"
