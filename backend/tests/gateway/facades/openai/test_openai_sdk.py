"""The façade as OpenAI's own client sees it, over a real socket."""

import base64
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI
from openai.types.images_response import ImagesResponse

from easel.contract.events import CancelledData, StartedData
from easel.errors import (
    ContentRefused,
    DeadlineUnreachable,
    EngineFailed,
    Forbidden,
    GenerationCancelled,
    ImageNotFound,
    InvalidRequest,
    QueueFull,
    QuotaExceeded,
    RateLimited,
    ServiceError,
    TooManyConcurrent,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from tests.gateway.facades.openai.fake_dispatch import (
    CREATED,
    PREVIEW,
    FakeDispatch,
    in_base64,
    picture,
)
from tests.gateway.facades.openai.openai_app import sdk_for

pytestmark = pytest.mark.component

PNG = ("fox.png", b"\x89PNG a fox", "image/png")
MASK = ("mask.png", b"\x89PNG a mask", "image/png")


def b64_of(answer: ImagesResponse) -> list[str | None]:
    return [image.b64_json for image in answer.data or []]


async def test_an_image_is_generated(sdk: AsyncOpenAI, dispatch: FakeDispatch) -> None:
    answer = await sdk.images.generate(
        prompt="a fox", model="fox-1", size="640x512", extra_body={"seed": 7}
    )
    assert b64_of(answer) == [in_base64(7)]
    assert answer.created == int(CREATED.timestamp())
    assert (answer.size, answer.output_format) == ("640x512", "png")
    [call] = dispatch.calls
    assert call.caller.id == "key_fox"
    assert call.request.model_dump(exclude_unset=True) == {
        "prompt": "a fox",
        "model": "fox-1",
        "width": 640,
        "height": 512,
        "num_images": 1,
        "seed": 7,
    }


async def test_six_images_take_two_generations_and_keep_their_order(
    sdk: AsyncOpenAI, dispatch: FakeDispatch
) -> None:
    answer = await sdk.images.generate(
        prompt="a fox", n=6, response_format="b64_json", extra_body={"seed": 20}
    )
    assert b64_of(answer) == [in_base64(seed) for seed in range(20, 26)]
    assert [call.request.num_images for call in dispatch.calls] == [4, 2]
    assert answer.usage is not None
    assert answer.usage.output_tokens == 6 * 32 * 32


async def test_urls_are_absolute_and_signed(sdk: AsyncOpenAI, base_url: str) -> None:
    answer = await sdk.images.generate(
        prompt="a fox", n=2, response_format="url", extra_body={"seed": 5}
    )
    assert b64_of(answer) == [None, None]
    assert [image.url for image in answer.data or []] == [
        f"{base_url}/signed/generations/gen_r1_01/images/{i}?seed={5 + i}&for=key_fox"
        for i in range(2)
    ]


async def test_usage_has_the_shape_that_the_sdk_adds_up(sdk: AsyncOpenAI) -> None:
    answer = await sdk.images.generate(prompt="a fox", size="512x512")
    usage = answer.usage
    assert usage is not None
    assert usage.input_tokens_details.text_tokens == 2
    assert usage.input_tokens_details.image_tokens == 0
    assert usage.output_tokens == 1_024
    assert usage.total_tokens == 1_026


async def test_what_openai_documents_is_accepted(
    sdk: AsyncOpenAI, dispatch: FakeDispatch
) -> None:
    answer = await sdk.images.generate(
        prompt="a fox",
        model="gpt-image-1",
        quality="high",
        background="opaque",
        moderation="low",
        output_format="webp",
        output_compression=80,
        style="vivid",
        size="auto",
        user="the user",
        extra_body={"a_field_of_tomorrow": {"deep": True}},
    )
    assert answer.output_format == "webp"
    assert answer.safety_identifier == "the user"
    assert dispatch.calls[0].request.model == "fox-1"


async def test_our_extras_reach_the_generation(
    sdk: AsyncOpenAI, dispatch: FakeDispatch
) -> None:
    extras = {
        "negative_prompt": "a wolf",
        "num_inference_steps": 12,
        "guidance_scale": 3.5,
    }
    await sdk.images.generate(prompt="a fox", extra_body=extras)
    request = dispatch.calls[0].request.model_dump(exclude_unset=True)
    assert extras.items() <= request.items()


async def test_an_image_is_edited(sdk: AsyncOpenAI, dispatch: FakeDispatch) -> None:
    answer = await sdk.images.edit(
        image=PNG,
        mask=MASK,
        prompt="a red fox",
        n=2,
        size="512x512",
        extra_body={"strength": 0.5, "seed": 3},
    )
    assert b64_of(answer) == [in_base64(3), in_base64(4)]
    assert answer.usage is not None
    assert answer.usage.input_tokens_details.image_tokens == 1_024
    request = dispatch.calls[0].request
    assert request.image == base64.b64encode(PNG[1]).decode()
    assert request.mask == (
        "data:image/png;repaint=transparent;base64,"
        + base64.b64encode(MASK[1]).decode()
    )
    assert (request.strength, request.num_images) == (0.5, 2)


async def test_an_image_in_a_list_of_one_is_edited(
    sdk: AsyncOpenAI, dispatch: FakeDispatch
) -> None:
    await sdk.images.edit(image=[PNG], prompt="a red fox")
    assert dispatch.calls[0].request.image is not None


async def test_several_images_are_refused(sdk: AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        await sdk.images.edit(image=[PNG, PNG], prompt="two foxes")
    assert raised.value.param == "image"
    assert "one can be edited" in raised.value.message


async def test_an_image_is_varied(sdk: AsyncOpenAI, dispatch: FakeDispatch) -> None:
    # OpenAI retired its own; the SDK still has it.
    with pytest.warns(DeprecationWarning, match="deprecated"):
        answer = await sdk.images.create_variation(
            image=PNG, n=2, response_format="b64_json", size="256x256"
        )
    assert len(b64_of(answer)) == 2
    request = dispatch.calls[0].request
    assert request.image == base64.b64encode(PNG[1]).decode()
    assert request.mask is None
    assert request.strength is not None
    assert request.prompt


async def test_models_are_listed_the_default_first(sdk: AsyncOpenAI) -> None:
    names = [model.id async for model in sdk.models.list()]
    assert names == ["fox-1", "lab/fox-2", "gpt-image-1"]
    model = await sdk.models.retrieve("lab/fox-2")
    assert (model.id, model.object) == ("lab/fox-2", "model")


async def test_a_stream_gives_partial_images_and_then_the_image(
    sdk: AsyncOpenAI,
) -> None:
    stream = await sdk.images.generate(
        prompt="a fox",
        stream=True,
        partial_images=2,
        size="512x512",
        extra_body={"seed": 9},
    )
    events = [event async for event in stream]
    assert [event.type for event in events] == [
        "image_generation.partial_image",
        "image_generation.partial_image",
        "image_generation.completed",
    ]
    for number, event in enumerate(events[:2]):
        assert event.type == "image_generation.partial_image"
        assert event.partial_image_index == number
        assert (event.b64_json, event.output_format) == (PREVIEW, "webp")
    done = events[2]
    assert done.type == "image_generation.completed"
    assert base64.b64decode(done.b64_json) == picture(9)
    assert (done.size, done.output_format) == ("512x512", "png")
    assert done.usage.output_tokens == 1_024


async def test_a_stream_of_several_images_completes_each(sdk: AsyncOpenAI) -> None:
    stream = await sdk.images.generate(
        prompt="a fox", n=3, stream=True, extra_body={"seed": 9}
    )
    events = [event async for event in stream]
    assert [event.type for event in events] == ["image_generation.completed"] * 3
    assert [event.b64_json for event in events] == [in_base64(s) for s in (9, 10, 11)]


async def test_an_edit_is_streamed_under_its_own_names(sdk: AsyncOpenAI) -> None:
    stream = await sdk.images.edit(
        image=PNG, prompt="a red fox", stream=True, partial_images=1
    )
    assert [event.type async for event in stream] == [
        "image_edit.partial_image",
        "image_edit.completed",
    ]


REFUSALS = [
    (Forbidden("no"), openai.PermissionDeniedError, "insufficient_permissions"),
    (ContentRefused("no"), openai.BadRequestError, "content_policy_violation"),
    (GenerationCancelled("no"), openai.ConflictError, "generation_cancelled"),
    (RateLimited("no"), openai.RateLimitError, "rate_limit_exceeded"),
    (TooManyConcurrent("no"), openai.RateLimitError, "rate_limit_exceeded"),
    (QuotaExceeded("no"), openai.RateLimitError, "insufficient_quota"),
    (EngineFailed("no"), openai.InternalServerError, "engine_failed"),
    (UpstreamUnreachable("no"), openai.InternalServerError, "upstream_unreachable"),
    (QueueFull("no"), openai.InternalServerError, "queue_full"),
    (UpstreamTimeout("no"), openai.InternalServerError, "upstream_timeout"),
]


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize(("refusal", "raised_as", "code"), REFUSALS)
async def test_a_refusal_is_the_sdk_s_own_error(
    sdk: AsyncOpenAI,
    dispatch: FakeDispatch,
    refusal: ServiceError,
    raised_as: type[openai.APIStatusError],
    code: str,
    streams: bool,
) -> None:
    dispatch.refusals = [refusal]
    with pytest.raises(raised_as) as raised:
        await sdk.images.generate(prompt="a fox", stream=streams)
    error = raised.value
    assert (error.code, error.param) == (code, None)
    assert error.type
    assert error.message.endswith(" - no")
    assert error.request_id


async def test_a_wrong_key_is_an_authentication_error(base_url: str) -> None:
    async with sdk_for(base_url, key="sk-wolf") as sdk:
        with pytest.raises(openai.AuthenticationError) as raised:
            await sdk.images.generate(prompt="a fox")
    assert raised.value.code == "invalid_api_key"


async def test_an_unknown_model_is_not_found(
    sdk: AsyncOpenAI, dispatch: FakeDispatch
) -> None:
    with pytest.raises(openai.NotFoundError) as raised:
        await sdk.images.generate(prompt="a fox", model="dall-e-3")
    assert (raised.value.code, raised.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.NotFoundError):
        await sdk.models.retrieve("dall-e-3")
    assert dispatch.calls == []


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"n": 11}, "n"),
        ({"size": "large"}, "size"),
        ({"size": "5000x5000"}, "size"),
        ({"background": "transparent"}, "background"),
        ({"output_format": "gif"}, "output_format"),
        ({"prompt": " "}, "prompt"),
        ({"extra_body": {"seed": -1}}, "seed"),
        ({"n": 6, "extra_body": {"seed": 2**32}}, "seed"),
        ({"extra_body": {"guidance_scale": "much"}}, "guidance_scale"),
        ({"stream": True, "response_format": "url"}, "response_format"),
        ({"stream": True, "n": 5}, "n"),
        ({"stream": True, "partial_images": 4}, "partial_images"),
    ],
)
async def test_what_cannot_be_honoured_is_a_bad_request_that_names_it(
    sdk: AsyncOpenAI, dispatch: FakeDispatch, wrong: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        await sdk.images.generate(**{"prompt": "a fox", **wrong})
    assert raised.value.param == param
    assert raised.value.type == "invalid_request_error"
    assert dispatch.calls == []


async def test_the_sdk_does_not_retry_what_cannot_succeed(
    sdk: AsyncOpenAI, dispatch: FakeDispatch
) -> None:
    dispatch.refusals = [QuotaExceeded("no more today"), None]
    with pytest.raises(openai.RateLimitError):
        await sdk.with_options(max_retries=2).images.generate(prompt="a fox")
    assert len(dispatch.calls) == 1


async def test_the_sdk_retries_what_may_succeed(
    sdk: AsyncOpenAI, dispatch: FakeDispatch
) -> None:
    dispatch.refusals = [DeadlineUnreachable("busy"), None]
    answer = await sdk.with_options(max_retries=1).images.generate(prompt="a fox")
    assert answer.data
    assert len(dispatch.calls) == 2


async def stream_error(sdk: AsyncOpenAI) -> openai.APIError:
    stream = await sdk.images.generate(prompt="a fox", stream=True, partial_images=1)
    with pytest.raises(openai.APIError) as raised:
        [event async for event in stream]
    return raised.value


async def test_a_generation_that_fails_on_its_way_raises_in_the_stream(
    sdk: AsyncOpenAI, dispatch: FakeDispatch
) -> None:
    failure = EngineFailed("The model failed at step 9.").problem("r1")
    dispatch.last_words = ("failed", failure)
    error = await stream_error(sdk)
    assert error.message == "The model failed at step 9."
    assert (error.type, error.code) == ("server_error", "engine_failed")


async def test_a_cancelled_generation_raises_in_the_stream(
    sdk: AsyncOpenAI, dispatch: FakeDispatch
) -> None:
    dispatch.last_words = ("cancelled", CancelledData(reason="requested"))
    assert (await stream_error(sdk)).code == "generation_cancelled"


async def test_a_stream_without_an_end_raises(
    sdk: AsyncOpenAI, dispatch: FakeDispatch
) -> None:
    dispatch.last_words = ("started", StartedData())
    assert (await stream_error(sdk)).code == "upstream_unreachable"


async def test_a_picture_that_is_gone_raises_in_the_stream(
    sdk: AsyncOpenAI, dispatch: FakeDispatch
) -> None:
    dispatch.fails_at_picture = ImageNotFound("The file is gone.").problem("r1")
    assert (await stream_error(sdk)).code == "image_not_found"


async def test_a_stream_that_the_server_refuses_is_a_status(
    sdk: AsyncOpenAI, dispatch: FakeDispatch
) -> None:
    error = InvalidRequest("height: 333 is not a multiple of 8", param="height")
    dispatch.server_problem = error.problem("r1")
    with pytest.raises(openai.BadRequestError) as raised:
        await sdk.images.generate(prompt="a fox", stream=True)
    assert raised.value.param == "size"


async def test_a_stream_that_waits_is_kept_alive_by_heartbeats(
    sdk: AsyncOpenAI, dispatch: FakeDispatch
) -> None:
    dispatch.hold()
    # The SDK hides heartbeats: that it goes on at all is the first of them.
    stream = await sdk.images.generate(prompt="a fox", stream=True)
    dispatch.gate.set()
    assert [event.type async for event in stream] == ["image_generation.completed"]
