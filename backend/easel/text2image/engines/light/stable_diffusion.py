"""Stable Diffusion 1.x and 2.x by its graphs: the twin of torch's `StableDiffusion`.

Noise, sources and guidance are drawn and weighed as the stock pipelines do it.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from easel.text2image.engines.base import SampleSpec
from easel.text2image.engines.family import (
    Conditioning,
    Rows,
    Source,
    guided,
    stacked,
)
from easel.text2image.engines.light.graph import Graph
from easel.text2image.engines.light.graph_files import GraphFiles
from easel.text2image.engines.light.noise import TorchNoise
from easel.text2image.engines.light.numpy_arrays import NUMPY
from easel.text2image.engines.light.tokenizer import FolderTokenizer
from easel.text2image.engines.pictures import Float32Array, mask_array, pixel_array

_LOADED_AT_A_TIME = 2


class GraphStableDiffusion:
    """
    Args:
        files: The graphs of a folder.
        tokenizer: Of the same.
        latent_channels: Of the denoiser and the autoencoder.
        factor: Pixels of a side for one latent.

    Raises:
        ModelUnavailable: a graph is damaged, or was made for other weights.
    """

    def __init__(
        self,
        files: GraphFiles,
        tokenizer: FolderTokenizer,
        *,
        latent_channels: int,
        factor: int,
    ) -> None:
        self._tokenizer = tokenizer
        self._latent_channels = latent_channels
        self._factor = factor
        paths = (files.text_encoder, files.denoiser, files.decoder, files.encoder)
        # Optimising a graph takes one core.
        with ThreadPoolExecutor(_LOADED_AT_A_TIME) as pool:
            graphs = list(pool.map(Graph, paths))
        self._text_encoder, self._denoiser, self._decoder, self._encoder = graphs

    def is_guided(self, spec: SampleSpec) -> bool:
        return spec.guidance_scale > 1

    def text_length(self, spec: SampleSpec) -> int:
        return 0

    def encode(self, spec: SampleSpec, *, negative: bool) -> Conditioning:
        text = spec.negative_prompt or "" if negative else spec.prompt
        tokens, mask = self._tokenizer.padded(text)
        (states,) = self._text_encoder(input_ids=tokens, attention_mask=mask)
        return Conditioning({"prompt": states})

    def stack(self, conditionings: Sequence[Conditioning]) -> Float32Array:
        states: Float32Array = stacked(conditionings, NUMPY)["prompt"]
        return states

    def noise(self, spec: SampleSpec, generator: TorchNoise) -> Float32Array:
        return generator.normal(self._shape(spec))

    def source(self, spec: SampleSpec, generator: TorchNoise) -> Source:
        assert spec.source is not None
        shape = self._shape(spec)
        encoded = self._encoder(pixels=pixel_array(spec.source.image))
        is_variational = len(encoded) == 2
        if is_variational:
            mean, deviation = encoded
            latents = mean + deviation * generator.normal(mean.shape)
        else:
            (latents,) = encoded
        noise = generator.normal(shape)
        mask = spec.source.mask
        if mask is not None and is_variational:
            # Stock inpainting encodes the kept region, too: one draw that stochastic
            # samplers would miss.
            generator.normal(shape)
        return Source(
            latents, noise, None if mask is None else mask_array(mask, *shape[-2:])
        )

    def predict(self, rows: Rows) -> Float32Array:
        (output,) = self._denoiser(
            latents=rows.latents, timesteps=rows.timesteps, states=rows.conditioning
        )
        return output

    def guide(
        self, positive: Float32Array, negative: Float32Array, scales: Float32Array
    ) -> Float32Array:
        return guided(positive, negative, scales)

    def unpack(self, latents: Float32Array, width: int, height: int) -> Float32Array:
        return latents

    def decode(self, latents: Float32Array) -> Float32Array:
        (pixels,) = self._decoder(latents=latents)
        return pixels

    def mean_latents(self, pixels: Float32Array) -> Float32Array:
        """[B, 3, H, W] pixels in [-1, 1] to latents, without any draw."""
        return self._encoder(pixels=pixels)[0]

    def _shape(self, spec: SampleSpec) -> tuple[int, int, int, int]:
        height, width = spec.height // self._factor, spec.width // self._factor
        return 1, self._latent_channels, height, width
