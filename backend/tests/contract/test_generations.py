import json

import pytest
from pydantic import TypeAdapter, ValidationError

from easel.contract.generations import (
    MAX_PROMPT_CHARACTERS,
    MAX_SEED,
    Generation,
    GenerationRequest,
)


def request(**fields: object) -> GenerationRequest:
    document = json.dumps({"prompt": "a fox", **fields})
    return GenerationRequest.model_validate_json(document)


def test_the_example_of_the_guide_is_a_request() -> None:
    asked = GenerationRequest.model_validate_json(
        '{"prompt": "A beautiful landscape", "height": 1024, "width": 1024}'
    )
    assert (asked.height, asked.width) == (1024, 1024)


def test_what_is_left_out_stays_open_for_the_model_to_fill() -> None:
    asked = request()
    assert asked.width is asked.num_inference_steps is asked.seed is None
    assert asked.model_dump_json(exclude_unset=True) == '{"prompt":"a fox"}'


def test_blanks_around_a_prompt_do_not_count() -> None:
    assert request(prompt="  a fox\n").prompt == "a fox"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("prompt", ""), ("prompt", " "), ("prompt", 7), ("prompt", None)),
        ("prompt", "x" * (MAX_PROMPT_CHARACTERS + 1)),
        ("negative_prompt", "x" * (MAX_PROMPT_CHARACTERS + 1)),
        *(("width", 0), ("width", 31), ("width", 4097), ("width", "64")),
        *(("height", 64.0), ("height", True)),
        *(("num_inference_steps", 0), ("num_inference_steps", 201)),
        *(("guidance_scale", -0.1), ("guidance_scale", 30.1)),
        *(("seed", -1), ("seed", MAX_SEED + 1), ("seed", 0.5)),
        *(("num_images", 0), ("num_images", 5), ("num_images", None)),
        *(("output_format", "gif"), ("model", "")),
        ("steps", 20),
    ],
)
def test_a_field_that_cannot_be_honoured_is_named(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        request(**{field: value})
    assert {fault["loc"][0] for fault in caught.value.errors()} == {field}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("prompt", "x" * MAX_PROMPT_CHARACTERS),
        *(("width", 32), ("width", 4096), ("guidance_scale", 0), ("seed", 0)),
        *(("seed", MAX_SEED), ("num_images", 4), ("negative_prompt", "")),
    ],
)
def test_a_limit_itself_is_allowed(field: str, value: object) -> None:
    assert getattr(request(**{field: value}), field) == value


def test_a_generation_is_told_apart_by_its_status() -> None:
    parameters = {
        "prompt": "a fox",
        "negative_prompt": None,
        "width": 64,
        "height": 64,
        "num_inference_steps": 4,
        "guidance_scale": 1.0,
        "seed": 7,
        "num_images": 1,
        "sampler": "euler",
    }
    common = {
        "id": "gen_r1_01",
        "model": "fake",
        "created_at": "2026-11-22T20:00:00Z",
        "parameters": parameters,
    }
    adapter: TypeAdapter[Generation] = TypeAdapter(Generation)
    queued = adapter.validate_python(
        {**common, "status": "queued", "position": 1, "eta_s": None}
    )
    assert queued.status == "queued"
    with pytest.raises(ValidationError):
        adapter.validate_python({**common, "status": "completed", "position": 1})
