"""The JSON of a completed generation, without parsing the megabytes in it. Pure."""

import re
from dataclasses import dataclass

from easel.contract.generations import CompletedGeneration

# Within a JSON string the quotes of this would be escaped: it is always a key. And
# what follows it, base64, has no escapes: the next quote ends it.
_IMAGE_KEY = re.compile(rb'"b64_json"\s*:\s*"')


@dataclass(frozen=True, slots=True)
class PaintedDocument:
    """
    Attributes:
        generation: With an empty `b64_json` in every image.
        pictures: What belongs there, in base64, in the order of the images.
    """

    generation: CompletedGeneration
    pictures: tuple[memoryview, ...]


def painted_document(document: bytes) -> PaintedDocument:
    """
    Raises:
        ValueError: it is not the document of a completed generation with its images.
    """
    view = memoryview(document)
    around: list[memoryview] = []
    pictures: list[memoryview] = []
    at = 0
    while (key := _IMAGE_KEY.search(document, at)) is not None:
        end = document.index(b'"', key.end())
        around.append(view[at : key.end()])
        pictures.append(view[key.end() : end])
        at = end
    around.append(view[at:])
    generation = CompletedGeneration.model_validate_json(b"".join(around))
    if len(pictures) != len(generation.images):
        raise ValueError("an image without its picture")
    return PaintedDocument(generation, tuple(pictures))
