"""Step-level batching: many samples, each at its own step, in one forward pass.

Samples of one batch key may differ in prompt, seed, steps, step index, guidance scale
and sampler. Latents are float32 throughout; only the denoiser sees the model's own
number format.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from PIL.Image import Image

from easel.contract.models import ModelDocument
from easel.text2image.engines.base import (
    PendingImages,
    RunningSample,
    SamplePlan,
    SampleSpec,
)
from easel.text2image.engines.decoding import DecodedLater, Decoder
from easel.text2image.engines.devices import allocated_bytes, dtype_name
from easel.text2image.engines.family import Conditioning, ModelFamily
from easel.text2image.engines.faults import device_faults_named
from easel.text2image.engines.forward import Forward, ForwardSample
from easel.text2image.engines.latent_preview import LatentPreview
from easel.text2image.engines.lora_adapters import LoraAdapters
from easel.text2image.engines.prompt_cache import PromptCache
from easel.text2image.engines.sampling import Sampling, Samplings, refused_schedule
from easel.text2image.engines.side_stream import Launched, SideStream, StepFence
from easel.text2image.engines.stock_pipeline import StockPipeline, StockSample
from easel.text2image.scheduling.samples import BatchKey


@dataclass(slots=True)
class Encoded:
    """What `begin` made of a sample; latents and the like have a batch axis of 1."""

    positive: Conditioning
    negative: Conditioning | None
    latents: torch.Tensor
    previous_clean: torch.Tensor
    source_latents: torch.Tensor | None = None
    noise: torch.Tensor | None = None
    mask: torch.Tensor | None = None


@dataclass(slots=True, eq=False)
class BatchedSample(RunningSample):
    """One image being denoised together with others."""

    sampling: Sampling
    generator: torch.Generator
    launched: Launched[Encoded]
    joined: Encoded | None = field(default=None, init=False)

    def is_ready(self) -> bool:
        return self.launched.is_ready()

    @property
    def own(self) -> Encoded:
        """Its tensors, safe to use on the current stream."""
        if self.joined is None:
            self.joined = self.launched.join()
        return self.joined


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
        self._prompts = PromptCache()
        self._samplings = Samplings(family)
        self._forward = Forward(family, device, compiled=compiled)
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
            generator = torch.Generator("cpu").manual_seed(spec.seed)
            sampling = self._samplings.of(spec)
            launched = self._side.launch(
                lambda: self._encoded(spec, sampling, generator)
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
                self._step(_batched(samples), max_rows)
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
        self._forward.forget()
        self._prompts.clear()
        self._stock.close()

    def _encoded(
        self, spec: SampleSpec, sampling: Sampling, generator: torch.Generator
    ) -> Encoded:
        positive = self._prompt(spec, negative=False)
        guided = self._family.is_guided(spec)
        negative = self._prompt(spec, negative=True) if guided else None
        if spec.source is None:
            noise = self._family.noise(spec, generator).to(self._device)
            latents = noise * sampling.initial_noise_scale
            return Encoded(positive, negative, latents, torch.zeros_like(latents))
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
            torch.zeros_like(latents),
            source.latents,
            source.noise,
            source.mask,
        )

    def _prompt(self, spec: SampleSpec, *, negative: bool) -> Conditioning:
        text = spec.negative_prompt if negative else spec.prompt
        shape = self._family.text_length(spec)
        return self._prompts.get(
            (text, negative, shape, spec.loras),
            lambda: self._family.encode(spec, negative=negative),
        )

    def _step(self, samples: Sequence[BatchedSample], max_rows: int) -> None:
        """Everything is computed before anything is kept: an error changes nothing."""
        spec = samples[0].spec
        latents = torch.cat([sample.own.latents for sample in samples])
        inputs = self._samplings.inputs(samples, latents).to(self._dtype)
        predicted = self._forward(
            [_forward_sample(sample) for sample in samples],
            inputs,
            (spec.width, spec.height),
            max_rows,
        )
        after, clean = self._samplings.advance(samples, latents, predicted)
        for sample, row, clean_row in zip(
            samples, after.split(1), clean.split(1), strict=True
        ):
            sample.own.latents = _with_known(sample, row)
            sample.own.previous_clean = clean_row
            sample.steps_done += 1

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


def _forward_sample(sample: BatchedSample) -> ForwardSample:
    return ForwardSample(
        timestep=sample.sampling.timestep(sample.steps_done),
        guidance_scale=sample.spec.guidance_scale,
        positive=sample.own.positive,
        negative=sample.own.negative,
    )


def _with_known(sample: BatchedSample, latents: torch.Tensor) -> torch.Tensor:
    """Inpainting: what the mask keeps goes back to the source, as noisy as the rest."""
    own = sample.own
    if own.mask is None or own.source_latents is None or own.noise is None:
        return latents
    known = sample.sampling.known(own.source_latents, own.noise, sample.steps_done)
    return (1 - own.mask) * known + own.mask * latents
