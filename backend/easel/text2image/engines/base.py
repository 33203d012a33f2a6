"""What the server needs of a loaded model, whichever library runs it.

The runner's thread drives an engine: `plan` and `begin` a sample, `step` many of them
together, `decode` those that are done. An engine knows nothing of generations, users,
queues or HTTP.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from PIL.Image import Image

from easel.contract.models import ModelDocument
from easel.contract.prompt_tokens import PromptTokens
from easel.errors import ServiceError
from easel.text2image.scheduling.samples import BatchKey


class ModelUnavailable(Exception):
    """The model cannot be served. The message is one line that a person can act on."""


class PromptCounter(Protocol):
    """Tells how much of a prompt a model reads; it needs no weights.

    Any thread may ask, but only one at a time.
    """

    def count(self, prompt: str) -> PromptTokens: ...


@dataclass(frozen=True, slots=True)
class SourceImage:
    """What image-to-image begins with, at the painted size.

    Args:
        image: RGB.
        mask: Greyscale; white is repainted, black kept. None repaints everything.
        strength: In (0, 1]: the share of the steps that are taken.
    """

    image: Image
    mask: Image | None
    strength: float


@dataclass(frozen=True, slots=True)
class SampleSpec:
    """One image to paint.

    Args:
        id: Unique among the samples of a server.
        width: Pixels of a size that the model can paint itself, like `height`.
        sampler: One of the model's `samplers`.
        loras: (id, scale) pairs of the model's adapters, sorted.
        is_exact: Painted alone, bit-equal to the stock pipeline; without torch,
            bit-equal each time.
    """

    id: str
    prompt: str
    negative_prompt: str | None
    width: int
    height: int
    num_inference_steps: int
    guidance_scale: float
    seed: int
    sampler: str
    loras: tuple[tuple[str, float], ...] = ()
    source: SourceImage | None = None
    is_exact: bool = False


@dataclass(frozen=True, slots=True)
class SamplePlan:
    """What can be said of a sample before anything ran.

    Args:
        key: Samples with equal keys can share a forward pass.
        rows: Rows that it takes in one: 2 with classifier-free guidance, else 1.
        steps: Denoiser passes from begin to end.
        warnings: What the caller should know.
    """

    key: BatchKey
    rows: int
    steps: int
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class RunningSample:
    """One image being denoised; engines add what they need to this.

    `steps_done` counts denoiser passes, and only an engine's `step` changes it.
    """

    spec: SampleSpec
    plan: SamplePlan
    steps_done: int = field(default=0, init=False)

    def is_ready(self) -> bool:
        """Whether its first step can run now; encoding may go on beside the others."""
        return True


S = TypeVar("S", bound=RunningSample)


class PendingImages(Protocol):
    """Images that are being decoded beside the step loop."""

    def is_ready(self) -> bool: ...

    def result(self) -> list[Image | ServiceError]:
        """One for each sample, in order; waits until they are ready."""
        ...


@dataclass(frozen=True, slots=True)
class ReadyImages:
    """Decoded at once."""

    images: list[Image | ServiceError]

    def is_ready(self) -> bool:
        return True

    def result(self) -> list[Image | ServiceError]:
        return self.images


class Engine(Protocol[S]):
    """A loaded model on a device. Only the runner's thread calls its methods.

    Any method may raise `ModelUnavailable`: the device failed for good.
    """

    @property
    def model(self) -> ModelDocument: ...

    @property
    def device(self) -> str:
        """`cpu`, `cuda:0`, …"""
        ...

    @property
    def cuda_available(self) -> bool: ...

    @property
    def memory_bytes(self) -> int:
        """What the weights take on the device."""
        ...

    @property
    def allocated_bytes(self) -> Callable[[], int]:
        """A gauge of the device's memory that does not hold the engine."""
        ...

    @property
    def is_calibrated(self) -> bool:
        """Whether what a step costs need not be measured before the first caller."""
        ...

    def plan(self, spec: SampleSpec) -> SamplePlan:
        """Cheap: nothing runs on the device.

        Raises:
            InvalidRequest: the model cannot honour `spec`.
        """
        ...

    def begin(self, spec: SampleSpec, plan: SamplePlan) -> S:
        """Encode the prompt and draw the noise.

        Raises:
            OutOfMemory: it does not fit on the device.
        """
        ...

    def step(self, samples: Sequence[S], *, max_rows: int) -> None:
        """One denoiser pass for each; they have one batch key.

        Either all of them advance or, when it raises, none. More than `max_rows` rows
        are passed in several forwards.

        Raises:
            OutOfMemory: together they do not fit on the device.
        """
        ...

    def previews(self, samples: Sequence[S]) -> list[Image | None]:
        """A small picture of what each is heading for, if there is one."""
        ...

    def decode(self, samples: Sequence[S]) -> PendingImages:
        """The images of finished samples; a sample that fails, fails alone."""
        ...

    def end(self, sample: S) -> None:
        """It is done or not wanted any more: let go of what it holds."""
        ...

    def close(self) -> None:
        """Free the device's memory; the engine is not used again."""
        ...


# Engines differ in their samples, and whoever holds several of them treats them alike.
AnyEngine = Engine[Any]
