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
from easel.web.native_size import Size, painted_size

# As in diffusers' image-to-image pipelines of Stable Diffusion.
_DEFAULT_STRENGTH = 0.8


def resolve_parameters(
    request: GenerationRequest,
    model: ModelDocument,
    *,
    random_seed: int,
    output_format: ImageFormat,
    metadata_allowed: bool = True,
    may_skip_safety: bool = False,
) -> tuple[Parameters, tuple[str, ...]]:
    """The request with every default filled in, and what its caller should know.

    Args:
        request: Already valid by the contract; checked here against `model`.
        model: Its defaults and limits.
        random_seed: Used if the request brings no seed.
        output_format: Used if the request names no format.
        metadata_allowed: Whether files may say how they were made.
        may_skip_safety: Whether a caller may leave out the safety check.

    Raises:
        InvalidRequest: `model` cannot honour a field; nothing is silently ignored.
    """
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
    _check_sampler(request, model)
    _check_loras(request, model)
    _check_source(request, model)
    if not request.safety_check and not may_skip_safety:
        raise InvalidRequest(
            "safety_check: this server does not let callers leave it out",
            param="safety_check",
        )
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
        sampler=request.sampler or model.sampler,
        loras=request.loras,
        output_format=request.output_format or output_format,
        native_size=(
            NativeSize(width=painted.width, height=painted.height) if resized else None
        ),
        strength=_strength(request),
        determinism=request.determinism,
        priority=request.priority,
        provenance=request.provenance and metadata_allowed,
        safety_check=request.safety_check,
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
    native = tuple(Size(each.width, each.height) for each in sizes.native)
    if sizes.only_native and asked not in native:
        raise InvalidRequest(
            f"width: {model.id!r} paints {', '.join(map(str, native))} only",
            param="width",
        )


def _check_range(
    name: str, value: float | None, minimum: float, maximum: float
) -> None:
    if value is not None and not minimum <= value <= maximum:
        raise InvalidRequest(
            f"{name}: {value} is outside of the model's {minimum} to {maximum}",
            param=name,
        )


def _strength(request: GenerationRequest) -> float | None:
    """Set exactly where there is an image to begin with."""
    if request.image is None:
        return None
    return _DEFAULT_STRENGTH if request.strength is None else request.strength


def _check_sampler(request: GenerationRequest, model: ModelDocument) -> None:
    if request.sampler is not None and request.sampler not in model.samplers:
        raise InvalidRequest(
            f"sampler: {model.id!r} has {', '.join(model.samplers) or 'no choice'}",
            param="sampler",
        )


def _check_loras(request: GenerationRequest, model: ModelDocument) -> None:
    for lora in request.loras:
        if lora.id not in model.loras:
            raise InvalidRequest(
                f"loras: there is no {lora.id!r} for {model.id!r}", param="loras"
            )
    if len({lora.id for lora in request.loras}) < len(request.loras):
        raise InvalidRequest("loras: names one adapter twice", param="loras")


def _check_source(request: GenerationRequest, model: ModelDocument) -> None:
    if request.image is None:
        for name in ("mask", "strength"):
            if getattr(request, name) is not None:
                raise InvalidRequest(f"{name}: needs an image, too", param=name)
        return
    if not model.features.image_to_image:
        raise InvalidRequest(
            f"image: {model.id!r} cannot begin with one", param="image"
        )
    if request.mask is not None and not model.features.inpainting:
        raise InvalidRequest(f"mask: {model.id!r} cannot repaint", param="mask")


def _check_features(request: GenerationRequest, model: ModelDocument) -> None:
    if request.negative_prompt and not model.features.negative_prompt:
        raise InvalidRequest(
            f"negative_prompt: {model.id!r} has no use for one",
            param="negative_prompt",
        )
    if request.determinism == "exact" and not model.features.exact:
        raise InvalidRequest(
            f"determinism: {model.id!r} cannot be exact", param="determinism"
        )
    if request.seed is not None and not model.features.seed:
        raise InvalidRequest(f"seed: {model.id!r} takes none", param="seed")
    if request.output_format not in (None, *model.output_formats):
        raise InvalidRequest(
            f"output_format: {model.id!r} gives {', '.join(model.output_formats)}",
            param="output_format",
        )
    if request.guidance_scale is not None and not model.features.guidance_scale:
        raise InvalidRequest(
            f"guidance_scale: {model.id!r} has no use for one", param="guidance_scale"
        )
