"""What a model's own scheduler is called, and which others fit the model."""

import re
from collections.abc import Container, Mapping

from easel.text2image.samplers import SAMPLERS, compatible_samplers


def own_sampler(class_name: str, config: Mapping[str, object]) -> str:
    """A name that means exactly this stock scheduler, its config included.

    One of `SAMPLERS` if that would change nothing; else the class in snake case.
    """
    for name, (stock_class, overrides) in SAMPLERS.items():
        if stock_class == class_name and all(
            config.get(key, value) == value for key, value in overrides.items()
        ):
            return name
    words = re.sub(
        r"(?<!^)(?=[A-Z][a-z])", "_", class_name.removesuffix("Scheduler")
    ).lower()
    # `ddim` with a clipped sample is not what the list means by `ddim`.
    return f"{words}_default" if words in SAMPLERS else words


def samplers_for(
    class_name: str, config: Mapping[str, object], usable: Container[str]
) -> tuple[str, ...]:
    """Those of `SAMPLERS` that can follow this scheduler's noise schedule.

    Args:
        usable: Stock classes that can be used in its place.
    """
    is_flow = config.get(
        "prediction_type"
    ) == "flow_prediction" or class_name.startswith("FlowMatch")
    return tuple(
        name
        for name in compatible_samplers(
            is_flow,
            has_zero_terminal_snr=bool(config.get("rescale_betas_zero_snr", False)),
        )
        if SAMPLERS[name][0] in usable
    )
