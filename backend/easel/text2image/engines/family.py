"""What differs between model architectures; one file each implements it.

Everything that they share (rows, guidance, sampling, caching, decoding in chunks) is
in `batched.py`. Shapes: B samples, R rows of a forward pass, C channels; "packed" is
whatever shape the denoiser takes. Arrays are torch's, or NumPy's in the light engine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from easel.text2image.engines.arrays import Array, Arrays, Generator
from easel.text2image.engines.base import SampleSpec
from easel.text2image.samplers.advance import ArrayT


@dataclass(frozen=True, slots=True, eq=False)
class Conditioning:
    """What the text encoders made of one prompt: arrays with a batch axis of 1."""

    tensors: dict[str, Array]

    @property
    def nbytes(self) -> int:
        return sum(tensor.nbytes for tensor in self.tensors.values())


@dataclass(frozen=True, slots=True)
class Rows:
    """One forward pass.

    Args:
        latents: [R, packed], the model's dtype, already scaled for its input.
        timesteps: [R] float32, exactly as the noise schedule has them.
        guidance_scales: [R] float32, for models that take guidance as an input.
        conditioning: What `stack` made of the rows' conditionings.
        width: Pixels, the same for all rows, like `height`.
    """

    latents: Array
    timesteps: Array
    guidance_scales: Array
    conditioning: Any
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Source:
    """What image-to-image begins with, packed, batch axis 1, float32.

    `mask` is 1 where the image is repainted; None repaints everything.
    """

    latents: Array
    noise: Array
    mask: Array | None


class Family(Protocol):
    """One architecture, in whichever library: what batching needs of it."""

    def is_guided(self, spec: SampleSpec) -> bool:
        """Whether classifier-free guidance adds a row."""
        ...

    def text_length(self, spec: SampleSpec) -> int:
        """Tokens, padded, that enter the denoiser; 0 where all prompts are equal."""
        ...

    def encode(self, spec: SampleSpec, *, negative: bool) -> Conditioning:
        """Of the prompt, or of what guidance pushes away from."""
        ...

    def stack(self, conditionings: Sequence[Conditioning]) -> Any:
        """One batch of them; kept while the same rows are stepped again."""
        ...

    def noise(self, spec: SampleSpec, generator: Generator) -> Array:
        """[1, packed] float32 on the CPU, drawn as the stock pipeline draws it."""
        ...

    def source(self, spec: SampleSpec, generator: Generator) -> Source:
        """For image-to-image and inpainting, drawn as the stock pipelines do."""
        ...

    def predict(self, rows: Rows) -> Array:
        """[R, packed]: the denoiser's output with the sign that samplers expect."""
        ...

    def guide(self, positive: Array, negative: Array, scales: Array) -> Array:
        """Classifier-free guidance row by row, float32; `scales` is [B, 1, ...]."""
        ...

    def unpack(self, latents: Array, width: int, height: int) -> Array:
        """[B, packed] to [B, C, height, width] of the latent grid."""
        ...

    def decode(self, latents: Array) -> Array:
        """[B, C, h, w] float32 latents to [B, 3, height, width] pixels in [-1, 1]."""
        ...


class ModelFamily(Family, Protocol):
    """In torch, around its stock pipeline, which holds the components."""

    @property
    def pipeline(self) -> Any: ...

    @property
    def denoiser(self) -> Any:
        """The module that predicts: UNet or transformer."""
        ...

    @property
    def sigmas_from_one(self) -> bool:
        """Whether the pipeline hands sigmas from 1 to 1/steps to its scheduler."""
        ...

    def image_seq_len(self, spec: SampleSpec) -> int | None:
        """Image tokens, where the noise schedule shifts with them."""
        ...


def stacked(conditionings: Sequence[Conditioning], arrays: Arrays) -> dict[str, Array]:
    """Conditionings whose tensors have equal shapes, along the batch axis."""
    first = conditionings[0].tensors
    return {
        name: arrays.joined([each.tensors[name] for each in conditionings])
        for name in first
    }


def guided(positive: ArrayT, negative: ArrayT, scales: ArrayT) -> ArrayT:
    """Ho and Salimans 2022 (arXiv:2207.12598), as diffusers weighs it."""
    return negative + scales * (positive - negative)
