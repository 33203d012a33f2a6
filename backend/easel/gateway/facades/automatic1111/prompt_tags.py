"""`<lora:name:weight>` in a prompt. Pure."""

import re
from dataclasses import dataclass

from easel.contract.generations import Lora
from easel.errors import InvalidRequest

_TAG = re.compile(r"<(lora|lyco|hypernet):([^<>]*)>")


@dataclass(frozen=True, slots=True)
class TaggedPrompt:
    """
    Attributes:
        text: Without the tags.
        loras: In the order of the prompt.
    """

    text: str
    loras: tuple[Lora, ...]


def without_tags(prompt: str) -> TaggedPrompt:
    """Take the adapters out of `prompt`; other text in angle brackets stays.

    Raises:
        InvalidRequest: a tag cannot be honoured.
    """
    loras = tuple(_lora(kind, inner) for kind, inner in _TAG.findall(prompt))
    return TaggedPrompt(_TAG.sub("", prompt).strip(), loras)


def _lora(kind: str, inner: str) -> Lora:
    """`name`, `name:0.8`; both halves of a model get the same weight."""
    if kind == "hypernet":
        raise _refused("this service has no hypernetworks")
    name, _, weight = inner.partition(":")
    try:
        return Lora(id=name.strip(), scale=float(weight) if weight else 1.0)
    except ValueError as error:
        raise _refused("write an adapter as <lora:name:weight>, -4 to 4") from error


def _refused(reason: str) -> InvalidRequest:
    return InvalidRequest(f"prompt: {reason}", param="prompt")
