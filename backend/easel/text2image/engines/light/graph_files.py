"""Which folders carry graphs, and whether these fit the weights beside them.

`training/export_onnx.py` makes the graphs. They hold no weights: each names the places
of its tensors in the component's safetensors files.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from easel.text2image.engines.base import ModelUnavailable

# The only pipeline whose parts are exported.
PIPELINE = "StableDiffusionPipeline"


@dataclass(frozen=True, slots=True)
class GraphFiles:
    """The graphs of one model folder."""

    folder: Path

    @property
    def text_encoder(self) -> Path:
        """Token numbers and their mask to states."""
        return self.folder / "text_encoder" / "model.onnx"

    @property
    def denoiser(self) -> Path:
        """Latents, timesteps and states to the UNet's output."""
        return self.folder / "unet" / "model.onnx"

    @property
    def decoder(self) -> Path:
        """Latents to pixels."""
        return self.folder / "vae" / "decoder.onnx"

    @property
    def encoder(self) -> Path:
        """Pixels to latents; of a variational autoencoder mean and deviation."""
        return self.folder / "vae" / "encoder.onnx"

    def are_here(self) -> bool:
        """Whether all of them are."""
        graphs = (self.text_encoder, self.denoiser, self.decoder, self.encoder)
        return all(graph.is_file() for graph in graphs)


def refuse_foreign_weights(graph: Path) -> None:
    """A graph holds the fingerprint of what it was made for, as a note.

    Raises:
        ModelUnavailable: the weights beside it are others, so it would read nonsense.
        OSError: a file cannot be read.
    """
    if _fingerprint(graph.parent).encode() not in graph.read_bytes():
        raise ModelUnavailable(
            f"{graph} was made for other weights: run training/export_onnx.py on its "
            "model folder, or use --runtime torch"
        )


def _fingerprint(component: Path) -> str:
    """Of the config and of the layout of the weights, which the graphs rely on."""
    digest = hashlib.sha256((component / "config.json").read_bytes())
    for file in sorted(component.glob("*.safetensors")):
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            digest.update(stream.read(length))
    return digest.hexdigest()
