"""The image that a sampler is heading for, taken from any stock diffusers scheduler.

Latents in the middle of denoising are mostly noise; a preview wants the estimate
of the clean latents instead. Schedulers compute it in every step and keep it to
themselves in different places.
"""

import functools
from collections.abc import Callable
from typing import Any

import torch


class CleanEstimate:
    """Listens to `scheduler.step` and remembers its last estimate of clean latents."""

    def __init__(self, scheduler: Any) -> None:
        self.latents: torch.Tensor | None = None
        self._scheduler = scheduler
        scheduler.step = self._listening(scheduler.step)

    def _listening(self, step: Callable[..., Any]) -> Callable[..., Any]:
        # Pipelines look at the signature of `step` to know whether it takes their
        # generator; without it, stochastic samplers would draw from global noise.
        @functools.wraps(step)
        def listening_step(
            model_output: torch.Tensor,
            timestep: Any,
            sample: torch.Tensor,
            *args: Any,
            return_dict: bool = True,
            **kwargs: Any,
        ) -> Any:
            sigma = self._flow_sigma()
            result = step(
                model_output, timestep, sample, *args, return_dict=True, **kwargs
            )
            if sigma is not None:
                # Rectified flow: latents = clean + sigma * velocity.
                self.latents = sample - sigma * model_output
            else:
                self.latents = self._from_step(result)
            return result if return_dict else (result.prev_sample,)

        return listening_step

    def _flow_sigma(self) -> Any:
        """The noise level of the step about to be taken, for flow matching only."""
        scheduler = self._scheduler
        if type(scheduler).__name__ != "FlowMatchEulerDiscreteScheduler":
            return None
        return scheduler.sigmas[scheduler.step_index or 0]

    def _keeps_clean_history(self) -> bool:
        """Whether `model_outputs` holds clean latents, and not predicted noise."""
        config = self._scheduler.config
        if "algorithm_type" in config:
            return str(config.algorithm_type).endswith("++")
        return bool(config.get("predict_x0", False))

    def _from_step(self, result: Any) -> torch.Tensor:
        # Multistep solvers keep their history of clean estimates for the next step.
        history = getattr(self._scheduler, "model_outputs", None)
        if self._keeps_clean_history() and history and history[-1] is not None:
            latest: torch.Tensor = history[-1]
            return latest
        # Consistency models have a word of their own for it.
        estimate = getattr(
            result, "pred_original_sample", getattr(result, "denoised", None)
        )
        latents: torch.Tensor = result.prev_sample if estimate is None else estimate
        return latents
