"""The configs at which each sampler is compared with its stock scheduler."""

from collections.abc import Mapping
from itertools import product

Config = Mapping[str, object]
Case = tuple[str, Config, range]

EULER = "EulerDiscreteScheduler"
EULER_ANCESTRAL = "EulerAncestralDiscreteScheduler"
DDIM = "DDIMScheduler"
LCM = "LCMScheduler"
DPMPP = "DPMSolverMultistepScheduler"
FLOW = "FlowMatchEulerDiscreteScheduler"

PREDICTIONS = ("epsilon", "v_prediction", "sample")
SPACINGS = ("linspace", "leading", "trailing")

# Stable Diffusion 1 and 2, and XL.
STABLE_DIFFUSION: Config = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "steps_offset": 1,
}
KARRAS: Config = {"use_karras_sigmas": True}
ZERO_SNR: Config = {"rescale_betas_zero_snr": True}
ENDS_AT_SIGMA_MIN: Config = {"final_sigmas_type": "sigma_min"}
COSINE: Config = {"beta_schedule": "squaredcos_cap_v2"}
SDE: Config = {"algorithm_type": "sde-dpmsolver++"}
HEUN: Config = {"solver_type": "heun"}

GRID: list[Config] = [
    {"prediction_type": prediction, "timestep_spacing": spacing}
    for prediction, spacing in product(PREDICTIONS, SPACINGS)
]
V_TRAILING = GRID[5]


def _with(*parts: Config) -> Config:
    merged: dict[str, object] = {}
    for part in parts:
        merged.update(part)
    return merged


def _latin(*variants: Config) -> list[Config]:
    """Each variant with each prediction type and with each spacing."""
    return [
        _with(STABLE_DIFFUSION, cell, variants[(row + column) % len(variants)])
        for cell, (row, column) in zip(GRID, product(range(3), range(3)), strict=True)
    ]


def _varied(*variants: Config) -> list[Config]:
    return [_with(STABLE_DIFFUSION, V_TRAILING, variant) for variant in variants]


UNCLIPPED: Config = {"clip_sample": False}

EVERY_NUMBER_OF_STEPS = range(1, 51)
# Each variant, each prediction type and each spacing meets every number of steps: the
# cells of a column, of a row and of a variant share them out.
SHARES = [
    EVERY_NUMBER_OF_STEPS[(row + 2 * column) % 3 :: 3]
    for row, column in product(range(3), range(3))
]


def _shared(scheduler_class: str, configs: list[Config]) -> list[Case]:
    # Stock has no ancestral steps for the last row, the prediction type "sample".
    return [
        (scheduler_class, config, share)
        for config, share in zip(configs, SHARES, strict=False)
    ]


COMMON_CASES: list[Case] = [
    *_shared(EULER, _latin({}, KARRAS, ENDS_AT_SIGMA_MIN)),
    *_shared(EULER_ANCESTRAL, _latin({})[:6]),
    *_shared(
        DDIM,
        _latin(UNCLIPPED, _with(UNCLIPPED, {"set_alpha_to_one": False}), UNCLIPPED),
    ),
    *_shared(DPMPP, _latin({}, KARRAS, _with(SDE, HEUN))),
    *(
        (LCM, {"prediction_type": prediction}, EVERY_NUMBER_OF_STEPS)
        for prediction in PREDICTIONS
    ),
]
# Compared at some numbers of steps.
RARE_CASES: list[tuple[str, Config]] = [
    *((EULER, config) for config in _latin(ZERO_SNR)),
    (EULER, _with(KARRAS, {"sigma_min": 0.05, "sigma_max": 12.0})),
    *((EULER_ANCESTRAL, config) for config in _varied(ZERO_SNR)),
    # Stock divides by 0 where it predicts epsilon: not the first row.
    *((DDIM, _with(config, UNCLIPPED)) for config in _latin(ZERO_SNR)[3:]),
    (DDIM, _with(COSINE, UNCLIPPED)),
    (LCM, {"original_inference_steps": 100, "timestep_scaling": 3.0}),
    (LCM, _with(V_TRAILING, ZERO_SNR)),
    *(
        (DPMPP, config)
        for config in _varied(
            {"solver_order": 1},
            HEUN,
            SDE,
            ZERO_SNR,
            ENDS_AT_SIGMA_MIN,
            _with(HEUN, ENDS_AT_SIGMA_MIN, {"lower_order_final": False}),
            _with(ENDS_AT_SIGMA_MIN, {"euler_at_final": True}),
            _with(SDE, KARRAS),
            _with(SDE, {"solver_order": 1}, ENDS_AT_SIGMA_MIN),
            _with(COSINE, {"lambda_min_clipped": -5.1, "timestep_spacing": "linspace"}),
        )
    ),
    (DPMPP, _with(COSINE, KARRAS, {"sigma_min": 0.03, "sigma_max": 80.0})),
]

DYNAMIC: Config = {"use_dynamic_shifting": True}
FLOW_CONFIGS: list[Config] = [
    {},
    {"shift": 3.0},
    DYNAMIC,
    _with(DYNAMIC, {"time_shift_type": "linear"}),
    # Qwen-Image's.
    _with(
        DYNAMIC,
        {"max_shift": 0.9, "max_image_seq_len": 8192, "shift_terminal": 0.02},
    ),
    _with({"shift": 3.0}, KARRAS),
    _with(DYNAMIC, KARRAS),
]

# One of each sampler that is neither plain nor extreme.
ONE_OF_EACH: list[tuple[str, Config]] = [
    (EULER, _with(STABLE_DIFFUSION, V_TRAILING, ZERO_SNR)),
    (EULER_ANCESTRAL, STABLE_DIFFUSION),
    (DDIM, _with(STABLE_DIFFUSION, {"clip_sample": False})),
    (LCM, {}),
    (DPMPP, _with(STABLE_DIFFUSION, KARRAS)),
    (DPMPP, _with(STABLE_DIFFUSION, V_TRAILING, SDE)),
]


def name_of(case: object) -> str:
    """A short test id."""
    if isinstance(case, str):
        return case.removesuffix("Scheduler")
    if isinstance(case, Mapping):
        said = {k: v for k, v in case.items() if STABLE_DIFFUSION.get(k) != v}
        return ",".join(f"{key}={value}" for key, value in said.items()) or "defaults"
    return str(case)
