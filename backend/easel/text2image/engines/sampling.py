"""How each sample of a batch gets from one step to the next.

Most samplers are planned on the host and advanced together by one vector operation
(`easel.text2image.samplers`); for the others each sample has a stock scheduler.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from easel.errors import InvalidRequest
from easel.text2image.engines.base import SampleSpec
from easel.text2image.engines.family import ModelFamily
from easel.text2image.engines.faults import first_line
from easel.text2image.engines.stock_sampling import StockSampling
from easel.text2image.samplers import SAMPLERS, Sampler, sampler_for
from easel.text2image.samplers.advance import Coefficients, advance, columns
from easel.text2image.samplers.plan import SamplingPlan


@dataclass(frozen=True, slots=True)
class PlannedSampling:
    """All steps are known before the first."""

    plan: SamplingPlan
    draws_noise: bool

    def __len__(self) -> int:
        return len(self.plan.steps)

    @property
    def initial_noise_scale(self) -> float:
        return self.plan.initial_noise_scale

    def timestep(self, index: int) -> float:
        return self.plan.steps[index].timestep

    def start(self, clean: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """Where image-to-image starts."""
        return self.plan.start_from_clean * clean + self.plan.start_from_noise * noise

    def known(
        self, clean: torch.Tensor, noise: torch.Tensor, index: int
    ) -> torch.Tensor:
        """The kept region of an inpainting after pass `index`."""
        step = self.plan.steps[index]
        return step.known_from_clean * clean + step.known_from_noise * noise


Sampling = PlannedSampling | StockSampling


class SampledRow(Protocol):
    """What advancing needs of a sample."""

    steps_done: int

    @property
    def sampling(self) -> Sampling: ...
    @property
    def generator(self) -> torch.Generator: ...
    @property
    def own(self) -> Any: ...


class Samplings:
    """Makes samplings for one model, and advances batches of them."""

    def __init__(self, family: ModelFamily) -> None:
        self._family = family
        self._samplers: dict[str, Sampler | None] = {}
        self._planned: dict[tuple[Any, ...], PlannedSampling] = {}

    def of(self, spec: SampleSpec) -> Sampling:
        """Raises ValueError: too many steps, or none left at the strength of `spec`."""
        strength = spec.source.strength if spec.source else 1.0
        steps = spec.num_inference_steps
        sampler = self._sampler(spec.sampler)
        if sampler is None:
            scheduler = self._stock_scheduler(spec.sampler)
            return StockSampling(scheduler, steps, strength=strength)
        seq_len = self._family.image_seq_len(spec)
        key = (spec.sampler, steps, strength, seq_len)
        if key not in self._planned:
            plan = sampler.plan(steps, strength=strength, image_seq_len=seq_len)
            if len(self._planned) >= 1000:
                self._planned.clear()
            self._planned[key] = PlannedSampling(plan, sampler.draws_noise)
        return self._planned[key]

    def inputs(self, rows: Sequence[SampledRow], latents: torch.Tensor) -> torch.Tensor:
        """[B, packed] latents, scaled for the model's input."""
        if all(isinstance(row.sampling, PlannedSampling) for row in rows):
            scales = [
                row.sampling.plan.steps[row.steps_done].input_scale
                for row in rows
                if isinstance(row.sampling, PlannedSampling)
            ]
            if all(scale == 1 for scale in scales):
                return latents
            return latents * _column(scales, latents)
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
            return _advance_planned(rows, latents, predicted)
        after, clean = torch.empty_like(latents), torch.empty_like(latents)
        if planned:
            after[planned], clean[planned] = _advance_planned(
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
        if name not in self._samplers:
            scheduler = self._stock_scheduler(name)
            self._samplers[name] = sampler_for(
                type(scheduler).__name__,
                scheduler.config,
                name=name,
                has_pipeline_sigmas=self._family.sigmas_from_one,
            )
        return self._samplers[name]

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


def refused_schedule(error: ValueError) -> InvalidRequest:
    """What a sampler says of numbers that it cannot plan, as the caller's mistake."""
    reason = first_line(error)
    # Stock schedulers know nothing of strength; only ours begin with the word.
    name = "strength" if reason.startswith("strength") else "num_inference_steps"
    return InvalidRequest(f"{name}: {reason}", param=name)


def _advance_planned(
    rows: Sequence[SampledRow], latents: torch.Tensor, predicted: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    samplings = [row.sampling for row in rows]
    steps = [
        sampling.plan.steps[row.steps_done]
        for sampling, row in zip(samplings, rows, strict=True)
        if isinstance(sampling, PlannedSampling)
    ]
    table = torch.tensor(columns(steps), dtype=torch.float32).to(
        latents.device, non_blocking=True
    )
    shape = (len(rows), *(1,) * (latents.ndim - 1))
    coefficients = Coefficients(*(column.view(shape) for column in table))
    previous = torch.cat([row.own.previous_clean for row in rows])
    return advance(latents, predicted, previous, _noise(rows, latents), coefficients)


def _noise(rows: Sequence[SampledRow], latents: torch.Tensor) -> torch.Tensor:
    """One draw for each row whose sampler is stochastic, from that row's generator."""
    draws = [
        isinstance(row.sampling, PlannedSampling) and row.sampling.draws_noise
        for row in rows
    ]
    if not any(draws):
        return torch.zeros((1,) * latents.ndim, device=latents.device)
    shape = latents.shape[1:]
    noise = [
        torch.randn(shape, generator=row.generator) if is_drawn else torch.zeros(shape)
        for row, is_drawn in zip(rows, draws, strict=True)
    ]
    return torch.stack(noise).to(latents.device, non_blocking=True)


def _scaled(row: SampledRow, latents: torch.Tensor) -> torch.Tensor:
    sampling = row.sampling
    if isinstance(sampling, PlannedSampling):
        return latents * sampling.plan.steps[row.steps_done].input_scale
    return sampling.scaled_input(latents, row.steps_done)


def _column(values: list[float], like: torch.Tensor) -> torch.Tensor:
    column = torch.tensor(values, dtype=torch.float32)
    shaped = column.view(-1, *(1,) * (like.ndim - 1))
    return shaped.to(like.device, non_blocking=True)
