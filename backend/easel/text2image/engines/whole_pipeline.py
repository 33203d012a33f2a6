"""Runs any `AutoPipelineForText2Image` model that has no engine of its own.

Each image is a run of the stock pipeline: generations take turns step by step, but
never share a forward pass.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from PIL.Image import Image

from easel.contract.models import ModelDocument
from easel.text2image.engines.base import PendingImages, SamplePlan, SampleSpec
from easel.text2image.engines.devices import allocated_bytes
from easel.text2image.engines.faults import device_faults_named
from easel.text2image.engines.latent_preview import LatentPreview
from easel.text2image.engines.lora_adapters import LoraAdapters
from easel.text2image.engines.stock_pipeline import StockPipeline, StockSample


class WholePipelineEngine:
    """One diffusers pipeline on one device."""

    def __init__(
        self,
        pipeline: Any,
        model: ModelDocument,
        device: str,
        *,
        preview: LatentPreview | None,
        loras: LoraAdapters,
        stock: StockPipeline,
    ) -> None:
        self._pipeline = pipeline
        self._model = model
        self._device = device
        self._preview = preview
        self._loras = loras
        self._stock = stock

    @property
    def model(self) -> ModelDocument:
        return self._model

    @property
    def device(self) -> str:
        return self._device

    @property
    def cuda_available(self) -> bool:
        return torch.cuda.is_available()

    @property
    def memory_bytes(self) -> int:
        return self._stock.memory_bytes

    @property
    def allocated_bytes(self) -> Callable[[], int]:
        return allocated_bytes(self._device)

    @property
    def is_calibrated(self) -> bool:
        return False

    def plan(self, spec: SampleSpec) -> SamplePlan:
        return self._stock.plan(spec)

    def begin(self, spec: SampleSpec, plan: SamplePlan) -> StockSample:
        self._loras.use(spec.loras)
        return self._stock.begin(spec, plan)

    def step(self, samples: Sequence[StockSample], *, max_rows: int) -> None:
        for sample in samples:
            spec = sample.spec
            self._loras.use(spec.loras)
            with device_faults_named(f"An image of {spec.width} x {spec.height}"):
                sample.step()

    def previews(self, samples: Sequence[StockSample]) -> list[Image | None]:
        return [self._preview_of(sample) for sample in samples]

    def decode(self, samples: Sequence[StockSample]) -> PendingImages:
        self._loras.use(samples[0].spec.loras)
        return samples[0].finish()

    def end(self, sample: StockSample) -> None:
        sample.close()

    def close(self) -> None:
        self._stock.close()
        del self._pipeline

    def _preview_of(self, sample: StockSample) -> Image | None:
        latents = sample.clean_latents()
        if self._preview is None or latents is None:
            return None
        if latents.ndim == 3 and hasattr(self._pipeline, "_unpack_latents"):
            # Flux and its kin denoise a sequence of 2 x 2 patches.
            latents = self._pipeline._unpack_latents(
                latents,
                sample.spec.height,
                sample.spec.width,
                self._pipeline.vae_scale_factor,
            )
        return self._preview(latents)[0] if latents.ndim == 4 else None
