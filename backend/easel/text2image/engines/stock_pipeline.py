"""A stock diffusers pipeline, driven one step at a time.

The pipeline's own loop denoises; it runs in a greenlet that hands back control at every
step callback. So any pipeline can wait while others step, and be dropped between two
steps, and its images are bit-equal to the pipeline's own: it *is* the pipeline.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import greenlet
import numpy as np
import torch

from easel.text2image.engines.base import (
    ReadyImages,
    RunningSample,
    SamplePlan,
    SampleSpec,
)
from easel.text2image.engines.call_signature import CallSignature
from easel.text2image.engines.clean_estimate import CleanEstimate
from easel.text2image.engines.faults import device_faults_named
from easel.text2image.engines.invalid_output import invalid_output
from easel.text2image.engines.planned_sampling import refused_schedule
from easel.text2image.engines.prompt_reader import prompt_reader
from easel.text2image.engines.sampling import stock_scheduler
from easel.text2image.samplers.plan import first_kept_step
from easel.text2image.scheduling.samples import BatchKey


@dataclass(slots=True, eq=False)
class StockSample(RunningSample):
    """One run of a pipeline, between two of its steps.

    `pixels` are [height, width, 3] in [0, 1], once it has decoded.
    """

    pipeline: Any
    run: greenlet.greenlet
    estimate: CleanEstimate
    pixels: Any = field(default=None, init=False)

    def step(self) -> None:
        """Let it run to its next step callback, or to its end."""
        self._resume()
        self.steps_done += 1

    def finish(self) -> ReadyImages:
        """Let it decode."""
        with device_faults_named("The finished image"):
            while not self.run.dead:
                self._resume()
        # As a picture NaN would be black.
        if not np.isfinite(self.pixels).all():
            return ReadyImages([invalid_output()])
        from diffusers.image_processor import VaeImageProcessor

        return ReadyImages(VaeImageProcessor.numpy_to_pil(self.pixels))

    def clean_latents(self) -> torch.Tensor | None:
        return self.estimate.latents

    def close(self) -> None:
        """Unwind the pipeline's call, wherever it is, and let go of its tensors."""
        if self.run and not self.run.dead:
            # On its way out it sets the gradient mode that it was entered with.
            with torch.no_grad():
                self.run.throw(greenlet.GreenletExit)
        self.pixels = self.estimate.latents = None

    def _resume(self) -> None:
        # Gradient mode belongs to the thread, and a pipeline switches it off for its
        # whole call: with several of them interleaved, it must be off around each.
        if not self.run.dead:
            with torch.no_grad():
                # The first switch calls `_paint` with these arguments.
                self.run.switch(*(() if self.run else (self,)))


class StockPipeline:
    """Plans and begins runs of one loaded pipeline.

    Args:
        pipeline: For text-to-image; the kinds for images are made from its components.
        model_id: Part of every batch key.
        device: Where the pipeline is.
        dtype: Name of the denoiser's number format.
    """

    def __init__(self, pipeline: Any, model_id: str, device: str, dtype: str) -> None:
        self._pipeline = pipeline
        self._model_id = model_id
        self._device = device
        self._dtype = dtype
        self._for_images: dict[str, Any] = {}
        self._reader = prompt_reader(pipeline)

    @property
    def memory_bytes(self) -> int:
        modules = (
            part
            for part in self._pipeline.components.values()
            if isinstance(part, torch.nn.Module)
        )
        return sum(
            tensor.nbytes
            for module in modules
            for tensor in (*module.parameters(), *module.buffers())
        )

    def plan(self, spec: SampleSpec) -> SamplePlan:
        scheduler = stock_scheduler(self._pipeline.scheduler, spec.sampler)
        passes = _passes(scheduler, spec)
        key = BatchKey(
            model=self._model_id,
            width=spec.width,
            height=spec.height,
            dtype=self._dtype,
            loras=spec.loras,
            alone=spec.id,
        )
        call = CallSignature(self._pipeline)
        guided = call.guidance_argument is not None and spec.guidance_scale > 1
        return SamplePlan(
            key, 2 if guided else 1, passes, self.prompt_warnings(spec.prompt)
        )

    def begin(self, spec: SampleSpec, plan: SamplePlan) -> StockSample:
        """Encode the prompt: run to the first call of the denoiser."""
        pipeline = copy.copy(self._kind_for(spec))
        pipeline.scheduler = stock_scheduler(self._pipeline.scheduler, spec.sampler)
        sample = StockSample(
            spec,
            plan,
            pipeline,
            greenlet.greenlet(_paint),
            CleanEstimate(pipeline.scheduler),
        )
        with device_faults_named("The prompt"), _stops_at_denoiser(pipeline, sample):
            sample._resume()
        return sample

    def close(self) -> None:
        self._for_images.clear()
        del self._pipeline

    def prompt_warnings(self, prompt: str) -> tuple[str, ...]:
        return () if self._reader is None else self._reader.warnings(prompt)

    def _kind_for(self, spec: SampleSpec) -> Any:
        """The pipeline for what `spec` begins with, around the same components."""
        if spec.source is None:
            return self._pipeline
        from diffusers import AutoPipelineForImage2Image, AutoPipelineForInpainting

        kind = "image" if spec.source.mask is None else "mask"
        if kind not in self._for_images:
            auto = (
                AutoPipelineForImage2Image
                if kind == "image"
                else AutoPipelineForInpainting
            )
            made = auto.from_pipe(self._pipeline)
            made.set_progress_bar_config(disable=True)
            self._for_images[kind] = made
        return self._for_images[kind]


