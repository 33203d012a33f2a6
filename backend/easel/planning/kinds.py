"""Kinds of generations: what each asks for, and what the tiers make of that. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from easel.contract.generations import (
    MAX_GUIDANCE_SCALE,
    MAX_IMAGES,
    MAX_STEPS,
    GenerationRequest,
    NativeSize,
    Parameters,
    Priority,
)
from easel.contract.models import (
    FloatRange,
    IntRange,
    ModelDefaults,
    ModelDocument,
    ModelFeatures,
    SizeSupport,
)
from easel.gateway.admission.cost import Costs
from easel.text2image.scheduling.samples import BatchKey

_GUIDED, _UNGUIDED = 4.0, 1.0
_SOME_PX = 512


@dataclass(frozen=True)
class Kind:
    """
    Attributes:
        model: Its id.
        width: Pixels, as painted.
        height: Pixels, as painted.
        steps: Denoiser passes.
        images: Of one generation.
        is_guided: Whether a pass takes two rows for each image.
        priority: Its class.
    """

    model: str
    width: int
    height: int
    steps: int
    images: int = 1
    is_guided: bool = True
    priority: Priority = "interactive"

    @property
    def rows(self) -> int:
        """Of a pass, for one image."""
        return 2 if self.is_guided else 1

    @cached_property
    def key(self) -> BatchKey:
        return BatchKey(self.model, self.width, self.height)

    @cached_property
    def parameters(self) -> Parameters:
        """As a server resolves them."""
        return Parameters(
            prompt="-",
            negative_prompt=None,
            width=self.width,
            height=self.height,
            num_inference_steps=self.steps,
            guidance_scale=_GUIDED if self.is_guided else _UNGUIDED,
            seed=0,
            num_images=self.images,
            sampler="-",
            priority=self.priority,
        )

    @cached_property
    def cost(self) -> float:
        """As the gateway prices it, for models of weight 1."""
        request = GenerationRequest(
            prompt="-",
            width=self.width,
            height=self.height,
            num_inference_steps=self.steps,
            num_images=self.images,
            guidance_scale=_GUIDED if self.is_guided else _UNGUIDED,
        )
        return Costs().of(request, model_document(self.model))

    def __str__(self) -> str:
        images = f" x{self.images}" if self.images > 1 else ""
        return f"{self.model} {self.width}x{self.height} {self.steps} steps{images}"


def model_document(model: str) -> ModelDocument:
    """One that can do what is asked of it."""
    return ModelDocument(
        id=model,
        display_name=model,
        description="",
        license=None,
        pipeline="",
        sizes=SizeSupport(
            minimum=1,
            maximum=1 << 14,
            multiple_of=1,
            native=(NativeSize(width=_SOME_PX, height=_SOME_PX),),
            enlarges=False,
        ),
        num_inference_steps=IntRange(minimum=1, maximum=MAX_STEPS),
        guidance_scale=FloatRange(minimum=0, maximum=MAX_GUIDANCE_SCALE),
        max_images=MAX_IMAGES,
        max_prompt_tokens=None,
        sampler="",
        defaults=ModelDefaults(
            width=_SOME_PX, height=_SOME_PX, num_inference_steps=1, guidance_scale=1
        ),
        features=ModelFeatures(
            negative_prompt=True, guidance_scale=True, previews=True, batching=True
        ),
    )


def models_of(kinds: Iterable[Kind]) -> tuple[str, ...]:
    """Each once, in the order of their coming."""
    return tuple(dict.fromkeys(kind.model for kind in kinds))
