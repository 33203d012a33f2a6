"""How each sample of a batch gets from one step to the next, in torch.

Most samplers are planned on the host and advanced together by one vector operation
(`planned_sampling`); for the others each sample has a stock scheduler.
"""

from collections.abc import Sequence
from typing import Any

import torch

from easel.text2image.engines.base import SampleSpec
from easel.text2image.engines.family import ModelFamily
from easel.text2image.engines.planned_sampling import (
    PlannedSampling,
    PlannedSamplings,
    SampledRow,
    strength_of,
)
from easel.text2image.engines.stock_sampling import StockSampling
from easel.text2image.engines.torch_arrays import TORCH
from easel.text2image.samplers import SAMPLERS, Sampler, sampler_for


class Samplings:
    """Makes samplings for one model, and advances batches of them."""

    def __init__(self, family: ModelFamily) -> None:
        self._family = family
        self._planned = PlannedSamplings(TORCH, self._sampler)

    def of(self, spec: SampleSpec) -> PlannedSampling | StockSampling:
        """Raises ValueError: too many steps, or none left at the strength of `spec`."""
        planned = self._planned.of(spec, self._family.image_seq_len(spec))
        if planned is not None:
            return planned
        scheduler = self._stock_scheduler(spec.sampler)
        strength = strength_of(spec)
        return StockSampling(scheduler, spec.num_inference_steps, strength=strength)

    def inputs(self, rows: Sequence[SampledRow], latents: torch.Tensor) -> torch.Tensor:
        """[B, packed] latents, scaled for the model's input."""
        if all(isinstance(row.sampling, PlannedSampling) for row in rows):
            scaled: torch.Tensor = self._planned.inputs(rows, latents)
            return scaled
        return torch.cat(
            [_scaled(row, latents[place : place + 1]) for place, row in enumerate(rows)]
        )

    def advance(
        self,
        rows: Sequence[SampledRow],
        latents: torch.Tensor,
        predicted: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The next latents and the clean ones, [B, packed] float32 each."""
        planned = [
            place
            for place, row in enumerate(rows)
            if isinstance(row.sampling, PlannedSampling)
        ]
        if len(planned) == len(rows):
            return self._planned.advance(rows, latents, predicted)
        after, clean = torch.empty_like(latents), torch.empty_like(latents)
        if planned:
            after[planned], clean[planned] = self._planned.advance(
                [rows[place] for place in planned], latents[planned], predicted[planned]
            )
        for place, row in enumerate(rows):
            if isinstance(row.sampling, StockSampling):
                here = slice(place, place + 1)
                after[here], clean[here] = row.sampling.step(
                    predicted[here], latents[here], row.steps_done, row.generator
                )
        return after, clean

    def _sampler(self, name: str) -> Sampler | None:
        scheduler = self._stock_scheduler(name)
        return sampler_for(
            type(scheduler).__name__,
            scheduler.config,
            name=name,
            has_pipeline_sigmas=self._family.sigmas_from_one,
        )

    def _stock_scheduler(self, name: str) -> Any:
        return stock_scheduler(self._family.pipeline.scheduler, name)


def stock_scheduler(default: Any, name: str) -> Any:
    """A fresh scheduler: the one that `name` means, with the model's own schedule.

    Args:
        default: The scheduler that came with the model.
        name: One of `SAMPLERS`; any other name means the default itself.
    """
    import diffusers

    if name not in SAMPLERS:
        return type(default).from_config(default.config)
    class_name, overrides = SAMPLERS[name]
    scheduler_class = getattr(diffusers, class_name)
    return scheduler_class.from_config(default.config, **overrides)


def _scaled(row: SampledRow, latents: torch.Tensor) -> torch.Tensor:
    sampling = row.sampling
    if isinstance(sampling, PlannedSampling):
        return latents * sampling.plan.steps[row.steps_done].input_scale
    scaled: torch.Tensor = sampling.scaled_input(latents, row.steps_done)
    return scaled
