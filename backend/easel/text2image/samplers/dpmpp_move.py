"""One step of DPM-Solver++ as numbers, from sigmas (noise over signal)."""

import math
from collections.abc import Sequence
from typing import Literal

from easel.text2image.samplers.plan import Move


def dpmpp_move(
    around: Sequence[float],
    *,
    solver_type: Literal["midpoint", "heun"],
    is_sde: bool,
) -> Move:
    """The move between the last two sigmas of `around`, of latents of unit variance.

    Args:
        around: (sigma, next) for the first order, (previous, sigma, next) for the
            second, which extrapolates the clean estimate from the previous one.
    """
    sigma, next_sigma = around[-2:]
    shrink = next_sigma / sigma  # exp(-h), h being the step in log(signal / noise)
    next_signal = (next_sigma**2 + 1) ** -0.5
    next_noise = next_sigma * next_signal
    ratio = next_noise / (sigma * (sigma**2 + 1) ** -0.5)
    # The SDE goes twice as far and fills up with noise.
    decay = shrink**2 if is_sde else shrink
    move = Move(
        from_latents=ratio * shrink if is_sde else ratio,
        from_clean=next_signal * (1 - decay),
        from_noise=next_noise * max(1 - decay, 0.0) ** 0.5 if is_sde else 0.0,
    )
    # A final sigma of the same size (Karras' least) is no step at all.
    if len(around) == 2 or next_sigma == sigma:
        return move
    h = math.log(sigma / next_sigma)
    if solver_type == "midpoint":
        slope_weight = 0.5 * move.from_clean
    else:
        slope_weight = next_signal * (1 - (1 - decay) / (2 * h if is_sde else h))
    extrapolated = slope_weight * h / math.log(around[0] / sigma)
    return move._replace(
        from_clean=move.from_clean + extrapolated,
        from_previous_clean=-extrapolated,
    )
