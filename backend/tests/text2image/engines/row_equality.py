"""The promise of batching, for any family: company changes nothing in an image.

A family's tests inherit `RowEqualityTests` and give it a fixture `family`. Each sample
is compared with itself painted alone; that is compared with the stock pipeline in
`stock_equality.py`.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from PIL import Image

from easel.text2image.engines.base import SampleSpec
from easel.text2image.engines.batched import BatchedEngine
from easel.text2image.engines.family import ModelFamily
from tests.text2image.engines.driven_engine import (
    PROMPTS,
    SOURCES,
    UNGUIDED,
    Painted,
    Painting,
    assert_as_alone,
    assert_same,
    assert_same_latents,
    latents_of,
    make_engine,
    make_spec,
    mixed_specs,
    paint_alone,
)


class RowEqualityTests:
    @pytest.fixture
    def engine(self, family: ModelFamily) -> BatchedEngine:
        return make_engine(family)

    def test_images_of_one_prompt_are_as_each_alone(
        self, engine: BatchedEngine
    ) -> None:
        specs = [
            make_spec(id=f"image {seed}", seed=seed, num_inference_steps=2)
            for seed in range(8)
        ]
        assert_batches_as_alone(engine, specs)

    def test_samples_that_differ_in_everything_are_as_each_alone(
        self, engine: BatchedEngine
    ) -> None:
        specs = mixed_specs(8)
        # At tick 1 all run: some at their first step, some at their second.
        joins = {spec.id: place % 2 for place, spec in enumerate(specs)}
        assert_batches_as_alone(engine, specs, joins)

    def test_prompts_of_very_different_lengths_are_as_each_alone(
        self, engine: BatchedEngine
    ) -> None:
        long = " ".join(PROMPTS * 3)
        specs = [
            make_spec(id="short"),
            make_spec(id="long", prompt=long),
            make_spec(id="long negative", negative_prompt=long),
            make_spec(id="long, unguided", prompt=long, guidance_scale=UNGUIDED),
        ]
        assert_as_alone(engine, Painting(engine)(specs), specs)

    def test_who_joins_late_and_who_is_cancelled_does_not_matter(
        self, engine: BatchedEngine
    ) -> None:
        specs = mixed_specs(6)
        joins = {spec.id: place // 2 for place, spec in enumerate(specs)}
        cancels = {specs[0].id: 1, specs[5].id: 3}
        painted = Painting(engine, joins, cancels)(specs)
        kept = specs[1:5]
        assert set(painted) == {spec.id for spec in kept}
        assert_as_alone(engine, painted, kept)

    def test_sources_are_painted_among_others_as_alone(
        self, engine: BatchedEngine
    ) -> None:
        specs = [
            make_spec(id=kind, source=source, num_inference_steps=4, seed=place)
            for place, (kind, source) in enumerate(SOURCES.items())
        ]
        painting = Painting(engine)
        painted = painting(specs)
        assert painting.largest_batch == len(specs)
        assert_as_alone(engine, painted, specs)

    @pytest.mark.parametrize("max_rows", [1, 3])
    def test_a_pass_in_parts_is_as_one(
        self, engine: BatchedEngine, max_rows: int
    ) -> None:
        specs = mixed_specs(3)
        in_parts = Painting(engine, max_rows=max_rows)(specs)
        at_once = Painting(engine)(specs)
        for spec in specs:
            assert_same_latents(in_parts[spec.id], at_once[spec.id])

    def test_a_pass_that_fails_half_way_has_not_happened(
        self, engine: BatchedEngine, family: ModelFamily
    ) -> None:
        specs = [replace(spec, num_inference_steps=3) for spec in mixed_specs(3)]
        samples = [engine.begin(spec, engine.plan(spec)) for spec in specs]
        engine.step(samples, max_rows=64)
        with fails_at_second_call(family), pytest.raises(RuntimeError, match="broken"):
            engine.step(samples, max_rows=1)
        assert [sample.steps_done for sample in samples] == [1, 1, 1]
        for _ in range(2):
            engine.step(samples, max_rows=64)
        images = engine.decode(samples).result()
        for spec, sample, image in zip(specs, samples, images, strict=True):
            assert isinstance(image, Image.Image)
            painted = Painted(image, latents_of(sample))
            assert_same(painted, paint_alone(engine, spec))


def assert_batches_as_alone(
    engine: BatchedEngine,
    specs: Sequence[SampleSpec],
    joins: Mapping[str, int] = MappingProxyType({}),
) -> None:
    alone = {spec.id: paint_alone(engine, spec) for spec in specs}
    for count in (2, 3, 8):
        painting = Painting(engine, joins)
        painted = painting(specs[:count])
        assert painting.largest_batch == count
        for name, each in painted.items():
            assert_same(each, alone[name])


@contextmanager
def fails_at_second_call(family: ModelFamily) -> Iterator[None]:
    calls = itertools.count(1)

    def fail(*_: Any) -> None:
        if next(calls) == 2:
            raise RuntimeError("broken")

    hook = family.denoiser.register_forward_pre_hook(fail)
    try:
        yield
    finally:
        hook.remove()
