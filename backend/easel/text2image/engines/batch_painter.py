"""Many samples, each at its own step, moved by one forward pass: NumPy and torch alike.

Samples of one batch key may differ in prompt, seed, steps, step index, guidance scale
and sampler. Latents are float32 throughout; only the denoiser sees the model's own
number format.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from easel.text2image.engines.arrays import Array, Arrays, Generator
from easel.text2image.engines.base import RunningSample, SampleSpec
from easel.text2image.engines.family import Conditioning, Family
from easel.text2image.engines.forward import Forward, ForwardSample
from easel.text2image.engines.planned_sampling import SampledRow, Sampling
from easel.text2image.engines.prompt_cache import PromptCache


@dataclass(slots=True)
class Encoded:
    """What `begin` made of a sample; latents and the like have a batch axis of 1."""

    positive: Conditioning
    negative: Conditioning | None
    latents: Array
    previous_clean: Array
    source_latents: Array | None = None
    noise: Array | None = None
    mask: Array | None = None


class Encoding(Protocol):
    """What `begin` has launched; its arrays may still be on their way."""

    def is_ready(self) -> bool: ...

    def join(self) -> Encoded:
        """Its arrays, safe to use in the work that is asked for next."""
        ...


@dataclass(frozen=True, slots=True)
class EncodedAtOnce:
    """Where nothing runs beside the steps."""

    encoded: Encoded

    def is_ready(self) -> bool:
        return True

    def join(self) -> Encoded:
        return self.encoded


@dataclass(slots=True, eq=False)
class BatchedSample(RunningSample):
    """One image being denoised together with others."""

    sampling: Sampling
    generator: Generator
    encoding: Encoding
    joined: Encoded | None = field(default=None, init=False)

    def is_ready(self) -> bool:
        return self.encoding.is_ready()

    @property
    def own(self) -> Encoded:
        """Its arrays."""
        if self.joined is None:
            self.joined = self.encoding.join()
        return self.joined


class BatchSamplings(Protocol):
    """Moves rows from step to step."""

    def inputs(self, rows: Sequence[SampledRow], latents: Array) -> Array:
        """[B, packed] latents, scaled for the model's input."""
        ...

    def advance(
        self, rows: Sequence[SampledRow], latents: Array, predicted: Array
    ) -> tuple[Array, Array]:
        """The next latents and the clean ones, [B, packed] float32 each."""
        ...


class BatchPainter:
    """Encodes samples of one model and steps batches of them.

    Args:
        arrays: The library that `family` computes with.
        device: Where it computes.
        dtype: What its denoiser takes.
        compiled: Whether the denoiser was compiled.
    """

    def __init__(
        self,
        family: Family,
        samplings: BatchSamplings,
        arrays: Arrays,
        *,
        device: str,
        dtype: Any,
        compiled: bool = False,
    ) -> None:
        self._family = family
        self._samplings = samplings
        self._arrays = arrays
        self._device = device
        self._dtype = dtype
        self._forward = Forward(family, arrays, compiled=compiled)
        self._prompts = PromptCache()

    def encoded(
        self, spec: SampleSpec, sampling: Sampling, generator: Generator
    ) -> Encoded:
        """Prompt, noise and what it begins with."""
        positive = self._prompt(spec, negative=False)
        guided = self._family.is_guided(spec)
        negative = self._prompt(spec, negative=True) if guided else None
        if spec.source is None:
            noise = self._family.noise(spec, generator)
            latents = self._arrays.on_device(noise, self._device)
            latents = latents * sampling.initial_noise_scale
            nothing = self._arrays.zeros_like(latents)
            return Encoded(positive, negative, latents, nothing)
        source = self._family.source(spec, generator)
        if source.mask is not None and spec.source.strength == 1:
            # Stock inpainting at full strength keeps nothing of what is repainted.
            latents = source.noise * sampling.initial_noise_scale
        else:
            latents = sampling.start(source.latents, source.noise)
        return Encoded(
            positive,
            negative,
            latents,
            self._arrays.zeros_like(latents),
            source.latents,
            source.noise,
            source.mask,
        )

    def step(self, samples: Sequence[BatchedSample], max_rows: int) -> None:
        """Everything is computed before anything is kept: an error changes nothing."""
        spec = samples[0].spec
        latents = self._arrays.joined([sample.own.latents for sample in samples])
        inputs = self._samplings.inputs(samples, latents)
        predicted = self._forward(
            [_forward_sample(sample) for sample in samples],
            self._arrays.as_dtype(inputs, self._dtype),
            (spec.width, spec.height),
            max_rows,
        )
        after, clean = self._samplings.advance(samples, latents, predicted)
        for place, sample in enumerate(samples):
            here = slice(place, place + 1)
            sample.own.latents = _with_known(sample, after[here])
            sample.own.previous_clean = clean[here]
            sample.steps_done += 1

    def forget(self) -> None:
        """Let go of everything that was kept for later."""
        self._forward.forget()
        self._prompts.clear()

    def _prompt(self, spec: SampleSpec, *, negative: bool) -> Conditioning:
        text = spec.negative_prompt if negative else spec.prompt
        shape = self._family.text_length(spec)
        return self._prompts.get(
            (text, negative, shape, spec.loras),
            lambda: self._family.encode(spec, negative=negative),
        )


def _forward_sample(sample: BatchedSample) -> ForwardSample:
    return ForwardSample(
        timestep=sample.sampling.timestep(sample.steps_done),
        guidance_scale=sample.spec.guidance_scale,
        positive=sample.own.positive,
        negative=sample.own.negative,
    )


def _with_known(sample: BatchedSample, latents: Array) -> Array:
    """Inpainting: what the mask keeps goes back to the source, as noisy as the rest."""
    own = sample.own
    if own.mask is None or own.source_latents is None or own.noise is None:
        return latents
    known = sample.sampling.known(own.source_latents, own.noise, sample.steps_done)
    return (1 - own.mask) * known + own.mask * latents
