import pytest

from easel.contract.generations import GenerationRequest, NativeSize
from easel.contract.models import (
    FloatRange,
    IntRange,
    ModelDefaults,
    ModelDocument,
    ModelFeatures,
    SizeSupport,
)
from easel.gateway.admission.cost import Costs


def a_model(
    *,
    id: str = "some-model",
    guidance_scale: float = 1.0,
    has_guidance: bool = True,
    has_negative_prompt: bool = True,
    native: tuple[NativeSize, ...] = (),
) -> ModelDocument:
    return ModelDocument(
        id=id,
        display_name=id,
        description="",
        license=None,
        pipeline="StableDiffusionPipeline",
        sizes=SizeSupport(
            minimum=64,
            maximum=2048,
            multiple_of=8,
            native=native,
            enlarges=bool(native),
        ),
        num_inference_steps=IntRange(minimum=1, maximum=100),
        guidance_scale=FloatRange(minimum=0, maximum=30),
        max_images=4,
        max_prompt_tokens=77,
        sampler="euler",
        defaults=ModelDefaults(
            width=500,
            height=1000,
            num_inference_steps=20,
            guidance_scale=guidance_scale,
        ),
        features=ModelFeatures(
            negative_prompt=has_negative_prompt,
            guidance_scale=has_guidance,
            previews=True,
        ),
    )


def a_request(**fields: object) -> GenerationRequest:
    return GenerationRequest.model_validate({"prompt": "a fox", **fields})


def test_a_cost_is_megapixels_times_steps_times_images() -> None:
    request = a_request(width=1000, height=2000, num_inference_steps=7, num_images=3)
    assert Costs().of(request, a_model()) == pytest.approx(2 * 7 * 3)


def test_what_is_left_out_takes_the_models_defaults() -> None:
    assert Costs().of(a_request(), a_model()) == pytest.approx(0.5 * 20)


def test_an_unknown_model_paints_a_guided_megapixel_in_thirty_steps() -> None:
    expected = 1.024 * 1.024 * 30 * 2
    assert Costs().of(a_request(), None) == pytest.approx(expected)


@pytest.mark.parametrize(("scale", "rows"), [(None, 2), (7.5, 2), (1.0, 1), (0.0, 1)])
def test_guidance_doubles_the_cost(scale: float | None, rows: int) -> None:
    request = a_request(guidance_scale=scale)
    cost = Costs().of(request, a_model(guidance_scale=5.0))
    assert cost == pytest.approx(rows * 10)


@pytest.mark.parametrize(
    "model",
    [
        a_model(guidance_scale=3.5, has_negative_prompt=False),
        a_model(guidance_scale=3.5, has_guidance=False),
    ],
    ids=["distilled", "without"],
)
def test_guidance_that_takes_no_second_row_costs_nothing(model: ModelDocument) -> None:
    assert Costs().of(a_request(), model) == pytest.approx(10)


@pytest.mark.parametrize(
    ("strength", "steps"), [(None, 16), (0.5, 10), (1.0, 20), (0.001, 1)]
)
def test_an_image_to_begin_with_takes_a_share_of_the_steps(
    strength: float | None, steps: int
) -> None:
    request = a_request(image="iVBORw0KGgo=", strength=strength)
    assert Costs().of(request, a_model()) == pytest.approx(0.5 * steps)


def test_a_model_that_enlarges_costs_what_it_paints() -> None:
    native = (NativeSize(width=100, height=100), NativeSize(width=200, height=100))
    model = a_model(native=native)
    square, wide = a_request(width=2000, height=2000), a_request(width=2000, height=960)
    assert Costs().of(square, model) == pytest.approx(0.01 * 20)
    assert Costs().of(wide, model) == pytest.approx(0.02 * 20)


def test_a_model_has_its_weight_whether_it_was_named_or_not() -> None:
    costs = Costs({"heavy": 4.0})
    heavy = a_model(id="heavy")
    assert costs.of(a_request(), heavy) == pytest.approx(4 * 10)
    assert costs.of(a_request(), a_model()) == pytest.approx(10)
    unknown = Costs().of(a_request(), None)
    assert costs.of(a_request(model="heavy"), None) == pytest.approx(4 * unknown)
