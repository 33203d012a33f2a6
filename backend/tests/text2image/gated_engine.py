"""An engine whose steps the test allows one by one."""

import threading
from collections.abc import Sequence

from PIL import Image

from easel.text2image.engines.base import (
    PendingImages,
    ReadyImages,
    SamplePlan,
    SampleSpec,
)
from easel.text2image.engines.fake import FakeEngine, FakeSample

# Longer than anything here takes; only a broken test waits for it.
PATIENCE_S = 20.0


class GatedEngine(FakeEngine):
    """Paints like the fake engine, but each step waits for `allow`.

    It fakes nothing else: the runner, the thread and the HTTP app are the real ones.
    """

    def __init__(self) -> None:
        super().__init__(step_s=0)
        self._gate = threading.Semaphore(0)
        self.failure: Exception | None = None
        self.begun: list[SampleSpec] = []
        self.ended: list[SampleSpec] = []
        self.batches: list[int] = []
        # Steps that were begun, the one that waits at the gate included.
        self.asked = 0

    def allow(self, steps: int) -> None:
        """Steps of a batch, however many images are in it."""
        self._gate.release(steps)

    def begin(self, spec: SampleSpec, plan: SamplePlan) -> FakeSample:
        self.begun.append(spec)
        return super().begin(spec, plan)

    def step(self, samples: Sequence[FakeSample], *, max_rows: int) -> None:
        self.asked += 1
        self._gate.acquire(timeout=PATIENCE_S)
        if self.failure is not None:
            raise self.failure
        self.batches.append(len(samples))
        super().step(samples, max_rows=max_rows)

    def decode(self, samples: Sequence[FakeSample]) -> PendingImages:
        return ReadyImages(
            [
                Image.new("RGB", (8, 8), (sample.spec.seed % 256, 2, 3))
                for sample in samples
            ]
        )

    def end(self, sample: FakeSample) -> None:
        self.ended.append(sample.spec)
