"""An engine that fails where a test says, and whose steps move a manual clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PIL import Image

from easel.clock import ManualClock
from easel.contract.models import ModelDocument
from easel.errors import OutOfMemory, ServiceError
from easel.text2image.engines.base import (
    PendingImages,
    ReadyImages,
    SamplePlan,
    SampleSpec,
)
from easel.text2image.engines.fake import FakeEngine, FakeSample

Fault = Literal["plan", "begin", "step", "preview", "decode", "result", "image"]


@dataclass(frozen=True, slots=True)
class _NeverThere:
    """Images whose coming fails."""

    error: Exception

    def is_ready(self) -> bool:
        return True

    def result(self) -> list[Image.Image | ServiceError]:
        raise self.error


class ScriptedEngine(FakeEngine):
    """Paints single pixels; a step takes `step_s`, however many rows it has.

    Args:
        clock: Moved by every step.
        memory_rows: Rows of one forward pass that fit.
        model_id: Its own.
        memory_bytes: What it says that it takes.
        is_calibrated: False has the runner measure it first.
    """

    def __init__(
        self,
        clock: ManualClock,
        *,
        step_s: float = 0.1,
        memory_rows: int = 1000,
        model_id: str = "fake",
        memory_bytes: int = 0,
        is_calibrated: bool = True,
    ) -> None:
        super().__init__(step_s=0)
        self._clock = clock
        self._step_s = step_s
        self._memory_bytes = memory_bytes
        self._is_calibrated = is_calibrated
        self._document = super().model.model_copy(update={"id": model_id})
        self.memory_rows = memory_rows
        self.faults: dict[tuple[Fault, str], Exception] = {}
        self.held: dict[str, FakeSample] = {}
        self.begun: list[str] = []
        self.batches: list[list[str]] = []
        self.asked: list[int] = []
        self.previewed: list[str] = []
        self.is_closed = False

    @property
    def model(self) -> ModelDocument:
        return self._document

    @property
    def memory_bytes(self) -> int:
        return self._memory_bytes

    @property
    def is_calibrated(self) -> bool:
        return self._is_calibrated

    def plan(self, spec: SampleSpec) -> SamplePlan:
        self._fail("plan", spec.id)
        return super().plan(spec)

    def begin(self, spec: SampleSpec, plan: SamplePlan) -> FakeSample:
        self._fail("begin", spec.id)
        assert spec.id not in self.held
        self.begun.append(spec.id)
        self.held[spec.id] = super().begin(spec, plan)
        return self.held[spec.id]

    def step(self, samples: Sequence[FakeSample], *, max_rows: int) -> None:
        assert all(sample is self.held[sample.spec.id] for sample in samples)
        self._clock.advance(self._step_s)
        rows = sum(sample.plan.rows for sample in samples)
        self.asked.append(rows)
        if min(rows, max_rows) > self.memory_rows:
            raise OutOfMemory(f"{rows} rows do not fit")
        for sample in samples:
            self._fail("step", sample.spec.id)
        self.batches.append([sample.spec.id for sample in samples])
        for sample in samples:
            sample.steps_done += 1

    def previews(self, samples: Sequence[FakeSample]) -> list[Image.Image | None]:
        for sample in samples:
            self._fail("preview", sample.spec.id)
            self.previewed.append(sample.spec.id)
        return [Image.new("RGB", (1, 1)) for _ in samples]

    def decode(self, samples: Sequence[FakeSample]) -> PendingImages:
        for sample in samples:
            self._fail("decode", sample.spec.id)
            if error := self.faults.get(("result", sample.spec.id)):
                return _NeverThere(error)
        return ReadyImages([self._image(sample.spec.id) for sample in samples])

    def end(self, sample: FakeSample) -> None:
        del self.held[sample.spec.id]

    def close(self) -> None:
        self.is_closed = True

    def _image(self, sample_id: str) -> Image.Image | ServiceError:
        fault = self.faults.get(("image", sample_id))
        if isinstance(fault, ServiceError):
            return fault
        return Image.new("RGB", (1, 1))

    def _fail(self, where: Fault, sample_id: str) -> None:
        if error := self.faults.get((where, sample_id)):
            raise error
