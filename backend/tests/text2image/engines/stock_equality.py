"""An image alone is as the stock pipeline's own: for any family.

A family's tests inherit `StockEqualityTests` and give it a fixture `family`.
"""

import copy
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
import torch
from diffusers import AutoPipelineForImage2Image, AutoPipelineForInpainting

from easel.text2image.engines.base import SampleSpec
from easel.text2image.engines.batched import BatchedEngine
from easel.text2image.engines.family import ModelFamily
from tests.text2image.engines.driven_engine import (
    SOURCES,
    UNGUIDED,
    Painted,
    Painting,
    assert_as_alone,
    assert_same_latents,
    assert_same_pixels,
    make_engine,
    make_spec,
    paint_alone,
)


class StockEqualityTests:
    # Sources of which the stock pipeline decodes something else than its latents.
    misdecoded_by_stock: frozenset[str] = frozenset()

    @pytest.fixture
    def engine(self, family: ModelFamily) -> BatchedEngine:
        return make_engine(family)

    @pytest.mark.parametrize(
        ("kind", "guidance_scale"),
        [("text", UNGUIDED), ("text", 1.0), *((kind, 4.0) for kind in SOURCES)],
    )
    def test_alone_is_as_the_stock_pipeline(
        self,
        engine: BatchedEngine,
        family: ModelFamily,
        kind: str,
        guidance_scale: float,
    ) -> None:
        spec = make_spec(
            source=SOURCES[kind], num_inference_steps=4, guidance_scale=guidance_scale
        )
        painted = paint_alone(engine, spec)
        stock = paint_stock(family.pipeline, spec)
        assert_same_latents(painted, stock)
        if kind not in self.misdecoded_by_stock:
            assert_same_pixels(painted, stock)

    def test_a_negative_prompt_acts_as_in_the_stock_pipeline(
        self, engine: BatchedEngine, family: ModelFamily
    ) -> None:
        spec = make_spec(negative_prompt="grey")
        stock = paint_stock(family.pipeline, spec)
        assert_same_latents(paint_alone(engine, spec), stock)

    @pytest.mark.parametrize("kind", SOURCES)
    def test_exact_is_the_stock_pipeline_to_the_bit_in_any_company(
        self, engine: BatchedEngine, family: ModelFamily, kind: str
    ) -> None:
        spec = make_spec(id="exact", source=SOURCES[kind], is_exact=True)
        other = make_spec(id="other")
        painted = Painting(engine)([other, spec])
        stock = paint_stock(family.pipeline, spec)
        assert painted["exact"].image.tobytes() == stock.image.tobytes()
        assert_as_alone(engine, painted, [other])

    def test_in_bfloat16_the_denoiser_is_given_what_stock_gives(
        self, family: ModelFamily
    ) -> None:
        pipeline = copy.deepcopy(family.pipeline).to(torch.bfloat16)
        narrow: ModelFamily = type(family)(pipeline)  # type: ignore[call-arg]  # families take it
        # Without guidance both pass one row.
        spec = make_spec(guidance_scale=UNGUIDED, num_inference_steps=4)
        with inputs_of(narrow.denoiser) as ours:
            paint_alone(make_engine(narrow), spec)
        with inputs_of(narrow.denoiser) as stock:
            paint_stock(pipeline, spec)
        assert [each.timestep for each in ours] == [each.timestep for each in stock]
        assert len(ours) == 4
        assert torch.equal(ours[0].latents, stock[0].latents)


def paint_stock(pipeline: Any, spec: SampleSpec) -> Painted:
    """What the stock pipeline itself makes of `spec`."""
    name = type(pipeline).__name__
    kept: list[torch.Tensor] = []

    def keep(_: Any, __: int, ___: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        kept.append(tensors["latents"])
        return tensors

    arguments: dict[str, Any] = {
        "prompt": spec.prompt,
        "negative_prompt": spec.negative_prompt,
        "width": spec.width,
        "height": spec.height,
        "num_inference_steps": spec.num_inference_steps,
        "guidance_scale": spec.guidance_scale,
        "generator": torch.Generator("cpu").manual_seed(spec.seed),
        "callback_on_step_end": keep,
    }
    if name == "QwenImagePipeline":
        arguments["true_cfg_scale"] = arguments.pop("guidance_scale")
        arguments["negative_prompt"] = spec.negative_prompt or " "
    if name == "FluxPipeline":
        del arguments["negative_prompt"]
    if spec.source is not None:
        arguments |= {"image": spec.source.image, "strength": spec.source.strength}
        arguments["mask_image"] = spec.source.mask
        is_masked = spec.source.mask is not None
        auto = AutoPipelineForInpainting if is_masked else AutoPipelineForImage2Image
        pipeline = auto.from_pipe(pipeline)
        pipeline.set_progress_bar_config(disable=True)
    taken = inspect.signature(pipeline.__call__).parameters
    (image,) = pipeline(
        **{name: value for name, value in arguments.items() if name in taken}
    ).images
    return Painted(image, kept[-1])


class DenoiserInput(NamedTuple):
    latents: torch.Tensor
    timestep: float


@contextmanager
def inputs_of(denoiser: Any) -> Iterator[list[DenoiserInput]]:
    """What a denoiser is called with, of its first row."""
    seen: list[DenoiserInput] = []
    signature = inspect.signature(denoiser.forward)

    def see(_: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        given = signature.bind(*args, **kwargs).arguments
        latents = next(iter(given.values()))[0]
        timestep = torch.as_tensor(given.get("timestep", given.get("t")))
        seen.append(DenoiserInput(latents, timestep.flatten()[0].item()))

    hook = denoiser.register_forward_pre_hook(see, with_kwargs=True)
    try:
        yield seen
    finally:
        hook.remove()
