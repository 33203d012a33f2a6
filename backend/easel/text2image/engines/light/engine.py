"""The light engine: batches samples as the torch engine does, on the CPU, by graphs."""

from collections.abc import Callable, Sequence

import numpy as np
from PIL.Image import Image

from easel.contract.models import ModelDocument
from easel.errors import ServiceError
from easel.text2image.engines.base import (
    PendingImages,
    ReadyImages,
    SamplePlan,
    SampleSpec,
)
from easel.text2image.engines.batch_painter import (
    BatchedSample,
    BatchPainter,
    EncodedAtOnce,
)
from easel.text2image.engines.invalid_output import invalid_output
from easel.text2image.engines.light.numpy_arrays import NUMPY
from easel.text2image.engines.light.stable_diffusion import GraphStableDiffusion
from easel.text2image.engines.linear_preview import LinearPreview
from easel.text2image.engines.pictures import Float32Array, pictures
from easel.text2image.engines.planned_sampling import (
    PlannedSampling,
    PlannedSamplings,
    refused_schedule,
)
from easel.text2image.engines.prompt_reader import PromptReader
from easel.text2image.models.memory_gauge import resident_bytes
from easel.text2image.samplers import Sampler
from easel.text2image.scheduling.samples import BatchKey

_DTYPE = "float32"


class LightEngine:
    """Runs the samples of one model.

    Args:
        family: Its graphs.
        model: The capability document.
        sampler_of: What a sampler's name means for the model.
        reader: Counts prompts.
        memory_bytes: What the weights take.
    """

    device = "cpu"
    cuda_available = False
    is_calibrated = False

    def __init__(
        self,
        family: GraphStableDiffusion,
        model: ModelDocument,
        *,
        sampler_of: Callable[[str], Sampler | None],
        preview: LinearPreview,
        reader: PromptReader,
        memory_bytes: int,
    ) -> None:
        self._family = family
        self._model = model
        self._preview = preview
        self._reader = reader
        self._memory_bytes = memory_bytes
        self._samplings = PlannedSamplings(NUMPY, sampler_of)
        self._painter = BatchPainter(
            family, self._samplings, NUMPY, device=self.device, dtype=_DTYPE
        )

    @property
    def model(self) -> ModelDocument:
        return self._model

    @property
    def memory_bytes(self) -> int:
        return self._memory_bytes

    @property
    def allocated_bytes(self) -> Callable[[], int]:
        return resident_bytes

    def plan(self, spec: SampleSpec) -> SamplePlan:
        key = BatchKey(
            model=self._model.id,
            width=spec.width,
            height=spec.height,
            dtype=_DTYPE,
            # Equal to the bit each time, because nothing that it is computed beside
            # changes: other shapes of a batch round differently.
            alone=spec.id if spec.is_exact else "",
        )
        rows = 2 if self._family.is_guided(spec) else 1
        warnings = self._reader.warnings(spec.prompt)
        return SamplePlan(key, rows, len(self._sampling(spec)), warnings)

    def begin(self, spec: SampleSpec, plan: SamplePlan) -> BatchedSample:
        generator = NUMPY.generator(spec.seed)
        sampling = self._sampling(spec)
        encoded = self._painter.encoded(spec, sampling, generator)
        return BatchedSample(spec, plan, sampling, generator, EncodedAtOnce(encoded))

    def step(self, samples: Sequence[BatchedSample], *, max_rows: int) -> None:
        self._painter.step(samples, max_rows)

    def previews(self, samples: Sequence[BatchedSample]) -> list[Image | None]:
        return [self._preview(sample.own.previous_clean)[0] for sample in samples]

    def decode(self, samples: Sequence[BatchedSample]) -> PendingImages:
        # One after the other: together they take as long, and more memory.
        return ReadyImages([self._decoded(sample.own.latents) for sample in samples])

    def end(self, sample: BatchedSample) -> None:
        pass

    def close(self) -> None:
        self._painter.forget()
        del self._family, self._painter

    def _sampling(self, spec: SampleSpec) -> PlannedSampling:
        try:
            sampling = self._samplings.of(spec)
        except ValueError as error:
            raise refused_schedule(error) from error
        # The document offers those with a plan only.
        assert sampling is not None, spec.sampler
        return sampling

    def _decoded(self, latents: Float32Array) -> Image | ServiceError:
        pixels = self._family.decode(latents)
        if not (np.isfinite(latents).all() and np.isfinite(pixels).all()):
            return invalid_output()
        levels = (pixels * np.float32(0.5) + np.float32(0.5)).clip(0, 1)
        return pictures(np.moveaxis(levels, 1, -1))[0]
