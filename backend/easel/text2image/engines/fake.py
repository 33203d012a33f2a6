"""A model that paints a test pattern with the step time that it is told.

First-class: the studio, the gateway and most system tests run against it, without
torch and at any speed. It batches like a real one: a step takes the same time for up
to four images, and longer in proportion for more.
"""

import colorsys
import hashlib
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from easel.contract.generations import MAX_GUIDANCE_SCALE, MAX_STEPS, NativeSize
from easel.contract.models import (
    FloatRange,
    IntRange,
    ModelDefaults,
    ModelDocument,
    ModelFeatures,
    SizeSupport,
    Style,
)
from easel.contract.prompt_tokens import PromptTokens
from easel.text2image.engines.base import (
    PendingImages,
    ReadyImages,
    RunningSample,
    SamplePlan,
    SampleSpec,
)
from easel.text2image.models.memory_gauge import resident_bytes
from easel.text2image.scheduling.samples import BatchKey

_SIZES = ((512, 512), (768, 512), (512, 768))
_PREVIEW_PX = 64
_KNEE_IMAGES = 4

_MAX_PROMPT_TOKENS = 77
# As CLIP marks the beginning and the end.
_MARKS = 2
_WORD = re.compile(r"\w+|[^\w\s]")

FAKE_DOCUMENT = ModelDocument(
    id="fake",
    display_name="Test pattern",
    description="Paints a gradient and the seed instead of a picture; needs no GPU.",
    license=None,
    pipeline="FakeEngine",
    sizes=SizeSupport(
        minimum=64,
        maximum=2048,
        multiple_of=8,
        native=tuple(NativeSize(width=w, height=h) for w, h in _SIZES),
        enlarges=False,
    ),
    num_inference_steps=IntRange(minimum=1, maximum=MAX_STEPS),
    guidance_scale=FloatRange(minimum=0, maximum=MAX_GUIDANCE_SCALE),
    max_images=4,
    max_prompt_tokens=_MAX_PROMPT_TOKENS,
    sampler="euler",
    samplers=("euler",),
    defaults=ModelDefaults(
        width=512, height=512, num_inference_steps=16, guidance_scale=4.0
    ),
    features=ModelFeatures(
        negative_prompt=True,
        guidance_scale=True,
        previews=True,
        image_to_image=True,
        inpainting=True,
        batching=True,
    ),
    example_prompts=("a lighthouse at dusk", "a bowl of lemons"),
    styles=(
        Style(name="Watercolour", prompt="{prompt}, watercolour on rough paper"),
        Style(
            name="Blueprint",
            prompt="blueprint of {prompt}, white lines on blue",
            negative_prompt="photograph",
        ),
    ),
)


class FakePromptCounter:
    """Every word is a token, and every mark of punctuation."""

    def count(self, prompt: str) -> PromptTokens:
        words = list(_WORD.finditer(prompt))
        read = words[: _MAX_PROMPT_TOKENS - _MARKS]
        is_cut = len(read) < len(words)
        return PromptTokens(
            tokens=len(words) + _MARKS,
            max_prompt_tokens=_MAX_PROMPT_TOKENS,
            is_cut=is_cut,
            used_characters=read[-1].end() if is_cut else None,
        )


@dataclass(slots=True, eq=False)
class FakeSample(RunningSample):
    """A pattern on its way."""


class FakeEngine:
    """Deterministic: the same prompt and seed give the same bytes."""

    def __init__(self, *, step_s: float) -> None:
        self._step_s = step_s
        self._never = threading.Event()

    @property
    def model(self) -> ModelDocument:
        return FAKE_DOCUMENT

    @property
    def device(self) -> str:
        return "cpu"

    @property
    def cuda_available(self) -> bool:
        return False

    @property
    def memory_bytes(self) -> int:
        return 0

    @property
    def allocated_bytes(self) -> Callable[[], int]:
        return resident_bytes

    @property
    def is_calibrated(self) -> bool:
        return True

    def plan(self, spec: SampleSpec) -> SamplePlan:
        key = BatchKey(
            model="fake",
            width=spec.width,
            height=spec.height,
            alone=spec.id if spec.is_exact else "",
        )
        strength = spec.source.strength if spec.source else 1.0
        steps = max(1, int(spec.num_inference_steps * strength))
        return SamplePlan(key, 2 if spec.guidance_scale > 1 else 1, steps)

    def begin(self, spec: SampleSpec, plan: SamplePlan) -> FakeSample:
        return FakeSample(spec, plan)

    def step(self, samples: Sequence[FakeSample], *, max_rows: int) -> None:
        self._never.wait(self._step_s * max(1.0, len(samples) / _KNEE_IMAGES))
        for sample in samples:
            sample.steps_done += 1

    def previews(self, samples: Sequence[FakeSample]) -> list[Image.Image | None]:
        return [self._preview(sample) for sample in samples]

    def decode(self, samples: Sequence[FakeSample]) -> PendingImages:
        return ReadyImages([_painted(sample.spec) for sample in samples])

    def end(self, sample: FakeSample) -> None:
        pass

    def close(self) -> None:
        pass

    def _preview(self, sample: FakeSample) -> Image.Image:
        """The picture, greyer the more steps are left."""
        spec = sample.spec
        scale = _PREVIEW_PX / max(spec.width, spec.height)
        size = (round(spec.width * scale), round(spec.height * scale))
        grey = Image.new("RGB", size, (128, 128, 128))
        done = sample.steps_done / sample.plan.steps
        return Image.blend(grey, _pattern(spec.prompt, spec.seed, size), done)


def _painted(spec: SampleSpec) -> Image.Image:
    """The pattern, mixed with the source by its strength, where the mask is white."""
    pattern = _pattern(spec.prompt, spec.seed, (spec.width, spec.height))
    if spec.source is None:
        return pattern
    mixed = Image.blend(spec.source.image, pattern, spec.source.strength)
    if spec.source.mask is None:
        return mixed
    return Image.composite(mixed, spec.source.image, spec.source.mask)


def _pattern(prompt: str, seed: int, size: tuple[int, int]) -> Image.Image:
    """A gradient whose hue the prompt and the seed decide, with the seed on it."""
    digest = hashlib.sha256(f"{seed}:{prompt}".encode()).digest()
    hue = digest[0] / 255
    light = tuple(round(255 * part) for part in colorsys.hsv_to_rgb(hue, 0.35, 0.98))
    dark = tuple(
        round(255 * part) for part in colorsys.hsv_to_rgb((hue + 0.1) % 1, 0.7, 0.45)
    )
    mask = Image.linear_gradient("L").resize(size)
    image = Image.composite(
        Image.new("RGB", size, dark), Image.new("RGB", size, light), mask
    )
    ImageDraw.Draw(image).text((8, 8), f"seed {seed}", fill=dark)
    return image
