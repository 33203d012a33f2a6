"""Step-level batching in torch: many samples in one forward pass, on any device.

What is batched and how is `batch_painter`'s; here are the device, its streams, LoRA
adapters, and the samples that must be bit-equal to the stock pipeline.
"""

from collections.abc import Callable, Sequence

import torch
from PIL.Image import Image

from easel.contract.models import ModelDocument
from easel.text2image.engines.base import PendingImages, SamplePlan, SampleSpec
from easel.text2image.engines.batch_painter import BatchedSample, BatchPainter
from easel.text2image.engines.decoding import DecodedLater, Decoder
from easel.text2image.engines.devices import allocated_bytes, dtype_name
from easel.text2image.engines.family import ModelFamily
from easel.text2image.engines.faults import device_faults_named
from easel.text2image.engines.latent_preview import LatentPreview
from easel.text2image.engines.lora_adapters import LoraAdapters
from easel.text2image.engines.planned_sampling import refused_schedule
from easel.text2image.engines.sampling import Samplings
from easel.text2image.engines.side_stream import SideStream, StepFence
from easel.text2image.engines.stock_pipeline import StockPipeline, StockSample
from easel.text2image.engines.torch_arrays import TORCH
from easel.text2image.scheduling.samples import BatchKey

AnySample = BatchedSample | StockSample


class BatchedEngine:
    """Runs the samples of one model.

    Args:
        family: The architecture, around its stock pipeline.
        model: The capability document.
        device: Where the pipeline is.
        preview: Turns clean latents into small pictures.
        loras: The adapters that fit the model.
        stock: Paints what must be bit-equal to the stock pipeline.
        compiled: Whether the denoiser was compiled.
    """

    def __init__(
        self,
        family: ModelFamily,
        model: ModelDocument,
        device: str,
        *,
        preview: LatentPreview | None,
        loras: LoraAdapters,
        stock: StockPipeline,
        decoder: Decoder,
        compiled: bool = False,
    ) -> None:
        self._family = family
        self._model = model
        self._device = device
        self._dtype = family.denoiser.dtype
        self._preview = preview
        self._loras = loras
        self._stock = stock
        self._decoder = decoder
        self._samplings = Samplings(family)
        self._painter = BatchPainter(
            family,
            self._samplings,
            TORCH,
            device=device,
            dtype=self._dtype,
            compiled=compiled,
        )
        self._side = SideStream(device)
        self._fence = StepFence(device)

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
        if spec.is_exact:
            return self._stock.plan(spec)
        try:
            steps = len(self._samplings.of(spec))
        except ValueError as error:
            raise refused_schedule(error) from error
        key = BatchKey(
            model=self._model.id,
            width=spec.width,
            height=spec.height,
            text_length=self._family.text_length(spec),
            dtype=dtype_name(self._dtype),
            loras=spec.loras,
        )
        rows = 2 if self._family.is_guided(spec) else 1
        return SamplePlan(key, rows, steps, self._stock.prompt_warnings(spec.prompt))

    @torch.no_grad()
    def begin(self, spec: SampleSpec, plan: SamplePlan) -> AnySample:
        self._loras.use(spec.loras)
        if spec.is_exact:
            self._side.join()
            return self._stock.begin(spec, plan)
        with device_faults_named("The prompt"):
            generator = TORCH.generator(spec.seed)
            sampling = self._samplings.of(spec)
            launched = self._side.launch(
                lambda: self._painter.encoded(spec, sampling, generator)
            )
        return BatchedSample(spec, plan, sampling, generator, launched)

    @torch.no_grad()
    def step(self, samples: Sequence[AnySample], *, max_rows: int) -> None:
        spec = samples[0].spec
        self._loras.use(spec.loras)
        size = f"{spec.width} x {spec.height}"
        with device_faults_named(f"A batch of {len(samples)} image(s) of {size}"):
            if isinstance(samples[0], StockSample):
                samples[0].step()
            else:
                self._fence.before_step()
                self._painter.step(_batched(samples), max_rows)
                self._fence.after_step()

    def previews(self, samples: Sequence[AnySample]) -> list[Image | None]:
        return [self._preview_of(sample) for sample in samples]

    @torch.no_grad()
    def decode(self, samples: Sequence[AnySample]) -> PendingImages:
        spec = samples[0].spec
        if isinstance(samples[0], StockSample):
            self._loras.use(spec.loras)
            self._side.join()
            return samples[0].finish()
        latents = torch.cat([sample.own.latents for sample in _batched(samples)])
        with device_faults_named("The finished image"):
            launched = self._side.launch(
                lambda: self._decoder(
                    self._family.unpack(latents, spec.width, spec.height),
                    spec.width * spec.height,
                ),
                latents,
            )
        return DecodedLater(launched)

    def end(self, sample: AnySample) -> None:
        if isinstance(sample, StockSample):
            sample.close()

    def close(self) -> None:
        self._painter.forget()
        self._stock.close()

    def _preview_of(self, sample: AnySample) -> Image | None:
        if self._preview is None:
            return None
        spec = sample.spec
        if isinstance(sample, StockSample):
            clean = sample.clean_latents()
        else:
            clean = sample.own.previous_clean
        if clean is None:
            return None
        return self._preview(self._family.unpack(clean, spec.width, spec.height))[0]


def _batched(samples: Sequence[AnySample]) -> list[BatchedSample]:
    return [sample for sample in samples if isinstance(sample, BatchedSample)]
