"""Every plan against the stock scheduler's own loop, for each number of steps.

The limit of 1e-4 of the latents' scale is float32's: stock takes differences of
sigmas and of logarithms in float32, plans do in float64. Most differ by 1e-6.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from diffusers.pipelines.flux.pipeline_flux import calculate_shift
from diffusers.pipelines.flux.pipeline_flux_img2img import FluxImg2ImgPipeline
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion_img2img import (
    StableDiffusionImg2ImgPipeline,
)
from diffusers.pipelines.stable_diffusion_3.pipeline_stable_diffusion_3_img2img import (
    StableDiffusion3Img2ImgPipeline,
)
from diffusers.pipelines.stable_diffusion_xl.pipeline_stable_diffusion_xl_img2img import (  # noqa: E501
    StableDiffusionXLImg2ImgPipeline,
)

from easel.text2image.samplers import Sampler, sampler_for
from tests.text2image.samplers.stock_configs import (
    COMMON_CASES,
    DPMPP,
    EVERY_NUMBER_OF_STEPS,
    FLOW,
    FLOW_CONFIGS,
    ONE_OF_EACH,
    RARE_CASES,
    STABLE_DIFFUSION,
    Config,
    name_of,
)
from tests.text2image.samplers.stock_loop import (
    STOCK_WARNS,
    add_noise,
    begin_at,
    difference,
    some_array,
    stock_scheduler,
)

pytestmark = STOCK_WARNS

TOLERANCE = 1e-4
# Karras' timesteps are fractions, found between float32 logarithms.
TIMESTEP_TOLERANCE = 2e-4
# Around where `lower_order_final` ends, and far from it.
SOME_NUMBERS_OF_STEPS = (*range(1, 17), 33, 50)
IMAGE_SEQ_LEN = 1024
STRENGTHS = [tenths / 10 for tenths in range(1, 11)]
EMBEDDED_MODEL = Path(__file__).parents[4] / "models" / "easel-mini"


def vectorised(
    scheduler_class: str, config: Config, *, has_pipeline_sigmas: bool = False
) -> Sampler:
    sampler = sampler_for(
        scheduler_class, config, has_pipeline_sigmas=has_pipeline_sigmas
    )
    assert sampler is not None
    return sampler


def assert_equal(scheduler_class: str, config: Config, *, steps: Iterable[int]) -> None:
    sampler = vectorised(scheduler_class, config)
    scheduler = stock_scheduler(scheduler_class, config)
    for num_inference_steps in steps:
        scheduler.set_timesteps(num_inference_steps)
        worst = difference(
            scheduler,
            sampler.plan(num_inference_steps),
            draws_noise=sampler.draws_noise,
        )
        assert worst.latents < TOLERANCE, num_inference_steps
        is_whole = not config.get("use_karras_sigmas") or scheduler_class == DPMPP
        limit = 0 if is_whole else TIMESTEP_TOLERANCE
        assert worst.timesteps <= limit, num_inference_steps


@pytest.mark.parametrize(
    ("scheduler_class", "config", "steps"), COMMON_CASES, ids=name_of
)
def test_every_step_lands_where_the_stock_scheduler_does(
    scheduler_class: str, config: Config, steps: range
) -> None:
    assert_equal(scheduler_class, config, steps=steps)


@pytest.mark.parametrize(("scheduler_class", "config"), RARE_CASES, ids=name_of)
def test_rarer_configs_land_where_the_stock_scheduler_does(
    scheduler_class: str, config: Config
) -> None:
    assert_equal(scheduler_class, config, steps=SOME_NUMBERS_OF_STEPS)


def test_the_embedded_models_own_scheduler_is_met() -> None:
    config = json.loads(
        (EMBEDDED_MODEL / "scheduler" / "scheduler_config.json").read_text()
    )
    assert_equal(config["_class_name"], config, steps=EVERY_NUMBER_OF_STEPS)


def flow_arguments(
    config: Config, num_inference_steps: int, *, has_pipeline_sigmas: bool
) -> dict[str, object]:
    """What the pipelines give `set_timesteps`."""
    arguments: dict[str, object] = {}
    if has_pipeline_sigmas:
        arguments["sigmas"] = np.linspace(
            1.0, 1 / num_inference_steps, num_inference_steps
        )
    if config.get("use_dynamic_shifting"):
        arguments["mu"] = calculate_shift(
            IMAGE_SEQ_LEN,
            max_seq_len=int(str(config.get("max_image_seq_len", 4096))),
            max_shift=float(str(config.get("max_shift", 1.15))),
        )
    return arguments


@pytest.mark.parametrize("has_pipeline_sigmas", [True, False])
@pytest.mark.parametrize("config", FLOW_CONFIGS, ids=name_of)
def test_flow_matching_lands_where_the_stock_scheduler_does(
    config: Config, has_pipeline_sigmas: bool
) -> None:
    sampler = vectorised(FLOW, config, has_pipeline_sigmas=has_pipeline_sigmas)
    scheduler = stock_scheduler(FLOW, config)
    # Stock divides by 0 in a single step with a terminal.
    for num_inference_steps in range(2 if "shift_terminal" in config else 1, 51):
        scheduler.set_timesteps(
            num_inference_steps,
            **flow_arguments(
                config, num_inference_steps, has_pipeline_sigmas=has_pipeline_sigmas
            ),
        )
        worst = difference(
            scheduler,
            sampler.plan(num_inference_steps, image_seq_len=IMAGE_SEQ_LEN),
            draws_noise=False,
        )
        assert worst.latents < TOLERANCE, num_inference_steps
        assert worst.timesteps <= TIMESTEP_TOLERANCE, num_inference_steps


def pipeline_with(scheduler: object) -> Any:  # a stand-in, whatever the pipeline
    """As much of a pipeline as `get_timesteps` uses."""
    return SimpleNamespace(scheduler=scheduler)


@pytest.mark.parametrize(
    "pipeline", [StableDiffusionImg2ImgPipeline, StableDiffusionXLImg2ImgPipeline]
)
@pytest.mark.parametrize("num_inference_steps", [7, 30])
@pytest.mark.parametrize(("scheduler_class", "config"), ONE_OF_EACH, ids=name_of)
def test_image_to_image_starts_where_the_unet_pipelines_do(
    scheduler_class: str,
    config: Config,
    num_inference_steps: int,
    pipeline: type[StableDiffusionImg2ImgPipeline],
) -> None:
    sampler = vectorised(scheduler_class, config)
    scheduler = stock_scheduler(scheduler_class, config)
    for strength in STRENGTHS:
        scheduler.set_timesteps(num_inference_steps)
        kept, _ = pipeline.get_timesteps(
            pipeline_with(scheduler), num_inference_steps, strength, None
        )
        if len(kept) == 0:
            with pytest.raises(ValueError, match=f"strength {strength} leaves none"):
                sampler.plan(num_inference_steps, strength=strength)
            continue
        worst = difference(
            scheduler,
            sampler.plan(num_inference_steps, strength=strength),
            first_step=num_inference_steps - len(kept),
            draws_noise=sampler.draws_noise,
        )
        assert worst.latents < TOLERANCE
        assert worst.timesteps == 0


@pytest.mark.parametrize(
    "pipeline", [StableDiffusion3Img2ImgPipeline, FluxImg2ImgPipeline]
)
@pytest.mark.parametrize("num_inference_steps", [1, 7, 30])
def test_image_to_image_starts_where_the_flow_pipelines_do(
    num_inference_steps: int, pipeline: type[FluxImg2ImgPipeline]
) -> None:
    sampler = vectorised(FLOW, {"shift": 3.0})
    scheduler = stock_scheduler(FLOW, {"shift": 3.0})
    for strength in STRENGTHS:
        scheduler.set_timesteps(num_inference_steps)
        kept, _ = pipeline.get_timesteps(
            pipeline_with(scheduler), num_inference_steps, strength, None
        )
        worst = difference(
            scheduler,
            sampler.plan(num_inference_steps, strength=strength),
            first_step=num_inference_steps - len(kept),
            draws_noise=False,
        )
        assert worst.latents < TOLERANCE
        assert worst.timesteps == 0


@pytest.mark.parametrize(
    ("scheduler_class", "config"), [*ONE_OF_EACH, (FLOW, {"shift": 3.0})], ids=name_of
)
def test_a_known_region_is_noised_as_the_stock_scheduler_would(
    scheduler_class: str, config: Config
) -> None:
    plan = vectorised(scheduler_class, config).plan(12)
    scheduler = stock_scheduler(scheduler_class, config)
    scheduler.set_timesteps(12)
    source, noise = some_array(3), some_array(4)
    for index, step in enumerate(plan.steps[:-1]):
        begin_at(scheduler, index + 1)
        expected = add_noise(scheduler, source, noise, scheduler.timesteps[index + 1])
        known = step.known_from_clean * source + step.known_from_noise * noise
        np.testing.assert_allclose(known, expected, rtol=1e-5, atol=1e-5)
    last = plan.steps[-1]
    assert (last.known_from_clean, last.known_from_noise) == (1.0, 0.0)


def test_a_timestep_too_many_by_rounding_is_not_taken() -> None:
    config = {**STABLE_DIFFUSION, "timestep_spacing": "trailing"}
    scheduler = stock_scheduler(DPMPP, config)
    scheduler.set_timesteps(61)
    assert scheduler.timesteps[-2:].tolist() == [15, -1]

    plan = vectorised(DPMPP, config).plan(61)

    assert [step.timestep for step in plan.steps] == scheduler.timesteps[:61].tolist()
