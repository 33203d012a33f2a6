"""The pure parts of the façade."""

import json

import pytest

from easel.contract.errors import ErrorCode, Problem
from easel.contract.events import PreviewData
from easel.contract.generations import MAX_SEED, GenerationRequest
from easel.errors import RateLimited
from easel.gateway.facades.openai.errors import (
    openai_error,
    openai_error_response,
    speaks_openai,
)
from easel.gateway.facades.openai.image_events import PreviewPacer
from easel.gateway.facades.openai.image_requests import OpenAiGenerationBody
from easel.gateway.facades.openai.images_answer import images_answer
from easel.gateway.facades.openai.native_parts import native_parts
from easel.gateway.facades.openai.painted_documents import painted_document
from easel.gateway.facades.openai.usage import usage_of
from tests.gateway.facades.openai.fake_dispatch import in_base64, painted_generation


def document(request: GenerationRequest, **changes: object) -> bytes:
    return painted_generation(request, **changes).model_dump_json().encode()


def test_pictures_are_cut_out_of_a_document() -> None:
    request = GenerationRequest(prompt="a fox", num_images=3, seed=1)
    read = painted_document(document(request))
    assert [bytes(picture).decode() for picture in read.pictures] == [
        in_base64(seed) for seed in (1, 2, 3)
    ]
    assert [image.b64_json for image in read.generation.images] == ["", "", ""]
    assert [image.seed for image in read.generation.images] == [1, 2, 3]


def test_a_prompt_that_looks_like_a_picture_is_none() -> None:
    prompt = 'a "b64_json":"fox" and \\"b64_json":"'
    read = painted_document(document(GenerationRequest(prompt=prompt, seed=1)))
    assert read.generation.parameters.prompt == prompt
    assert bytes(read.pictures[0]).decode() == in_base64(1)


def test_a_document_may_be_written_with_spaces() -> None:
    request = GenerationRequest(prompt="a fox", seed=1)
    spaced = json.dumps(json.loads(document(request)), indent=2).encode()
    assert bytes(painted_document(spaced).pictures[0]).decode() == in_base64(1)


@pytest.mark.parametrize("text", [b"{}", b'{"b64_json":"', b"<html>"])
def test_what_is_no_document_is_not_taken_for_one(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        painted_document(text)


def test_a_document_without_its_pictures_is_not_taken_for_one() -> None:
    bare = painted_generation(GenerationRequest(prompt="a fox"))
    images = [image.model_copy(update={"b64_json": None}) for image in bare.images]
    without = bare.model_copy(update={"images": tuple(images)})
    with pytest.raises(ValueError, match="without its picture"):
        painted_document(without.model_dump_json().encode())


def test_warnings_of_the_generation_reach_the_caller_once() -> None:
    request = GenerationRequest(prompt="a fox", seed=1)
    part = painted_document(document(request, warnings=("Painted at 512x512.",)))
    answer = json.loads(
        images_answer([part, part], url_of=None, safety_identifier=None)
    )
    assert answer["warnings"] == ["Painted at 512x512."]
    assert len(answer["data"]) == 2
    assert "safety_identifier" not in answer


def parts_of(n: int, seed: int | None, key: str | None = None) -> list[tuple[int, int]]:
    parts = native_parts(
        OpenAiGenerationBody(prompt="a fox", n=n, seed=seed),
        model=None,
        max_images=4,
        source={},
        idempotency_key=key,
    )
    return [(part.num_images, part.seed or 0) for part in parts]


@pytest.mark.parametrize(
    ("n", "parts"),
    [
        (1, [(1, 10)]),
        (4, [(4, 10)]),
        (5, [(4, 10), (1, 14)]),
        (8, [(4, 10), (4, 14)]),
        (10, [(4, 10), (4, 14), (2, 18)]),
    ],
)
def test_seeds_go_on_from_part_to_part(n: int, parts: list[tuple[int, int]]) -> None:
    assert parts_of(n, seed=10) == parts


def test_seeds_go_around_at_the_largest_as_within_a_generation() -> None:
    assert parts_of(6, seed=MAX_SEED - 1) == [(4, MAX_SEED - 1), (2, 2)]


def test_without_a_seed_parts_still_follow_one_another() -> None:
    [(_, first), (_, second)] = parts_of(6, seed=None)
    assert second == (first + 4) % (MAX_SEED + 1)


def test_one_generation_without_a_seed_is_left_so() -> None:
    [part] = native_parts(
        OpenAiGenerationBody(prompt="a fox"),
        model=None,
        max_images=4,
        source={},
        idempotency_key=None,
    )
    assert part.seed is None


def test_equal_idempotency_keys_give_equal_seeds() -> None:
    assert parts_of(6, None, "k1") == parts_of(6, None, "k1")
    assert parts_of(6, None, "k1") != parts_of(6, None, "k2")


def test_partial_images_are_spread_over_the_steps() -> None:
    pacer = PreviewPacer(partial_images=3, num_inference_steps=8)
    sent = {
        step: number
        for step in range(1, 9)
        if (number := pacer.number_of(_preview(step, 0))) is not None
    }
    assert sent == {2: 0, 4: 1, 6: 2}


def test_each_image_has_partial_images_of_its_own() -> None:
    pacer = PreviewPacer(partial_images=1, num_inference_steps=2)
    assert [pacer.number_of(_preview(1, index)) for index in (0, 1, 0)] == [0, 0, None]


def test_no_partial_images_are_sent_unasked() -> None:
    pacer = PreviewPacer(partial_images=0, num_inference_steps=1)
    assert pacer.number_of(_preview(1, 0)) is None


def _preview(step: int, index: int) -> PreviewData:
    return PreviewData(step=step, index=index, image="data:image/png;base64,")


def test_usage_counts_the_image_that_it_began_with() -> None:
    request = GenerationRequest(
        prompt="a fox", width=100, height=64, image="Zm94", strength=0.5
    )
    usage = usage_of(painted_generation(request).parameters, num_images=2)
    assert usage.input_tokens_details.image_tokens == 7 * 4
    assert usage.output_tokens == 2 * 7 * 4
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens


@pytest.mark.parametrize("code", ErrorCode)
def test_every_error_has_words_of_openai(code: ErrorCode) -> None:
    problem = Problem(
        type="t", title="t", status=507, detail="d", code=code, request_id="r"
    )
    error = openai_error(problem)["error"]
    assert error["message"] == "d"
    assert error["type"]
    assert error["code"]


def test_an_error_can_be_answered_without_a_route() -> None:
    answer = openai_error_response(RateLimited("Too fast.", retry_after_s=1.5))
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "2"
    error = json.loads(bytes(answer.body))["error"]
    assert error["code"] == "rate_limit_exceeded"


@pytest.mark.parametrize(
    ("path", "speaks"),
    [
        ("/v1/images", True),
        ("/v1/images/generations", True),
        ("/v1/models", True),
        ("/v1/models/a/b", True),
        ("/v1/imagesque", False),
        ("/v1/usage", False),
        ("/models", False),
    ],
)
def test_its_own_paths_are_known(path: str, speaks: bool) -> None:
    assert speaks_openai(path) is speaks
