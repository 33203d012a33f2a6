"""A model that paints a test pattern with the step time that it is told.

First-class: the studio, the gateway and most system tests run against it, without
torch and at any speed.
"""

import colorsys
import hashlib
import threading
from collections.abc import Sequence
from functools import partial

from PIL import Image, ImageDraw

from easel.contract.generations import MAX_GUIDANCE_SCALE, MAX_STEPS, NativeSize
from easel.contract.models import (
    FloatRange,
    IntRange,
    ModelDefaults,
    ModelDocument,
    ModelFeatures,
    SizeSupport,
)
from easel.text2image.engines.base import Painted, Painting, Watch

_SIZES = ((512, 512), (768, 512), (512, 768))
_PREVIEW_PX = 64

_MODEL = ModelDocument(
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
    max_prompt_tokens=77,
    sampler="euler",
    defaults=ModelDefaults(
        width=512, height=512, num_inference_steps=16, guidance_scale=4.0
    ),
    features=ModelFeatures(negative_prompt=True, guidance_scale=True, previews=True),
    example_prompts=("a lighthouse at dusk", "a bowl of lemons"),
)


class FakeEngine:
    """Deterministic: the same prompt and seed give the same bytes."""

    def __init__(self, *, step_s: float) -> None:
        self._step_s = step_s
        self._never = threading.Event()

    @property
    def model(self) -> ModelDocument:
        return _MODEL

    @property
    def device(self) -> str:
        return "cpu"

    @property
    def cuda_available(self) -> bool:
        return False

    def paint(self, painting: Painting, watch: Watch) -> Painted:
        watch.denoising()
        for step in range(1, painting.num_inference_steps + 1):
            self._never.wait(self._step_s)
            watch.step(step, partial(self._previews, painting, step))
        size = (painting.width, painting.height)
        return Painted(
            tuple(_pattern(painting.prompt, seed, size) for seed in painting.seeds)
        )

    def _previews(self, painting: Painting, step: int) -> Sequence[Image.Image]:
        """The picture, greyer the more steps are left."""
        scale = _PREVIEW_PX / max(painting.width, painting.height)
        size = (round(painting.width * scale), round(painting.height * scale))
        done = step / painting.num_inference_steps
        grey = Image.new("RGB", size, (128, 128, 128))
        return [
            Image.blend(grey, _pattern(painting.prompt, seed, size), done)
            for seed in painting.seeds
        ]


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
