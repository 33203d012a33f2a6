"""Runs any `AutoPipelineForText2Image` model, one generation at a time.

The pipeline's own loop denoises; we listen at its step callback, which is where
progress, previews and stopping come from.
"""

import errno
import logging
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import torch
from PIL.Image import Image

from easel.contract.models import ModelDocument
from easel.errors import OutOfMemory
from easel.text2image.engines.base import (
    ModelUnavailable,
    Painted,
    Painting,
    Stopped,
    Watch,
)
from easel.text2image.engines.capabilities import (
    CallSignature,
    describe,
    widest_tokenizer,
)
from easel.text2image.engines.clean_estimate import CleanEstimate
from easel.text2image.engines.latent_preview import LatentPreview, preview_for
from easel.text2image.engines.model_source import locate, read_sidecar

log = logging.getLogger(__name__)

_DTYPES = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}


class WholePipelineEngine:
    """One diffusers pipeline on one device."""

    def __init__(
        self,
        pipeline: Any,
        model: ModelDocument,
        device: str,
        preview: LatentPreview | None,
    ) -> None:
        self._pipeline = pipeline
        self._model = model
        self._device = device
        self._preview = preview
        self._call = CallSignature(pipeline)
        self._estimate = CleanEstimate(pipeline.scheduler)

    @classmethod
    def load(cls, model: str, device: str, dtype: str) -> "WholePipelineEngine":
        """Load `model` and paint once, so that the first caller finds it warm.

        Raises:
            ModelUnavailable: it does not exist, or its files are damaged.
        """
        source = locate(model)
        sidecar = read_sidecar(source)
        chosen_device = _choose_device(device)
        chosen_dtype = _choose_dtype(dtype, chosen_device)
        pipeline = _load_pipeline(model, source, chosen_device, chosen_dtype)
        # Absent, the same name as the caller gave: a path would leak the disk's layout.
        model_id = Path(source).name if os.path.isdir(source) else model
        preview = preview_for(pipeline)
        document = describe(model_id, pipeline, sidecar, previews=preview is not None)
        engine = cls(pipeline, document, chosen_device, preview)
        engine._warm_up()
        log.info(
            "model ready",
            extra={
                "fields": {
                    "model": model_id,
                    "pipeline": document.pipeline,
                    "device": chosen_device,
                    "dtype": str(chosen_dtype).removeprefix("torch."),
                }
            },
        )
        return engine

    @property
    def model(self) -> ModelDocument:
        return self._model

    @property
    def device(self) -> str:
        return self._device

    @property
    def cuda_available(self) -> bool:
        return torch.cuda.is_available()

    def paint(self, painting: Painting, watch: Watch) -> Painted:
        with self._told_of_first_step(watch), _faults_named(painting):
            images = self._pipeline(
                **self._arguments(painting),
                **self._callback_arguments(painting, watch),
            ).images
        return Painted(tuple(images), tuple(self._prompt_warnings(painting.prompt)))

    def _arguments(self, painting: Painting) -> dict[str, Any]:
        """`painting` in the words of this pipeline."""
        # Noise comes from one CPU generator per image, so that it is the same on
        # every device and whatever else is painted.
        generators = [
            torch.Generator("cpu").manual_seed(seed) for seed in painting.seeds
        ]
        arguments: dict[str, Any] = {
            "prompt": painting.prompt,
            "width": painting.width,
            "height": painting.height,
            "num_inference_steps": painting.num_inference_steps,
            "generator": generators if len(generators) > 1 else generators[0],
            "output_type": "pil",
        }
        if self._call.guidance_argument is not None:
            arguments[self._call.guidance_argument] = painting.guidance_scale
        if "num_images_per_prompt" in self._call:
            arguments["num_images_per_prompt"] = len(painting.seeds)
        if self._call.takes_negative_prompt:
            negative = painting.negative_prompt
            if negative is None and self._call.guidance_argument == "true_cfg_scale":
                # Without any negative prompt these pipelines turn guidance off.
                negative = " "
            arguments["negative_prompt"] = negative
        return arguments

    def _callback_arguments(self, painting: Painting, watch: Watch) -> dict[str, Any]:
        """diffusers has two generations of step callback; every pipeline has one."""

        told = 0

        def after_step(index: int) -> None:
            nonlocal told
            step = self._step_of(painting, index)
            if step > told:
                told = step
                watch.step(step, partial(self._previews, painting))

        def on_step_end(_: Any, step: int, __: Any, tensors: dict[str, Any]) -> Any:
            after_step(step)
            return tensors

        def old_callback(step: int, _: Any, __: Any) -> None:
            after_step(step)

        if "callback_on_step_end" in self._call:
            return {"callback_on_step_end": on_step_end}
        return {"callback": old_callback, "callback_steps": 1}

    def _step_of(self, painting: Painting, index: int) -> int:
        """How many of the asked steps are done after the loop's pass `index`.

        Some samplers pass the denoiser more often than asked: Heun twice a step, PNDM
        once more at the start.
        """
        steps = painting.num_inference_steps
        passes = getattr(self._pipeline, "num_timesteps", None) or steps
        return min(steps, (index + 1) * steps // passes)

    def _previews(self, painting: Painting) -> Sequence[Image]:
        latents = self._estimate.latents
        if self._preview is None or latents is None:
            return []
        if latents.ndim == 3 and hasattr(self._pipeline, "_unpack_latents"):
            # Flux and its kin denoise a sequence of 2 x 2 patches.
            latents = self._pipeline._unpack_latents(
                latents,
                painting.height,
                painting.width,
                self._pipeline.vae_scale_factor,
            )
        return self._preview(latents) if latents.ndim == 4 else []

    @contextmanager
    def _told_of_first_step(self, watch: Watch) -> Iterator[None]:
        """Call `watch.denoising` when the denoiser is entered for the first time."""
        denoiser = getattr(
            self._pipeline, "unet", getattr(self._pipeline, "transformer", None)
        )
        if not isinstance(denoiser, torch.nn.Module):
            watch.denoising()
            yield
            return

        def on_first_forward(*_: Any) -> None:
            hook.remove()
            watch.denoising()

        hook = denoiser.register_forward_pre_hook(on_first_forward)
        try:
            yield
        finally:
            hook.remove()

    def _prompt_warnings(self, prompt: str) -> Iterator[str]:
        widest = widest_tokenizer(self._pipeline)
        if widest is None:
            return
        tokenizer, limit = widest
        # `verbose=False`: the library's own warning would put the length into logs.
        tokens = len(tokenizer(prompt, truncation=False, verbose=False).input_ids)
        if tokens > limit:
            yield (
                f"The prompt is {tokens} tokens long; the model read the first {limit}."
            )

    def _warm_up(self) -> None:
        """The first run of a model is many times slower than all others."""
        defaults = self._model.defaults
        native = self._model.sizes.native[0]
        try:
            self.paint(
                Painting(
                    prompt="warm-up",
                    negative_prompt=None,
                    width=native.width,
                    height=native.height,
                    num_inference_steps=2,
                    guidance_scale=defaults.guidance_scale,
                    seeds=(0,),
                ),
                _Unwatched(),
            )
        except (RuntimeError, ValueError, TypeError, OutOfMemory) as error:
            raise ModelUnavailable(
                f"the model loads but does not paint: {_first_line(error)}"
            ) from error


class _Unwatched:
    def denoising(self) -> None:
        pass

    def step(self, step: int, previews: Callable[[], Sequence[Image]]) -> None:
        previews()


def _import_quietly() -> Any:
    """diffusers' loader, without the libraries' progress bars and advice in our log.

    transformers must be told before diffusers is imported, which makes it warn
    about image processors that text-to-image has no use for.
    """
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()

    from diffusers import AutoPipelineForText2Image
    from diffusers.utils import logging as diffusers_logging

    # What it logs as an error, it raises as well.
    diffusers_logging.set_verbosity(logging.CRITICAL)
    diffusers_logging.disable_progress_bar()
    logging.getLogger("huggingface_hub").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module="huggingface_hub")
    return AutoPipelineForText2Image


