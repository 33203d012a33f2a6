"""Whatever arrives, it is understood or refused, and never a bug."""

from contextlib import suppress
from typing import Any

from fastapi.exceptions import RequestValidationError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from easel.errors import InvalidRequest
from easel.gateway.facades.automatic1111.bodies import understood
from easel.gateway.facades.automatic1111.fields import ImageToImageFields
from easel.gateway.facades.automatic1111.infotext import read_infotext
from easel.gateway.facades.automatic1111.png_chunks import NotPng, read_chunks, texts
from easel.gateway.facades.automatic1111.refused_fields import JUDGED_FIELDS
from easel.gateway.facades.automatic1111.translation import (
    checkpoint_of,
    first_seed,
    generation_requests,
)
from tests.gateway.facades.automatic1111.served_server import model

FIELDS = sorted({*ImageToImageFields.model_fields, *JUDGED_FIELDS})
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
USUAL: dict[str, Any] = {"prompt": "a fox", "init_images": ["aW1hZ2U="]}
HEAD = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=3))
@example({"override_settings": {"samples_format": ["png"]}})
@example({"override_settings": {"sd_model_checkpoint": ["fox"]}})
@example({"prompt": "<lora:a:inf>"})
@example({"seed": 2**200})
def test_any_fields(sent: dict[str, Any]) -> None:
    try:
        fields = understood(ImageToImageFields, USUAL | sent)
        checkpoint_of(fields)
        seed = first_seed(fields, random=1)
        requests = generation_requests(fields, model("fox"), seed=seed, max_images=8)
    except (RequestValidationError, InvalidRequest):
        return
    assert sum(each.num_images for each in requests) == fields.num_images


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.binary(max_size=200).map(HEAD.__add__))
def test_any_file(file: bytes) -> None:
    with suppress(NotPng):
        assert isinstance(texts(read_chunks(file)), dict)


@settings(max_examples=200, deadline=None)
@given(st.text(), st.text('ab:, "\\\n', max_size=60))
def test_any_text(prompt: str, settings_line: str) -> None:
    found = read_infotext(f"{prompt}\nSteps: 1, Seed: 2, {settings_line}")
    assert all(isinstance(value, str) for value in found.values())
