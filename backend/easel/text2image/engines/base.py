"""What the server needs of a loaded model, whichever library runs it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from PIL.Image import Image

from easel.contract.models import ModelDocument


class ModelUnavailable(Exception):
    """The model cannot be served. The message is one line that a person can act on."""


class Stopped(Exception):
    """Raised by a watch to end the painting at this step; engines let it through."""


@dataclass(frozen=True, slots=True)
class Painting:
    """What to paint: one image for each seed, all denoised together.

    `width` and `height` are pixels of a size that the model can paint itself.
    """

    prompt: str
    negative_prompt: str | None
    width: int
    height: int
    num_inference_steps: int
    guidance_scale: float
    seeds: tuple[int, ...]


class Watch(Protocol):
    """Told what happens while an engine paints. Each call may raise `Stopped`."""

    def denoising(self) -> None:
        """The prompt is encoded; the first step begins."""
        ...

    def step(self, step: int, previews: Callable[[], Sequence[Image]]) -> None:
        """`step` steps are done. `previews` makes one small picture for each seed.

        It costs time on the device, so it is called only when a preview is due.
        """
        ...


@dataclass(frozen=True, slots=True)
class Painted:
    """The pictures in the order of their seeds, and what the caller should know."""

    images: tuple[Image, ...]
    warnings: tuple[str, ...] = ()


class Engine(Protocol):
    """A loaded model on a device. Only the runner's thread may call `paint`."""

    @property
    def model(self) -> ModelDocument: ...

    @property
    def device(self) -> str:
        """`cpu`, `cuda:0`, …"""
        ...

    @property
    def cuda_available(self) -> bool: ...

    def paint(self, painting: Painting, watch: Watch) -> Painted:
        """Denoise and decode.

        Raises:
            Stopped: the watch asked for the end.
            OutOfMemory: it does not fit on the device.
            ModelUnavailable: the device failed for good.
        """
        ...