def _load_pipeline(model: str, source: str, device: str, dtype: torch.dtype) -> Any:
    loader = _import_quietly()
    try:
        # Without a dtype, transformers and diffusers each choose their own.
        pipeline = loader.from_pretrained(source, dtype=dtype)
        pipeline.to(device)
    except MemoryError as error:
        raise ModelUnavailable(f"{model!r} does not fit into memory") from error
    except Exception as error:
        # A dozen libraries raise a dozen types here, and each means the same to
        # the operator: these files cannot be loaded.
        if _is_out_of_memory(error):
            reason = f"{model!r} does not fit on {device}"
            raise ModelUnavailable(reason) from error
        raise ModelUnavailable(_load_failure(model, source, error)) from error
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _load_failure(model: str, source: str, error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return f"no space left for the files of {model!r}"
    if not os.path.isdir(source):
        hub = f"{model!r} is no folder here, and the model hub did not give it"
        return f"{hub}: {_first_line(error)}"
    return f"cannot load {model!r}: {_first_line(error)}"


def _choose_device(device: str) -> str:
    if device != "auto":
        if device.startswith("cuda") and not torch.cuda.is_available():
            raise ModelUnavailable(f"no {device} device: torch sees no CUDA GPU")
        return device
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _choose_dtype(dtype: str, device: str) -> torch.dtype:
    if dtype != "auto":
        return _DTYPES[dtype]
    if device.startswith("cuda"):
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return torch.float32


@contextmanager
def _faults_named(painting: Painting) -> Iterator[None]:
    try:
        yield
    except Stopped:
        raise
    except (RuntimeError, MemoryError) as error:
        if "CUDA error" in str(error):
            # After an illegal access or a lost device every further call fails too.
            reason = f"the GPU failed: {_first_line(error)}"
            raise ModelUnavailable(reason) from error
        if not _is_out_of_memory(error):
            raise
        size = f"{painting.width} x {painting.height}"
        raise OutOfMemory(
            f"{len(painting.seeds)} image(s) of {size} do not fit into memory; "
            "ask for a smaller size or fewer images."
        ) from error


def _is_out_of_memory(error: BaseException) -> bool:
    # On the CPU torch raises a bare RuntimeError whose text is all there is.
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and "not enough memory" in str(error)
    )


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
