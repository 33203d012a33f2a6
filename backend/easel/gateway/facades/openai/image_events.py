"""Native events of one generation become those of OpenAI's image streams. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from fastapi.sse import format_sse_event
from pydantic import BaseModel

from easel.contract.errors import Problem
from easel.contract.events import PreviewData
from easel.contract.generations import Parameters
from easel.gateway.facades.openai.errors import openai_error
from easel.gateway.facades.openai.usage import usage_of

StreamKind = Literal["image_generation", "image_edit"]


class PaintingSnapshot(BaseModel):
    """What the first event of a stream says, as far as it matters here."""

    created_at: datetime
    parameters: Parameters


class PreviewPacer:
    """Which of the many previews of an image are the few that were asked for.

    Args:
        partial_images: How many, at most; they are spread evenly over the steps.
        num_inference_steps: Of the generation.
    """

    def __init__(self, partial_images: int, num_inference_steps: int) -> None:
        self._partial_images = partial_images
        self._steps = num_inference_steps
        self._sent: dict[int, int] = {}

    def number_of(self, preview: PreviewData) -> int | None:
        """Its number among those sent, from 0; None if it is not to be sent."""
        sent = self._sent.get(preview.index, 0)
        is_due = preview.step * (self._partial_images + 1) >= self._steps * (sent + 1)
        if sent == self._partial_images or not is_due:
            return None
        self._sent[preview.index] = sent + 1
        return sent


@dataclass(frozen=True, slots=True)
class EventWriter:
    """
    Attributes:
        kind: Begins the names of the events.
        snapshot: Of the generation.
        safety_identifier: Of the request.
    """

    kind: StreamKind
    snapshot: PaintingSnapshot
    safety_identifier: str | None

    def partial_image(self, preview: PreviewData, number: int) -> bytes:
        """A small picture on the way; `output_format` is its own."""
        media_type, _, b64 = preview.image.partition(";base64,")
        members = {
            "partial_image_index": number,
            **self._members(preview.index, media_type.rpartition("/")[2]),
        }
        return self._event("partial_image", [b64.encode()], members)

    def completed(self, index: int, seed: int, b64: Sequence[bytes]) -> bytes:
        """Image `index`, whole.

        Args:
            index: Counts the images of the generation.
            seed: Of the image.
            b64: The file in base64, in pieces.
        """
        parameters = self.snapshot.parameters
        members = {
            **self._members(index, parameters.output_format),
            "seed": seed,
            "usage": usage_of(parameters, num_images=1).model_dump(),
        }
        return self._event("completed", b64, members)

    def _members(self, index: int, output_format: str) -> dict[str, Any]:
        parameters = self.snapshot.parameters
        named = {"safety_identifier": self.safety_identifier}
        return {
            "image_index": index,
            "created_at": int(self.snapshot.created_at.timestamp()),
            "size": f"{parameters.width}x{parameters.height}",
            "quality": "auto",
            "background": "opaque",
            "output_format": output_format,
            **(named if self.safety_identifier else {}),
        }

    def _event(self, name: str, b64: Sequence[bytes], members: dict[str, Any]) -> bytes:
        event = f"{self.kind}.{name}"
        head = f'event: {event}\ndata: {{"type":"{event}","b64_json":"'
        tail = json.dumps(members, separators=(",", ":"))[1:]
        return b"".join((head.encode(), *b64, b'",', tail.encode(), b"\n\n"))


def error_event(problem: Problem) -> bytes:
    """The last event of a stream that failed."""
    data = {"type": "error", **openai_error(problem)}
    return format_sse_event(event="error", data_str=json.dumps(data))
