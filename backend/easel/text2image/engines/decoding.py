"""Finished latents to images: in chunks that fit, each image on its own feet."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

import torch
from PIL.Image import Image

from easel.errors import OutOfMemory, ServiceError
from easel.text2image.engines.autoencoders import images_of
from easel.text2image.engines.devices import free_memory_bytes
from easel.text2image.engines.faults import is_out_of_memory
from easel.text2image.engines.invalid_output import invalid_output
from easel.text2image.engines.side_stream import Launched

log = logging.getLogger(__name__)

# An autoencoder of the Stable Diffusion kind holds about three maps of 128 channels at
# full resolution at its peak, and convolutions want as much again to work in.
_BYTES_PER_PIXEL_AND_BYTE = 3 * 128 * 2
_MEMORY_SHARE = 0.5

Decode = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True, slots=True)
class DecodedPixels:
    """[B, 3, H, W] in [-1, 1], and which rows are numbers: [B] bool."""

    pixels: torch.Tensor
    is_finite: torch.Tensor


class Decoder:
    """Decodes under a memory budget.

    Args:
        decode: [B, C, h, w] latents to pixels.
        tile: Makes `decode` work in tiles from now on, if it can.
        device: Whose memory counts.
        itemsize: Bytes of one number.
    """

    def __init__(
        self,
        decode: Decode,
        device: str,
        itemsize: int,
        tile: Callable[[], None] | None = None,
    ) -> None:
        self._decode = decode
        self._device = device
        self._itemsize = itemsize
        self._tile = tile

    def __call__(self, latents: torch.Tensor, pixels: int) -> DecodedPixels:
        """Decode rows of `pixels` pixels each.

        Raises:
            OutOfMemory: not even one image fits.
        """
        chunk = self._fitting(pixels, len(latents))
        while True:
            try:
                parts = [self._decode(part) for part in latents.split(chunk)]
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                chunk = self._smaller(chunk, error)
            else:
                decoded = torch.cat(parts)
                finite = latents.flatten(1).isfinite().all(1)
                return DecodedPixels(
                    decoded, finite & decoded.flatten(1).isfinite().all(1)
                )

    def _fitting(self, pixels: int, rows: int) -> int:
        each = pixels * self._itemsize * _BYTES_PER_PIXEL_AND_BYTE
        budget = free_memory_bytes(self._device) * _MEMORY_SHARE
        return max(1, min(rows, int(budget // each)))

    def _smaller(self, chunk: int, error: BaseException) -> int:
        if chunk > 1:
            return chunk // 2
        if self._tile is None:
            raise OutOfMemory(
                "The finished image does not fit into memory; ask for a smaller size."
            ) from error
        log.warning("decoding ran out of memory; from now on in tiles")
        self._tile()
        self._tile = None
        return 1


class DecodedLater:
    """Images whose pixels may still be on the device."""

    def __init__(self, launched: Launched[DecodedPixels]) -> None:
        self._launched = launched

    def is_ready(self) -> bool:
        return self._launched.is_ready()

    def result(self) -> list[Image | ServiceError]:
        decoded = self._launched.wait()
        finite = decoded.is_finite.tolist()
        images = images_of(decoded.pixels.nan_to_num())
        return [
            image if is_finite else invalid_output()
            for image, is_finite in zip(images, finite, strict=True)
        ]
