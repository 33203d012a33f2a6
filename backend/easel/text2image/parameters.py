"""A request and a model become the parameters of a generation, or a refusal. Pure."""

from easel.contract.generations import (
    MAX_SEED,
    GenerationRequest,
    ImageFormat,
    NativeSize,
    Parameters,
)
from easel.contract.models import ModelDocument
from easel.errors import InvalidRequest
from easel.text2image.native_size import Size, painted_size


def resolve_parameters(
    request: GenerationRequest,
    model: ModelDocument,
    *,
    random_seed: int,
    output_format: ImageFormat,
) -> tuple[Parameters, tuple[str, ...]]:
    """The request with every default filled in, and what its caller should know.

    Args:
        request: Already valid by the contract; checked here against `model`.
        model: Its defaults and limits.
        random_seed: Used if the request brings no seed.
        output_format: Used if the request names no format.

    Raises:
        InvalidRequest: `model` cannot honour a field; nothing is silently ignored.
    """
    if request.model not in (None, model.id):
        raise InvalidRequest(f"model: this server has {model.id!r} only", param="model")
    defaults = model.defaults
    asked = Size(request.width or defaults.width, request.height or defaults.height)
    _check_size(asked, model)
    _check_range(
        "num_inference_steps",
        request.num_inference_steps,
        model.num_inference_steps.minimum,
        model.num_inference_steps.maximum,
    )
    _check_range(
        "guidance_scale",
        request.guidance_scale,
        model.guidance_scale.minimum,
        model.guidance_scale.maximum,
    )
    _check_range("num_images", request.num_images, 1, model.max_images)
    _check_features(request, model)
    seed = random_seed if request.seed is None else request.seed
    painted = painted_size(asked, model.sizes)
    resized = painted != asked
    parameters = Parameters(
        prompt=request.prompt,
        negative_prompt=request.negative_prompt or None,
        width=asked.width,
        height=asked.height,
        num_inference_steps=request.num_inference_steps or defaults.num_inference_steps,
        guidance_scale=(
            defaults.guidance_scale
            if request.guidance_scale is None
            else request.guidance_scale
        ),
        seed=seed,
        num_images=request.num_images,
        sampler=model.sampler,
        output_format=request.output_format or output_format,
        native_size=(
            NativeSize(width=painted.width, height=painted.height) if resized else None
        ),
    )
    grown = "enlarged" if asked.width > painted.width else "resized"
    warning = f"Painted at the model's native {painted} and {grown} to {asked}."
    return parameters, (warning,) if resized else ()


def image_seeds(parameters: Parameters) -> tuple[int, ...]:
    """One seed an image, counting up from the first and around at the largest."""
    return tuple(
        (parameters.seed + index) % (MAX_SEED + 1)
        for index in range(parameters.num_images)
    )


def _check_size(asked: Size, model: ModelDocument) -> None:
    sizes = model.sizes
    for name, side in (("width", asked.width), ("height", asked.height)):
        _check_range(name, side, sizes.minimum, sizes.maximum)
        if side % sizes.multiple_of:
            raise InvalidRequest(
                f"{name}: {side} is not a multiple of {sizes.multiple_of}", param=name
            )


def _check_range(
    name: str, value: float | None, minimum: float, maximum: float
) -> None:
    if value is not None and not minimum <= value <= maximum:
        raise InvalidRequest(
            f"{name}: {value} is outside of the model's {minimum} to {maximum}",
            param=name,
        )


def _check_features(request: GenerationRequest, model: ModelDocument) -> None:
    if request.negative_prompt and not model.features.negative_prompt:
        raise InvalidRequest(
            f"negative_prompt: {model.id!r} has no use for one",
            param="negative_prompt",
        )
    if request.guidance_scale is not None and not model.features.guidance_scale:
        raise InvalidRequest(
            f"guidance_scale: {model.id!r} has no use for one", param="guidance_scale"
        )
