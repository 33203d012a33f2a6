"""Drives an engine as the runner does, and compares what it painted.

Tolerances: float32 matrix products of other shapes round differently. Over four steps
that stays below 1e-4 in latents, and so moves a pixel by one level of 255 at most.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
from PIL import Image

from easel.text2image.engines.arrays import Array
from easel.text2image.engines.base import SampleSpec, SourceImage
from easel.text2image.engines.batch_painter import BatchedSample
from easel.text2image.engines.batched import AnySample, BatchedEngine
from easel.text2image.engines.decoding import Decoder
from easel.text2image.engines.family import ModelFamily
from easel.text2image.engines.stock_pipeline import StockPipeline

LATENTS_TOLERANCE = 1e-4
PIXELS_TOLERANCE = 1
SIDE_PX = 64
"""What the graphs of the embedded model's denoiser can halve three times as latents."""
UNGUIDED = 0.0
# Of other lengths, in every tokenizer, but in one bucket where prompts are padded.
PROMPTS = ("a cat", "a dog asleep", "an owl", "two red birds", "sea", "no one at all")


@dataclass(frozen=True)
class Painted:
    """What a sample ended with; `latents` is None for one that was exact."""

    image: Image.Image
    latents: Array | None


@dataclass
class Painting:
    """Drives an engine tick by tick; at each, all that run take one step.

    Args:
        joins: By id, the tick at which a sample begins, if not 0.
        cancels: By id, the tick before which a sample is dropped.
    """

    engine: BatchedEngine
    joins: Mapping[str, int] = field(default_factory=dict)
    cancels: Mapping[str, int] = field(default_factory=dict)
    max_rows: int = 64
    largest_batch: int = 0

    def __call__(self, specs: Sequence[SampleSpec]) -> dict[str, Painted]:
        waiting, running = list(specs), list[AnySample]()
        painted: dict[str, Painted] = {}
        tick = 0
        while waiting or running:
            begun = [spec for spec in waiting if self.joins.get(spec.id, 0) <= tick]
            waiting = [spec for spec in waiting if spec not in begun]
            running += [
                self.engine.begin(spec, self.engine.plan(spec)) for spec in begun
            ]
            for sample in [each for each in running if self._is_cancelled(each, tick)]:
                self.engine.end(sample)
                running.remove(sample)
            self._step(running)
            done = [each for each in running if each.steps_done == each.plan.steps]
            running = [each for each in running if each not in done]
            painted |= self._decoded(done)
            tick += 1
        return painted

    def _is_cancelled(self, sample: AnySample, tick: int) -> bool:
        return self.cancels.get(sample.spec.id, tick + 1) <= tick

    def _step(self, running: Sequence[AnySample]) -> None:
        for batch in by_key(running):
            self.largest_batch = max(self.largest_batch, len(batch))
            self.engine.step(batch, max_rows=self.max_rows)

    def _decoded(self, done: Sequence[AnySample]) -> dict[str, Painted]:
        painted: dict[str, Painted] = {}
        for batch in by_key(done):
            images = self.engine.decode(batch).result()
            for sample, image in zip(batch, images, strict=True):
                assert isinstance(image, Image.Image), image
                painted[sample.spec.id] = Painted(image, latents_of(sample))
                self.engine.end(sample)
        return painted


def by_key(samples: Sequence[AnySample]) -> list[list[AnySample]]:
    """Those that may share a pass."""
    batches: dict[Any, list[AnySample]] = {}
    for sample in samples:
        batches.setdefault(sample.plan.key, []).append(sample)
    return list(batches.values())


def latents_of(sample: AnySample) -> Array | None:
    return sample.own.latents if isinstance(sample, BatchedSample) else None


class NoLoras:
    def use(self, loras: Sequence[tuple[str, float]]) -> None:
        assert not loras


def make_engine(family: ModelFamily) -> BatchedEngine:
    no_loras: Any = NoLoras()
    # The engine reads nothing else of the document.
    model: Any = SimpleNamespace(id="tiny")
    pipeline = family.pipeline
    return BatchedEngine(
        family,
        model,
        "cpu",
        preview=None,
        loras=no_loras,
        stock=StockPipeline(pipeline, "tiny", "cpu", "float32"),
        decoder=Decoder(family.decode, "cpu", itemsize=4),
    )


def make_spec(**changes: Any) -> SampleSpec:
    spec = SampleSpec(
        id="sample",
        prompt=PROMPTS[0],
        negative_prompt=None,
        width=SIDE_PX,
        height=SIDE_PX,
        num_inference_steps=3,
        guidance_scale=4.0,
        seed=7,
        # The model's own.
        sampler="default",
    )
    return replace(spec, **changes)


def mixed_specs(count: int) -> list[SampleSpec]:
    """Samples that differ in all that one pass may mix."""
    return [
        make_spec(
            id=f"sample {place}",
            prompt=PROMPTS[place % len(PROMPTS)],
            negative_prompt=(None, "grey", "dull sky")[place % 3],
            num_inference_steps=2 + place % 3,
            guidance_scale=(4.0, UNGUIDED, 2.5)[place % 3],
            seed=place,
        )
        for place in range(count)
    ]


def source_image(*, masked: bool, strength: float) -> SourceImage:
    """Colours that change from side to side, and a mask over a quarter."""
    rising = np.linspace(0, 255, SIDE_PX, dtype=np.uint8)
    red, green = np.meshgrid(rising, rising)
    picture = Image.fromarray(np.stack([red, green, red[::-1]], axis=-1))
    mask = np.zeros((SIDE_PX, SIDE_PX), dtype=np.uint8)
    mask[: SIDE_PX // 2, : SIDE_PX // 2] = 255
    return SourceImage(picture, Image.fromarray(mask) if masked else None, strength)


SOURCES = {
    "text": None,
    "image": source_image(masked=False, strength=0.6),
    "mask": source_image(masked=True, strength=0.6),
    "mask, all steps": source_image(masked=True, strength=1.0),
}


def paint_alone(engine: BatchedEngine, spec: SampleSpec) -> Painted:
    return Painting(engine)([spec])[spec.id]


def assert_as_alone(
    engine: BatchedEngine, painted: Mapping[str, Painted], specs: Sequence[SampleSpec]
) -> None:
    for spec in specs:
        assert_same(painted[spec.id], paint_alone(engine, spec))


def assert_same(painted: Painted, expected: Painted) -> None:
    assert_same_latents(painted, expected)
    assert_same_pixels(painted, expected)


def assert_same_latents(painted: Painted, expected: Painted) -> None:
    latents, others = painted.latents, expected.latents
    assert latents is not None
    assert others is not None
    assert latents.shape == others.shape
    assert abs(np.asarray(latents) - np.asarray(others)).max() <= LATENTS_TOLERANCE


def assert_same_pixels(painted: Painted, expected: Painted) -> None:
    levels = np.asarray(painted.image).astype(int)
    others = np.asarray(expected.image).astype(int)
    assert np.abs(levels - others).max() <= PIXELS_TOLERANCE
