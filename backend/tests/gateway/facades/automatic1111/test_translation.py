from typing import Any

import pytest
from fastapi.exceptions import RequestValidationError

from easel.contract.generations import MAX_SEED, GenerationRequest
from easel.contract.models import ModelDocument
from easel.errors import InvalidRequest
from easel.gateway.facades.automatic1111.fields import (
    ImageToImageFields,
    TextToImageFields,
)
from easel.gateway.facades.automatic1111.translation import (
    checkpoint_of,
    first_seed,
    generation_requests,
)
from tests.gateway.facades.automatic1111.served_server import FLOW, model

FOX = model("fox")


def translated(
    fields: TextToImageFields, to: ModelDocument = FOX, seed: int = 5
) -> list[GenerationRequest]:
    return generation_requests(fields, to, seed=seed, max_images=8)


def text_to_image(to: ModelDocument = FOX, **sent: Any) -> dict[str, Any]:
    [request] = translated(TextToImageFields(prompt="a fox", **sent), to)
    return request.model_dump(exclude_unset=True)


def test_what_is_left_out_is_left_to_the_model() -> None:
    assert text_to_image() == {
        "prompt": "a fox",
        "model": "fox",
        "seed": 5,
        "num_images": 1,
    }


@pytest.mark.parametrize(
    ("sent", "native"),
    [
        ({"negative_prompt": ""}, {}),
        ({"negative_prompt": "owls"}, {"negative_prompt": "owls"}),
        ({"steps": 30}, {"num_inference_steps": 30}),
        ({"cfg_scale": 7}, {"guidance_scale": 7.0}),
        ({"width": 640, "height": 384}, {"width": 640, "height": 384}),
        ({"sampler_index": "Euler a"}, {"sampler": "euler_ancestral"}),
        ({"sampler_name": "DDIM", "sampler_index": "Euler"}, {"sampler": "ddim"}),
        ({"override_settings": {"samples_format": "JPG"}}, {"output_format": "jpeg"}),
        ({"batch_size": 2, "n_iter": 2}, {"num_images": 4}),
    ],
)
def test_each_field_has_its_native_name(
    sent: dict[str, Any], native: dict[str, Any]
) -> None:
    defaults = {"prompt": "a fox", "model": "fox", "seed": 5, "num_images": 1}
    assert text_to_image(**sent) == defaults | native


def test_seeds_count_on_from_generation_to_generation() -> None:
    requests = translated(TextToImageFields(prompt="a fox", n_iter=7), seed=40)
    assert [(each.seed, each.num_images) for each in requests] == [(40, 4), (44, 3)]


def test_seeds_go_around_as_they_do_within_a_generation() -> None:
    fields = TextToImageFields(prompt="a fox", n_iter=3)
    requests = translated(fields, FLOW, seed=MAX_SEED)
    assert [each.seed for each in requests] == [MAX_SEED, 0, 1]


def test_a_model_that_paints_one_at_a_time_is_asked_so() -> None:
    requests = translated(TextToImageFields(prompt="a fox", batch_size=3), FLOW)
    assert [each.num_images for each in requests] == [1, 1, 1]


@pytest.mark.parametrize("unasked", [1, 7])
def test_guidance_that_nobody_chose_is_left_out_where_it_has_no_use(
    unasked: float,
) -> None:
    assert "guidance_scale" not in text_to_image(FLOW, cfg_scale=unasked)
    assert text_to_image(FOX, cfg_scale=unasked)["guidance_scale"] == unasked


def test_guidance_that_somebody_chose_is_the_servers_to_refuse() -> None:
    assert text_to_image(FLOW, cfg_scale=4.5)["guidance_scale"] == 4.5


def test_adapters_can_be_switched_off() -> None:
    fields = TextToImageFields(prompt="a <lora:fur:1>fox", disable_extra_networks=True)
    [request] = translated(fields)
    assert (request.prompt, request.loras) == ("a fox", ())


@pytest.mark.parametrize(
    ("seed", "first"), [(None, 99), (-1, 99), (0, 0), (7, 7), (-2, -2)]
)
def test_only_minus_one_is_left_to_chance(seed: int | None, first: int) -> None:
    fields = TextToImageFields(prompt="a fox", seed=seed)
    assert first_seed(fields, random=99) == first


def test_an_image_to_start_from() -> None:
    fields = ImageToImageFields(prompt="a fox", init_images=("aW1hZ2U=",))
    [request] = translated(fields)
    assert (request.image, request.mask, request.strength) == ("aW1hZ2U=", None, 0.75)


@pytest.mark.parametrize("images", [(), ("a", "b")])
def test_there_has_to_be_one_image(images: tuple[str, ...]) -> None:
    with pytest.raises(InvalidRequest, match=r"^init_images: "):
        translated(ImageToImageFields(prompt="a fox", init_images=images))


@pytest.mark.parametrize(
    ("sent", "location"),
    [
        ({"seed": -2}, "seed"),
        ({"steps": 0}, "steps"),
        ({"cfg_scale": 99}, "cfg_scale"),
        ({"width": 1}, "width"),
        ({"init_images": ("",)}, "init_images"),
        ({"denoising_strength": 0}, "denoising_strength"),
        ({"prompt": " <lora:fur:1> "}, "prompt"),
    ],
)
def test_the_contract_refuses_in_the_callers_words(
    sent: dict[str, Any], location: str
) -> None:
    given = {"prompt": "a fox", "init_images": ("aW1hZ2U=",), **sent}
    fields = ImageToImageFields(**given)
    with pytest.raises(RequestValidationError) as refused:
        translated(fields, seed=first_seed(fields, random=1))
    [fault] = refused.value.errors()
    assert fault["loc"] == ("body", location)


@pytest.mark.parametrize(
    ("sent", "param"),
    [
        ({"n_iter": 9}, "n_iter"),
        (
            {"override_settings": {"samples_format": "tiff"}},
            "override_settings.samples_format",
        ),
    ],
)
def test_what_is_beyond_this_facade_is_refused(
    sent: dict[str, Any], param: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        text_to_image(**sent)
    assert refused.value.param == param


def test_the_checkpoint_is_a_name_or_nothing() -> None:
    def of(checkpoint: object) -> str | None:
        settings = {"sd_model_checkpoint": checkpoint}
        return checkpoint_of(TextToImageFields(override_settings=settings))

    assert (of("fox"), of(""), of(None)) == ("fox", None, None)
    with pytest.raises(InvalidRequest, match="sd_model_checkpoint"):
        of(3)
