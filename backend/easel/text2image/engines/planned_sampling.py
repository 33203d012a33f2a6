"""Samples whose steps are all known before the first, advanced together.

The plans are `easel.text2image.samplers`'; here they meet arrays, NumPy's or torch's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from easel.errors import InvalidRequest
from easel.text2image.engines.arrays import Array, Arrays, Generator, broadcast_shape
from easel.text2image.engines.base import SampleSpec
from easel.text2image.engines.error_text import first_line
from easel.text2image.samplers import Sampler
from easel.text2image.samplers.advance import Coefficients, advance, columns
from easel.text2image.samplers.plan import SamplingPlan

# Plans are kept by what they depend on: so many different ones at most.
_MAX_PLANS = 1000


class Sampling(Protocol):
    """How one sample gets through its steps."""

    def __len__(self) -> int:
        """Denoiser passes."""
        ...

    @property
    def initial_noise_scale(self) -> float: ...

    def timestep(self, index: int) -> float: ...

    def start(self, clean: Array, noise: Array) -> Array:
        """Where image-to-image starts."""
        ...

    def known(self, clean: Array, noise: Array, index: int) -> Array:
        """The kept region of an inpainting after pass `index`."""
        ...


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

    def start(self, clean: Array, noise: Array) -> Array:
        return self.plan.start_from_clean * clean + self.plan.start_from_noise * noise

    def known(self, clean: Array, noise: Array, index: int) -> Array:
        step = self.plan.steps[index]
        return step.known_from_clean * clean + step.known_from_noise * noise


class SampledRow(Protocol):
    """What advancing needs of a sample."""

    steps_done: int

    @property
    def sampling(self) -> Any: ...
    @property
    def generator(self) -> Generator: ...
    @property
    def own(self) -> Any: ...


class PlannedSamplings:
    """Plans for one model, and advances batches of rows that all have a plan.

    Args:
        arrays: The library of the latents.
        sampler_of: What a sampler's name means for the model; None: it has no plan.
    """

    def __init__(
        self, arrays: Arrays, sampler_of: Callable[[str], Sampler | None]
    ) -> None:
        self._arrays = arrays
        self._sampler_of = sampler_of
        self._samplers: dict[str, Sampler | None] = {}
        self._planned: dict[tuple[Any, ...], PlannedSampling] = {}

    def of(
        self, spec: SampleSpec, image_seq_len: int | None = None
    ) -> PlannedSampling | None:
        """Raises ValueError: too many steps, or none left at the strength of `spec`."""
        if spec.sampler not in self._samplers:
            self._samplers[spec.sampler] = self._sampler_of(spec.sampler)
        sampler = self._samplers[spec.sampler]
        if sampler is None:
            return None
        strength = strength_of(spec)
        key = (spec.sampler, spec.num_inference_steps, strength, image_seq_len)
        if key not in self._planned:
            plan = sampler.plan(
                spec.num_inference_steps,
                strength=strength,
                image_seq_len=image_seq_len,
            )
            if len(self._planned) >= _MAX_PLANS:
                self._planned.clear()
            self._planned[key] = PlannedSampling(plan, sampler.draws_noise)
        return self._planned[key]

    def inputs(self, rows: Sequence[SampledRow], latents: Array) -> Array:
        """[B, packed] latents, scaled for the model's input."""
        scales = [row.sampling.plan.steps[row.steps_done].input_scale for row in rows]
        if all(scale == 1 for scale in scales):
            return latents
        column = self._arrays.column(scales, latents)
        return latents * column.reshape(broadcast_shape(latents))

    def advance(
        self, rows: Sequence[SampledRow], latents: Array, predicted: Array
    ) -> tuple[Array, Array]:
        """The next latents and the clean ones, [B, packed] float32 each."""
        steps = [row.sampling.plan.steps[row.steps_done] for row in rows]
        table = self._arrays.table(columns(steps), latents)
        shape = broadcast_shape(latents)
        coefficients = Coefficients(*(column.reshape(shape) for column in table))
        previous = self._arrays.joined([row.own.previous_clean for row in rows])
        noise = self._noise(rows, latents)
        return advance(latents, predicted, previous, noise, coefficients)

    def _noise(self, rows: Sequence[SampledRow], latents: Array) -> Array:
        """One draw for each row whose sampler is stochastic, from its generator."""
        generators = [
            row.generator if row.sampling.draws_noise else None for row in rows
        ]
        if any(generator is not None for generator in generators):
            return self._arrays.noise(generators, latents)
        nothing = self._arrays.column([0.0], latents)
        return nothing.reshape(broadcast_shape(latents))


def strength_of(spec: SampleSpec) -> float:
    """The share of the steps that is taken."""
    return spec.source.strength if spec.source else 1.0


def refused_schedule(error: ValueError) -> InvalidRequest:
    """What a sampler says of numbers that it cannot plan, as the caller's mistake."""
    reason = first_line(error)
    # Stock schedulers know nothing of strength; only ours begin with the word.
    name = "strength" if reason.startswith("strength") else "num_inference_steps"
    return InvalidRequest(f"{name}: {reason}", param=name)
