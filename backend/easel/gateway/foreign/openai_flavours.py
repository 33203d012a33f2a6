"""What the servers that speak OpenAI's Images API can be told beside a prompt. Pure.

OpenAI's own models take no seed, no steps and three sizes. vLLM-Omni, SGLang and
LocalAI serve diffusion models under the same routes and add fields of their own:

- vLLM-Omni: `vllm_omni/entrypoints/openai/protocol/images.py`
- SGLang: `multimodal_gen/runtime/entrypoints/openai/protocol.py`
- LocalAI: `core/http/endpoints/openai/image.go`; its negative prompt is what follows a
  `|` in the prompt
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from easel.contract.generations import MAX_IMAGES, ImageFormat
from easel.contract.models import (
    FloatRange,
    IntRange,
    ModelDocument,
    ModelFeatures,
    SizeSupport,
)
from easel.gateway.foreign.described_model import described_model, native_sizes
from easel.gateway.foreign.server_url import Dialect, ForeignServer

_ALL_FORMATS: tuple[ImageFormat, ...] = ("png", "webp", "jpeg")


@dataclass(frozen=True, slots=True)
class Flavour:
    """Of the API, as one make of server or one family of models speaks it.

    Attributes:
        make: Its name, for people.
        sizes: Which it paints.
        seed, steps, guidance_scale, negative_prompt: The names of its own fields for
            them; None where it has none.
        splits_prompts: Whether a `|` in the prompt begins the negative prompt.
        formats: Of files; those beside PNG are asked for with `output_format`.
        names_form: Whether it has to be told to answer with base64.
        max_images: Of one call.
        prompt_characters: The most that it takes.
        default_steps, default_guidance_scale: Where neither request nor URL names one.
        max_guidance_scale: The most that it takes.
        concurrent: Generations that are sent to it at a time.
        fresh_s: For how long its list of models is believed.
    """

    make: str
    sizes: SizeSupport
    seed: str | None = None
    steps: str | None = None
    guidance_scale: str | None = None
    negative_prompt: str | None = None
    splits_prompts: bool = False
    formats: tuple[ImageFormat, ...] = _ALL_FORMATS
    names_form: bool = True
    max_images: int = MAX_IMAGES
    prompt_characters: int | None = None
    default_steps: int = 1
    default_guidance_scale: float = 0.0
    max_guidance_scale: float = 0.0
    concurrent: int = 8
    fresh_s: float = 5.0


def _any_size(native: int, multiple_of: int) -> SizeSupport:
    return SizeSupport(
        minimum=256,
        maximum=2048,
        multiple_of=multiple_of,
        native=native_sizes((native, native)),
        enlarges=False,
    )


def _only(*sizes: tuple[int, int]) -> SizeSupport:
    sides = [side for size in sizes for side in size]
    return SizeSupport(
        minimum=min(sides),
        maximum=max(sides),
        multiple_of=1,
        native=native_sizes(*sizes),
        enlarges=False,
        only_native=True,
    )


# Asked once a minute: it is somebody else's, and may count the calls.
_OPENAI_FRESH_S = 60.0

_GPT_IMAGE = Flavour(
    make="OpenAI Images",
    sizes=_only((1024, 1024), (1536, 1024), (1024, 1536)),
    names_form=False,
    fresh_s=_OPENAI_FRESH_S,
)
_DALL_E_3 = Flavour(
    make="OpenAI Images",
    sizes=_only((1024, 1024), (1792, 1024), (1024, 1792)),
    formats=("png",),
    max_images=1,
    fresh_s=_OPENAI_FRESH_S,
)
_DALL_E_2 = Flavour(
    make="OpenAI Images",
    sizes=_only((1024, 1024), (512, 512), (256, 256)),
    formats=("png",),
    prompt_characters=1000,
    fresh_s=_OPENAI_FRESH_S,
)

# By how the names of the models begin: OpenAI lists models of every kind.
_OF_OPENAI: Mapping[str, Flavour] = {
    "gpt-image": _GPT_IMAGE,
    "chatgpt-image": _GPT_IMAGE,
    "dall-e-3": _DALL_E_3,
    "dall-e-2": _DALL_E_2,
}

# A model that an operator names, on a server that claims no more than OpenAI's fields.
_UNKNOWN = Flavour(make="OpenAI Images", sizes=_only((1024, 1024)), formats=("png",))

_VLLM_OMNI = Flavour(
    make="vLLM-Omni",
    sizes=_any_size(1024, 16),
    seed="seed",
    steps="num_inference_steps",
    guidance_scale="guidance_scale",
    negative_prompt="negative_prompt",
    default_steps=28,
    default_guidance_scale=4.0,
    max_guidance_scale=20.0,
)

_OF_MAKES: Mapping[Dialect, Flavour] = {
    "openai": _UNKNOWN,
    "vllm-omni": _VLLM_OMNI,
    "sglang": replace(_VLLM_OMNI, make="SGLang", max_guidance_scale=30.0),
    "localai": Flavour(
        make="LocalAI",
        sizes=_any_size(512, 8),
        seed="seed",
        steps="step",
        splits_prompts=True,
        formats=("png",),
        default_steps=15,
        concurrent=2,
    ),
}


def flavour_of(dialect: Dialect, model: str) -> Flavour:
    """
    Args:
        dialect: One of those over OpenAI's routes.
        model: By the server's own name.
    """
    if dialect == "openai":
        for beginning, flavour in _OF_OPENAI.items():
            if model.startswith(beginning):
                return flavour
    return _OF_MAKES[dialect]


def paints(dialect: Dialect, model: str) -> bool:
    """Whether a model that nobody named is taken for one of images."""
    return dialect != "openai" or model.startswith(tuple(_OF_OPENAI))


def document_of(server: ForeignServer, ours: str, flavour: Flavour) -> ModelDocument:
    most = 200 if flavour.steps else 1
    has_negative = flavour.negative_prompt is not None or flavour.splits_prompts
    return described_model(
        server,
        ours,
        make=flavour.make,
        features=ModelFeatures(
            negative_prompt=has_negative,
            guidance_scale=flavour.guidance_scale is not None,
            previews=False,
            exact=False,
            seed=flavour.seed is not None,
            progress=False,
            # Hanging up is all that one can do, and most of them paint on.
            cancel=False,
        ),
        sizes=flavour.sizes,
        steps=IntRange(minimum=1, maximum=most),
        default_steps=flavour.default_steps,
        guidance_scale=FloatRange(minimum=0, maximum=flavour.max_guidance_scale),
        default_guidance_scale=flavour.default_guidance_scale,
        output_formats=flavour.formats,
        max_images=flavour.max_images,
    )
