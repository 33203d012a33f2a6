"""What a pipeline's own scheduler is called, and which others fit the model."""

import re
from typing import Any

from easel.text2image.samplers import SAMPLERS, compatible_samplers


def own_sampler(scheduler: Any) -> str:
    """A name that means exactly this scheduler, its config included.

    One of `SAMPLERS` if that would change nothing; else the class in snake case.
    """
    class_name = type(scheduler).__name__
    for name, (stock_class, overrides) in SAMPLERS.items():
        if stock_class == class_name and all(
            scheduler.config.get(key, value) == value
            for key, value in overrides.items()
        ):
            return name
    words = re.sub(
        r"(?<!^)(?=[A-Z][a-z])", "_", class_name.removesuffix("Scheduler")
    ).lower()
    # `ddim` with a clipped sample is not what the list means by `ddim`.
    return f"{words}_default" if words in SAMPLERS else words


def samplers_for(scheduler: Any) -> tuple[str, ...]:
    """Those of `SAMPLERS` that can follow this scheduler's noise schedule."""
    config = scheduler.config
    is_flow = config.get("prediction_type") == "flow_prediction" or type(
        scheduler
    ).__name__.startswith("FlowMatch")
    stock_classes = {type(scheduler).__name__}
    stock_classes |= {each.__name__ for each in getattr(scheduler, "compatibles", ())}
    return tuple(
        name
        for name in compatible_samplers(
            is_flow,
            has_zero_terminal_snr=bool(config.get("rescale_betas_zero_snr", False)),
        )
        if SAMPLERS[name][0] in stock_classes
    )
