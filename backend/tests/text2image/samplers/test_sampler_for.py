import inspect
import subprocess
import sys
from collections.abc import Mapping
from math import inf, nan

import diffusers
import pytest

from easel.text2image.samplers import (
    SAMPLERS,
    Sampler,
    compatible_samplers,
    sampler_for,
)
from easel.text2image.samplers.ddim import DDIM_DEFAULTS
from easel.text2image.samplers.dpmpp_2m import DPMPP_2M_DEFAULTS
from easel.text2image.samplers.euler import EULER_DEFAULTS
from easel.text2image.samplers.euler_ancestral import EULER_ANCESTRAL_DEFAULTS
from easel.text2image.samplers.flow_match_euler import FLOW_MATCH_EULER_DEFAULTS
from easel.text2image.samplers.lcm import LCM_DEFAULTS
from tests.text2image.samplers.stock_configs import (
    DDIM,
    DPMPP,
    EULER,
    EULER_ANCESTRAL,
    FLOW,
    LCM,
    ONE_OF_EACH,
    STABLE_DIFFUSION,
    Config,
    name_of,
)
from tests.text2image.samplers.stock_loop import (
    STOCK_WARNS,
    difference,
    stock_scheduler,
)

pytestmark = STOCK_WARNS

WITHOUT_A_TWIN = ("unipc", "heun", "ddpm", "pndm")


@pytest.mark.parametrize(
    ("scheduler_class", "defaults"),
    [
        (EULER, EULER_DEFAULTS),
        (EULER_ANCESTRAL, EULER_ANCESTRAL_DEFAULTS),
        (DDIM, DDIM_DEFAULTS),
        (LCM, LCM_DEFAULTS),
        (DPMPP, DPMPP_2M_DEFAULTS),
        (FLOW, FLOW_MATCH_EULER_DEFAULTS),
    ],
)
def test_defaults_are_those_of_the_stock_class(
    scheduler_class: str, defaults: Mapping[str, object]
) -> None:
    signature = inspect.signature(getattr(diffusers, scheduler_class).__init__)
    stock = {name: signature.parameters[name].default for name in defaults}
    assert stock == defaults


@pytest.mark.parametrize(
    ("scheduler_class", "config"),
    [
        (EULER, {"use_exponential_sigmas": True}),
        (EULER, {"use_beta_sigmas": True}),
        (EULER, {"interpolation_type": "log_linear"}),
        (EULER, {"timestep_type": "continuous"}),
        (EULER, {"prediction_type": "flow_prediction"}),
        (EULER, {"timestep_spacing": "random"}),
        (EULER, {"beta_schedule": "sigmoid"}),
        (EULER_ANCESTRAL, {"prediction_type": "sample"}),
        (DDIM, {}),
        (DDIM, {"clip_sample": False, "thresholding": True}),
        (DDIM, {"clip_sample": False, "rescale_betas_zero_snr": True}),
        (LCM, {"clip_sample": True}),
        (LCM, {"thresholding": True}),
        (LCM, {"rescale_betas_zero_snr": True}),
        (DPMPP, {"solver_order": 3}),
        (DPMPP, {"algorithm_type": "dpmsolver"}),
        (DPMPP, {"solver_type": "bh2"}),
        (DPMPP, {"thresholding": True}),
        (DPMPP, {"use_lu_lambdas": True}),
        (DPMPP, {"use_flow_sigmas": True}),
        (DPMPP, {"use_beta_sigmas": True}),
        (DPMPP, {"use_exponential_sigmas": True}),
        (DPMPP, {"variance_type": "learned"}),
        (FLOW, {"stochastic_sampling": True}),
        (FLOW, {"invert_sigmas": True}),
        (FLOW, {"use_exponential_sigmas": True}),
        (FLOW, {"use_beta_sigmas": True}),
        ("UniPCMultistepScheduler", {}),
        ("SomeSchedulerOfTomorrow", {}),
    ],
    ids=name_of,
)
def test_what_a_twin_cannot_do_exactly_is_left_to_the_stock_scheduler(
    scheduler_class: str, config: Config
) -> None:
    assert sampler_for(scheduler_class, config) is None


def test_a_model_may_bring_its_own_betas() -> None:
    betas = [0.001 + 0.00001 * index for index in range(1000)]
    config = {"trained_betas": betas, "prediction_type": "v_prediction"}
    sampler = known_sampler(EULER, config)
    scheduler = stock_scheduler(EULER, config)
    scheduler.set_timesteps(20)
    worst = difference(scheduler, sampler.plan(20), draws_noise=False)
    assert worst.latents < 1e-4


