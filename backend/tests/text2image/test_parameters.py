import pytest

from easel.contract.generations import MAX_SEED, GenerationRequest, NativeSize
from easel.contract.models import ModelDocument, ModelFeatures
from easel.errors import InvalidRequest
from easel.text2image.engines.fake import FakeEngine
from easel.text2image.parameters import image_seeds, resolve_parameters

MODEL = FakeEngine(step_s=0).model
SMALL = MODEL.sizes.model_copy(
    update={"native": (NativeSize(width=128, height=128),), "enlarges": True}
)


def resolve(model: ModelDocument, fields: dict[str, object]) -> None:
    request = GenerationRequest.model_validate({"prompt": "a cat", **fields})
    resolve_parameters(request, model, random_seed=99, output_format="png")


def test_what_is_left_out_takes_the_models_defaults() -> None:
    request = GenerationRequest(prompt="a cat")
    parameters, warnings = resolve_parameters(
        request, MODEL, random_seed=99, output_format="webp"
    )
    assert parameters.model_dump() == {
        "prompt": "a cat",
        "negative_prompt": None,
        "width": 512,
        "height": 512,
        "num_inference_steps": 16,
        "guidance_scale": 4.0,
        "seed": 99,
        "num_images": 1,
        "sampler": "euler",
        "loras": (),
        "output_format": "webp",
        "native_size": None,
    }
    assert warnings == ()


def test_guidance_zero_and_seed_zero_are_values_not_absence() -> None:
    request = GenerationRequest(prompt="a cat", guidance_scale=0, seed=0)
    parameters, _ = resolve_parameters(
        request, MODEL, random_seed=99, output_format="png"
    )
    assert (parameters.guidance_scale, parameters.seed) == (0, 0)


def test_a_size_that_the_model_cannot_paint_is_enlarged_and_said() -> None:
    small = MODEL.model_copy(update={"sizes": SMALL})
    request = GenerationRequest(prompt="a cat", width=1024, height=1024)
    parameters, warnings = resolve_parameters(
        request, small, random_seed=99, output_format="png"
    )
    assert parameters.native_size == NativeSize(width=128, height=128)
    assert warnings == (
        "Painted at the model's native 128 x 128 and enlarged to 1024 x 1024.",
    )


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": "other"}, "model"),
        ({"width": 2056}, "width"),
        ({"height": 32}, "height"),
        ({"height": 516}, "height"),
    ],
)
def test_what_the_model_cannot_honour_is_refused_by_name(
    fields: dict[str, object], param: str
) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        resolve(MODEL, fields)
    assert refusal.value.param == param
    assert refusal.value.detail.startswith(f"{param}: ")


@pytest.mark.parametrize(
    ("feature", "fields"),
    [
        ("negative_prompt", {"negative_prompt": "blurry"}),
        ("guidance_scale", {"guidance_scale": 7.5}),
    ],
)
def test_a_field_that_the_model_has_no_use_for_is_refused(
    feature: str, fields: dict[str, object]
) -> None:
    features = {"negative_prompt": True, "guidance_scale": True, "previews": True}
    without = ModelFeatures(**(features | {feature: False}))
    with pytest.raises(InvalidRequest) as refusal:
        resolve(MODEL.model_copy(update={"features": without}), fields)
    assert refusal.value.param == feature


def test_each_image_has_the_next_seed() -> None:
    request = GenerationRequest(prompt="a cat", seed=MAX_SEED - 1, num_images=3)
    parameters, _ = resolve_parameters(
        request, MODEL, random_seed=0, output_format="png"
    )
    assert image_seeds(parameters) == (MAX_SEED - 1, MAX_SEED, 0)
