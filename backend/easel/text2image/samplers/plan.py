"""What a sampler decides before the first step: numbers for every step, on the host.

Each supported step is affine in latents, model output, previous clean estimate and
noise, so a plan is all that `advance` needs. Knows nothing of arrays or devices.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class StepCoefficients:
    """One step: what the model is given, and how its output moves the latents.

    clean = clean_from_latents * latents + clean_from_output * output
    next = next_from_latents * latents + next_from_clean * clean
         + next_from_previous_clean * previous_clean + next_from_noise * noise

    Attributes:
        timestep: the stock scheduler's `timesteps[i]`, before the model scales it.
        input_scale: `latents * input_scale` go into the model.
        known_from_clean, known_from_noise: inpainting keeps a region at
            `known_from_clean * source + known_from_noise * noise` after this step.
    """

    timestep: float
    input_scale: float
    clean_from_latents: float
    clean_from_output: float
    next_from_latents: float
    next_from_clean: float
    next_from_previous_clean: float
    next_from_noise: float
    known_from_clean: float
    known_from_noise: float


@dataclass(frozen=True, slots=True)
class SamplingPlan:
    """The steps of one image and how its latents begin.

    Text-to-image begins at `initial_noise_scale * noise`, image-to-image at
    `start_from_clean * source + start_from_noise * noise`.
    """

    steps: tuple[StepCoefficients, ...]
    initial_noise_scale: float
    start_from_clean: float
    start_from_noise: float


class Sampler(Protocol):
    """Plans; holds no state of any image, so that one serves all."""

    @property
    def name(self) -> str: ...

    @property
    def draws_noise(self) -> bool:
        """Whether `next_from_noise` can differ from 0.

        If so, the caller draws one noise tensor for every step, as stock does.
        """
        ...

    def plan(
        self,
        num_inference_steps: int,
        *,
        strength: float = 1.0,
        image_seq_len: int | None = None,
    ) -> SamplingPlan:
        """Plan the steps that `strength` leaves of `num_inference_steps`.

        Args:
            strength: in (0, 1]; 1 for text-to-image.
            image_seq_len: the denoiser's image tokens, for dynamic shifting only.

        Raises:
            ValueError: a number is out of range, or no step is left.
        """
        ...


class NoiseLevel(NamedTuple):
    """Latents at `timestep` are `signal * clean + noise * noise`."""

    timestep: float
    signal: float
    noise: float


class CleanEstimate(NamedTuple):
    """How a model's output and its latents give the clean latents."""

    from_latents: float
    from_output: float


class Move(NamedTuple):
    """How latents go to the next noise level."""

    from_latents: float
    from_clean: float
    from_previous_clean: float = 0.0
    from_noise: float = 0.0


class PlannedStep(NamedTuple):
    level: NoiseLevel
    estimate: CleanEstimate
    move: Move
    input_scale: float = 1.0


def assemble(
    steps: Sequence[PlannedStep], *, initial_noise_scale: float = 1.0
) -> SamplingPlan:
    """The plan of these steps; each keeps a known region at the next one's level."""
    after = [(step.level.signal, step.level.noise) for step in steps[1:]] + [(1.0, 0.0)]
    return SamplingPlan(
        steps=tuple(
            StepCoefficients(
                timestep=step.level.timestep,
                input_scale=step.input_scale,
                clean_from_latents=step.estimate.from_latents,
                clean_from_output=step.estimate.from_output,
                next_from_latents=step.move.from_latents,
                next_from_clean=step.move.from_clean,
                next_from_previous_clean=step.move.from_previous_clean,
                next_from_noise=step.move.from_noise,
                known_from_clean=known_from_clean,
                known_from_noise=known_from_noise,
            )
            for step, (known_from_clean, known_from_noise) in zip(
                steps, after, strict=True
            )
        ),
        initial_noise_scale=initial_noise_scale,
        start_from_clean=steps[0].level.signal,
        start_from_noise=steps[0].level.noise,
    )


def check_steps(num_inference_steps: int, *, most: int | None = None) -> None:
    if num_inference_steps < 1:
        raise ValueError(
            f"num_inference_steps must be at least 1, not {num_inference_steps}"
        )
    if most is not None and num_inference_steps > most:
        raise ValueError(
            f"num_inference_steps must be at most {most}, not {num_inference_steps}"
        )


def first_kept_step(
    num_inference_steps: int, strength: float, *, whole_steps: bool
) -> int:
    """How many steps image-to-image leaves out at the beginning.

    Stock pipelines differ: those with a UNet round the kept steps down
    (`whole_steps`), those of flow matching the left-out ones.

    Raises:
        ValueError: `strength` is not in (0, 1], or no step is left.
    """
    if not 0 < strength <= 1:
        raise ValueError(f"strength must be above 0 and at most 1, not {strength}")
    kept = num_inference_steps * strength
    first = int(num_inference_steps - (int(kept) if whole_steps else kept))
    if first >= num_inference_steps:
        raise ValueError(
            f"strength {strength} leaves none of {num_inference_steps} steps"
        )
    return first