def known_sampler(scheduler_class: str, config: Config) -> Sampler:
    sampler = sampler_for(scheduler_class, config)
    assert sampler is not None
    return sampler


@pytest.mark.parametrize("name", sorted(set(SAMPLERS) - {"flow_match_euler"}))
def test_a_named_sampler_keeps_the_models_noise_schedule(name: str) -> None:
    # Loaded from a file that leaves most to PNDM's own defaults.
    config = dict(diffusers.PNDMScheduler.from_config(dict(STABLE_DIFFUSION)).config)
    scheduler_class, overrides = SAMPLERS[name]
    scheduler = getattr(diffusers, scheduler_class).from_config(config, **overrides)

    sampler = sampler_for(scheduler_class, config, overrides=overrides, name=name)

    assert scheduler.config.beta_end == STABLE_DIFFUSION["beta_end"]
    if name in WITHOUT_A_TWIN:
        assert sampler is None
        return
    assert sampler is not None
    assert sampler.name == name
    scheduler.set_timesteps(12)
    worst = difference(scheduler, sampler.plan(12), draws_noise=sampler.draws_noise)
    assert worst.latents < 1e-4
    assert worst.timesteps == 0


def test_every_name_belongs_to_either_kind_of_model() -> None:
    diffusion, flow = compatible_samplers(False), compatible_samplers(True)
    assert sorted(diffusion + flow) == sorted(SAMPLERS)
    assert flow == ("flow_match_euler",)


def test_samplers_that_are_wrong_for_zero_terminal_snr_are_not_offered() -> None:
    offered = compatible_samplers(False, has_zero_terminal_snr=True)
    left_out = set(compatible_samplers(False)) - set(offered)
    assert left_out == {"heun", "pndm", "dpmpp_2m_karras"}
    for name in offered:
        signature = inspect.signature(getattr(diffusers, SAMPLERS[name][0]).__init__)
        assert "rescale_betas_zero_snr" in signature.parameters


@pytest.mark.parametrize(
    ("scheduler_class", "config"), [*ONE_OF_EACH, (FLOW, {})], ids=name_of
)
def test_numbers_out_of_range_are_refused_by_name(
    scheduler_class: str, config: Config
) -> None:
    sampler = known_sampler(scheduler_class, config)
    for num_inference_steps in (0, -3):
        with pytest.raises(ValueError, match=f"steps .* not {num_inference_steps}"):
            sampler.plan(num_inference_steps)
    for strength in (0.0, -0.5, 1.01, inf, nan):
        with pytest.raises(ValueError, match=f"strength .* not {strength}"):
            sampler.plan(10, strength=strength)


@pytest.mark.parametrize(
    ("scheduler_class", "config", "num_inference_steps"),
    [
        (EULER, {}, 1001),
        (EULER_ANCESTRAL, {}, 1001),
        (DDIM, {"clip_sample": False}, 1001),
        (LCM, {}, 51),
        (DPMPP, {}, 1001),
        (DPMPP, {"timestep_spacing": "leading"}, 1000),
    ],
    ids=name_of,
)
def test_more_steps_than_there_are_timesteps_are_refused(
    scheduler_class: str, config: Config, num_inference_steps: int
) -> None:
    sampler = known_sampler(scheduler_class, config)
    with pytest.raises(ValueError, match=str(num_inference_steps)):
        sampler.plan(num_inference_steps)


def test_dynamic_shifting_needs_the_image_sequence_length() -> None:
    sampler = known_sampler(FLOW, {"use_dynamic_shifting": True})
    with pytest.raises(ValueError, match="image_seq_len"):
        sampler.plan(4)


def test_a_schedule_with_a_terminal_needs_two_steps() -> None:
    sampler = known_sampler(FLOW, {"shift_terminal": 0.02})
    with pytest.raises(ValueError, match="at least 2, not 1"):
        sampler.plan(1)


def test_a_last_step_between_equal_sigmas_stays_in_place() -> None:
    # Stock's Heun divides 0 by 0 here.
    config = {
        **STABLE_DIFFUSION,
        "use_karras_sigmas": True,
        "final_sigmas_type": "sigma_min",
        "solver_type": "heun",
    }
    last = known_sampler(DPMPP, config).plan(20).steps[-1]
    assert last.next_from_latents == pytest.approx(1, abs=1e-5)
    assert last.next_from_clean == pytest.approx(0, abs=1e-5)
    assert last.next_from_previous_clean == pytest.approx(0, abs=1e-5)


def test_the_samplers_do_without_torch() -> None:
    check = (
        "import sys, easel.text2image.samplers; "
        "sys.exit(any(name in sys.modules for name in ('torch', 'diffusers')))"
    )
    subprocess.run([sys.executable, "-c", check], check=True, timeout=60)
