"""An engine whose steps the test allows one by one."""

import threading
from functools import partial

from PIL import Image

from easel.contract.models import ModelDocument
from easel.text2image.engines.base import Painted, Painting, Watch
from easel.text2image.engines.fake import FakeEngine

# Longer than anything here takes; only a broken test waits for it.
PATIENCE_S = 20.0


class GatedEngine:
    """Paints like the fake engine, but each step waits for `allow`.

    It fakes nothing else: the runner, the thread and the HTTP app are the real ones.
    """

    def __init__(self) -> None:
        self._fake = FakeEngine(step_s=0)
        self._gate = threading.Semaphore(0)
        self.failure: Exception | None = None
        self.paintings: list[Painting] = []

    @property
    def model(self) -> ModelDocument:
        return self._fake.model

    @property
    def device(self) -> str:
        return "cpu"

    @property
    def cuda_available(self) -> bool:
        return False

    def allow(self, steps: int) -> None:
        self._gate.release(steps)

    def paint(self, painting: Painting, watch: Watch) -> Painted:
        self.paintings.append(painting)
        watch.denoising()
        for step in range(1, painting.num_inference_steps + 1):
            self._gate.acquire(timeout=PATIENCE_S)
            if self.failure is not None:
                raise self.failure
            watch.step(step, partial(_small_images, len(painting.seeds)))
        return Painted(tuple(_small_images(len(painting.seeds))))


def _small_images(count: int) -> list[Image.Image]:
    return [Image.new("RGB", (8, 8), (index, 2, 3)) for index in range(count)]