def _paint(sample: StockSample) -> None:
    call = CallSignature(sample.pipeline)
    arguments = _arguments(call, sample.spec) | _callback(call, sample)
    sample.pixels = sample.pipeline(**arguments).images[0]


def _arguments(call: CallSignature, spec: SampleSpec) -> dict[str, Any]:
    """`spec` in the words of this pipeline."""
    arguments: dict[str, Any] = {
        "prompt": spec.prompt,
        "num_inference_steps": spec.num_inference_steps,
        # From a generator on the CPU noise is the same on every device.
        "generator": torch.Generator("cpu").manual_seed(spec.seed),
        "output_type": "np",
    }
    if "width" in call:
        arguments |= {"width": spec.width, "height": spec.height}
    if call.guidance_argument is not None:
        arguments[call.guidance_argument] = spec.guidance_scale
    if call.takes_negative_prompt:
        negative = spec.negative_prompt
        if negative is None and call.guidance_argument == "true_cfg_scale":
            # Without any negative prompt these pipelines turn guidance off.
            negative = " "
        arguments["negative_prompt"] = negative
    if spec.source is not None:
        arguments |= {"image": spec.source.image, "strength": spec.source.strength}
        if spec.source.mask is not None:
            arguments["mask_image"] = spec.source.mask
    return arguments


def _callback(call: CallSignature, sample: StockSample) -> dict[str, Any]:
    """diffusers has two generations of step callback; every pipeline has one."""

    def pause() -> None:
        parent = sample.run.parent
        assert parent is not None
        parent.switch()

    def on_step_end(_: Any, __: int, ___: Any, tensors: dict[str, Any]) -> Any:
        pause()
        return tensors

    def old_callback(_: int, __: Any, ___: Any) -> None:
        pause()

    if "callback_on_step_end" in call:
        return {"callback_on_step_end": on_step_end}
    return {"callback": old_callback, "callback_steps": 1}


@contextmanager
def _stops_at_denoiser(pipeline: Any, sample: StockSample) -> Iterator[None]:
    """Hand back control when the denoiser is entered for the first time."""
    denoiser = getattr(pipeline, "unet", getattr(pipeline, "transformer", None))
    if not isinstance(denoiser, torch.nn.Module):
        yield
        return

    def on_first_forward(*_: Any) -> None:
        hook.remove()
        parent = sample.run.parent
        assert parent is not None
        parent.switch()

    hook = denoiser.register_forward_pre_hook(on_first_forward)
    try:
        yield
    finally:
        hook.remove()


def _passes(scheduler: Any, spec: SampleSpec) -> int:
    """How often the pipeline will call back.

    Some samplers pass the denoiser more often than asked: Heun twice a step, PNDM once
    more at the start.

    Raises:
        InvalidRequest: the sampler cannot take as many steps, or none is left.
    """
    steps = spec.num_inference_steps
    strength = spec.source.strength if spec.source else 1.0
    is_flow = type(scheduler).__name__.startswith("FlowMatch")
    try:
        first = first_kept_step(steps, strength, whole_steps=not is_flow)
        # Shifting with the image's size never changes how many timesteps there are.
        if not scheduler.config.get("use_dynamic_shifting", False):
            scheduler.set_timesteps(steps)
            return len(scheduler.timesteps) - first * int(scheduler.order)
    except ValueError as error:
        raise refused_schedule(error) from error
    return steps - first
