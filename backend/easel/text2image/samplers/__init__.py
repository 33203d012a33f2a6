"""Samplers whose steps advance any mixture of rows at once, and their names.

Each is the twin of a stock diffusers scheduler, which is the test's oracle; where a
config asks for something that a twin cannot do, the caller uses the stock scheduler.
"""

from collections.abc import Mapping
from types import MappingProxyType

from easel.text2image.samplers.advance import Coefficients, advance, columns
from easel.text2image.samplers.ddim import Ddim
from easel.text2image.samplers.dpmpp_2m import Dpmpp2m
from easel.text2image.samplers.euler import Euler
from easel.text2image.samplers.euler_ancestral import EulerAncestral
from easel.text2image.samplers.flow_match_euler import FlowMatchEuler
from easel.text2image.samplers.lcm import Lcm
from easel.text2image.samplers.plan import Sampler, SamplingPlan, StepCoefficients
from easel.text2image.samplers.stock_config import merged_config

__all__ = [
    "SAMPLERS",
    "compatible_samplers",
    "sampler_for",
    "Sampler",
    "SamplingPlan",
    "StepCoefficients",
    "Coefficients",
    "columns",
    "advance",
]

Overrides = Mapping[str, object]

NOTHING: Overrides = MappingProxyType({})
# Stock refuses a config with two of these.
PLAIN_SIGMAS: Overrides = {
    "use_karras_sigmas": False,
    "use_exponential_sigmas": False,
    "use_beta_sigmas": False,
}
# Latents are not pixels: nothing bounds them to [-1, 1].
UNCLIPPED: Overrides = {"clip_sample": False, "thresholding": False}
DPMPP_2M: Overrides = {
    **PLAIN_SIGMAS,
    "algorithm_type": "dpmsolver++",
    "solver_order": 2,
    "solver_type": "midpoint",
    "use_lu_lambdas": False,
}

# By the name that callers give: the stock class, and what to override in the model's
# own scheduler config, of which betas, prediction type and spacing are kept.
SAMPLERS: Mapping[str, tuple[str, Overrides]] = MappingProxyType(
    {
        "euler": ("EulerDiscreteScheduler", PLAIN_SIGMAS),
        "euler_ancestral": ("EulerAncestralDiscreteScheduler", {}),
        "ddim": ("DDIMScheduler", UNCLIPPED),
        "lcm": ("LCMScheduler", UNCLIPPED),
        "dpmpp_2m": ("DPMSolverMultistepScheduler", DPMPP_2M),
        "dpmpp_2m_karras": (
            "DPMSolverMultistepScheduler",
            {**DPMPP_2M, "use_karras_sigmas": True},
        ),
        "dpmpp_2m_sde": (
            "DPMSolverMultistepScheduler",
            {**DPMPP_2M, "algorithm_type": "sde-dpmsolver++"},
        ),
        "flow_match_euler": ("FlowMatchEulerDiscreteScheduler", {}),
        # Without a twin: the caller runs the stock scheduler for each image.
        "unipc": ("UniPCMultistepScheduler", PLAIN_SIGMAS),
        "heun": ("HeunDiscreteScheduler", {**PLAIN_SIGMAS, "clip_sample": False}),
        "ddpm": (
            "DDPMScheduler",
            {**UNCLIPPED, "variance_type": "fixed_small"},
        ),
        "pndm": ("PNDMScheduler", {"skip_prk_steps": True}),
    }
)
FLOW_MATCHING = ("flow_match_euler",)
# The stock classes of the first two have no `rescale_betas_zero_snr`: they would paint
# by another noise schedule than the model's. Karras' spacing spends its steps between
# a noise level of thousands and one of tens, where there is nothing to see yet.
WITHOUT_ZERO_SNR = ("heun", "pndm", "dpmpp_2m_karras")


def compatible_samplers(
    is_flow: bool, *, has_zero_terminal_snr: bool = False
) -> tuple[str, ...]:
    """The names in `SAMPLERS` that fit a model trained so."""
    if is_flow:
        return FLOW_MATCHING
    left_out = FLOW_MATCHING + (WITHOUT_ZERO_SNR if has_zero_terminal_snr else ())
    return tuple(name for name in SAMPLERS if name not in left_out)


def sampler_for(
    scheduler_class: str,
    config: Mapping[str, object],
    *,
    overrides: Overrides = NOTHING,
    name: str | None = None,
    has_pipeline_sigmas: bool = False,
) -> Sampler | None:
    """The twin of a stock scheduler, or None where only stock itself will do.

    Args:
        config: a scheduler's config, of this class or another; what it leaves out is
            this class's default.
        overrides: as in `Scheduler.from_config(config, **overrides)`.
        name: what the sampler is called; without it, the class's name in `SAMPLERS`.
        has_pipeline_sigmas: see `FlowMatchEuler`.
    """
    merged = merged_config(config, overrides)
    match scheduler_class:
        case "EulerDiscreteScheduler":
            return Euler.from_config(merged, name or "euler")
        case "EulerAncestralDiscreteScheduler":
            return EulerAncestral.from_config(merged, name or "euler_ancestral")
        case "DDIMScheduler":
            return Ddim.from_config(merged, name or "ddim")
        case "LCMScheduler":
            return Lcm.from_config(merged, name or "lcm")
        case "DPMSolverMultistepScheduler":
            return Dpmpp2m.from_config(merged, name or "dpmpp_2m")
        case "FlowMatchEulerDiscreteScheduler":
            return FlowMatchEuler.from_config(
                merged,
                name or "flow_match_euler",
                has_pipeline_sigmas=has_pipeline_sigmas,
            )
        case _:
            return None
