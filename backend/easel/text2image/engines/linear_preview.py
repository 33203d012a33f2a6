"""Small pictures from latents in the middle of denoising, without the full decoder.

A linear map from latent channels to RGB costs microseconds and shows shapes and
colours. It is fitted when the model is loaded, by encoding smooth random colour
fields with the model's own autoencoder and solving least squares; so it exists
for every model whose latents have the usual layout.
"""

from collections.abc import Callable

import numpy as np
from PIL import Image

from easel.text2image.engines.pictures import Float32Array, pictures

# Enough colour fields that the fit is over-determined for 64 latent channels.
_FIT_IMAGES = 8
_FIT_SIDE_PX = 128
_FIT_SEED = 0

# [B, 3, H, W] pixels in [-1, 1] to [B, C, h, w] latents as the denoiser knows them.
Encode = Callable[[Float32Array], Float32Array]


class LinearPreview:
    """RGB = latents x `weights` + `bias`, in [0, 1].

    Args:
        weights: [channels, 3].
        bias: [3].
    """

    def __init__(self, weights: Float32Array, bias: Float32Array) -> None:
        self._weights = weights
        self._bias = bias

    @classmethod
    def fit(cls, encode: Encode, *, side_px: int = _FIT_SIDE_PX) -> "LinearPreview":
        """
        Args:
            side_px: Of the colour fields: smaller ones are encoded sooner, and give
                fewer latents to fit to.

        Raises:
            RuntimeError: what is encoded is no numbers.
        """
        drawn = np.random.default_rng(_FIT_SEED).random((_FIT_IMAGES, 3, 4, 4))
        colours = _resized(drawn.astype(np.float32), side_px, side_px)
        colours = colours.clip(0, 1)
        latents = encode(colours * 2 - 1)
        channels, height, width = latents.shape[1:]
        target = _resized(colours, height, width, Image.Resampling.BOX)
        rows = np.moveaxis(latents, 1, -1).reshape(-1, channels)
        rows = np.concatenate([rows, np.ones((len(rows), 1), np.float32)], axis=1)
        colours_of_rows = np.moveaxis(target, 1, -1).reshape(-1, 3)
        try:
            solution = np.linalg.lstsq(rows, colours_of_rows, rcond=None)[0]
        except np.linalg.LinAlgError as error:
            raise RuntimeError(str(error)) from error
        solution = solution.astype(np.float32)
        return cls(solution[:-1], solution[-1])

    def __call__(self, latents: Float32Array) -> list[Image.Image]:
        """One picture for each row of [batch, channels, height, width] latents."""
        rows = np.moveaxis(latents, 1, -1)
        levels = rows @ self._weights + self._bias
        # Latents that are no numbers fail when they are decoded, not here.
        return pictures(np.nan_to_num(levels).clip(0, 1))


def _resized(
    fields: Float32Array,
    height: int,
    width: int,
    resampling: Image.Resampling = Image.Resampling.BICUBIC,
) -> Float32Array:
    """[B, C, ...] of another size."""
    return np.stack(
        [
            [
                np.asarray(Image.fromarray(plane).resize((width, height), resampling))
                for plane in field
            ]
            for field in fields
        ]
    )
