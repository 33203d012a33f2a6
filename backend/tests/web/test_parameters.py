import pytest

from easel.contract.generations import MAX_SEED, GenerationRequest, NativeSize
from easel.contract.models import ModelDocument, ModelFeatures
from easel.errors import InvalidRequest
from easel.text2image.engines.fake import FakeEngine
from easel.web.parameters import image_seeds, resolve_parameters

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
        "strength": None,
        "image_sha256": None,
        "mask_sha256": None,
        "determinism": "seed",
        "priority": "interactive",
        "provenance": True,
        "safety_check": True,
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


IMAGE: dict[str, object] = {"image": "aGVsbG8="}
PLAIN = ModelFeatures(
    negative_prompt=True, guidance_scale=True, previews=True, exact=False
)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"sampler": "heun"}, "sampler"),
        ({"loras": [{"id": "ink"}]}, "loras"),
        ({"safety_check": False}, "safety_check"),
        ({"strength": 0.5}, "strength"),
        ({"mask": "aGVsbG8="}, "mask"),
        ({"determinism": "exact"}, "determinism"),
        (IMAGE, "image"),
    ],
)
def test_what_a_plain_model_does_not_have_is_refused_by_name(
    fields: dict[str, object], param: str
) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        resolve(MODEL.model_copy(update={"features": PLAIN}), fields)
    assert refusal.value.param == param
    assert refusal.value.detail.startswith(f"{param}: ")


def test_a_mask_is_refused_where_only_whole_images_can_be_repainted() -> None:
    features = PLAIN.model_copy(update={"image_to_image": True})
    with pytest.raises(InvalidRequest) as refusal:
        resolve(
            MODEL.model_copy(update={"features": features}), IMAGE | {"mask": "aGk="}
        )
    assert refusal.value.param == "mask"


def test_one_adapter_twice_is_refused() -> None:
    model = MODEL.model_copy(update={"loras": ("ink",)})
    with pytest.raises(InvalidRequest, match="twice"):
        resolve(model, {"loras": [{"id": "ink"}, {"id": "ink", "scale": 0.5}]})


def test_a_strength_is_there_exactly_where_an_image_is() -> None:
    def strength(**fields: object) -> float | None:
        request = GenerationRequest.model_validate({"prompt": "a cat", **fields})
        parameters, _ = resolve_parameters(
            request, MODEL, random_seed=1, output_format="png"
        )
        return parameters.strength

    assert strength() is None
    assert strength(**IMAGE) == 0.8
    assert strength(**IMAGE, strength=0.3) == 0.3


def test_an_operator_who_wants_no_metadata_overrules_every_request() -> None:
    parameters, _ = resolve_parameters(
        GenerationRequest(prompt="a cat"),
        MODEL,
        random_seed=1,
        output_format="png",
        metadata_allowed=False,
    )
    assert parameters.provenance is False


def test_the_safety_check_may_be_left_out_where_the_operator_allows_it() -> None:
    parameters, _ = resolve_parameters(
        GenerationRequest(prompt="a cat", safety_check=False),
        MODEL,
        random_seed=1,
        output_format="png",
        may_skip_safety=True,
    )
    assert parameters.safety_check is False


def described(**changes: object) -> ModelDocument:
    return MODEL.model_copy(update=changes)


@pytest.mark.parametrize(
    ("model", "name", "fields"),
    [
        (
            described(features=MODEL.features.model_copy(update={"seed": False})),
            "seed",
            {"seed": 7},
        ),
        (
            described(output_formats=("png",)),
            "output_format",
            {"output_format": "jpeg"},
        ),
        (
            described(sizes=MODEL.sizes.model_copy(update={"only_native": True})),
            "width",
            {"width": 264, "height": 264},
        ),
    ],
    ids=["seed", "output_format", "only_native"],
)
def test_what_only_models_of_other_makes_lack_is_refused_too(
    model: ModelDocument, name: str, fields: dict[str, object]
) -> None:
    resolve(MODEL, fields)
    resolve(model, {})
    with pytest.raises(InvalidRequest) as refusal:
        resolve(model, fields)
    assert refusal.value.param == name
