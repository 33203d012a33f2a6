"""Write the graphs that ONNX Runtime paints with: `export_onnx.py MODEL_FOLDER`.

The graphs hold no weights. Each names the places of its tensors in the component's own
safetensors file, so the folder keeps one set of weights; a graph fits exactly the file
that it was made for, and says which that is.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
import torch
from onnx import TensorProto, helper
from stock import StableDiffusionPipeline
from torch import Tensor, nn
from torch.export import Dim

# What each graph is called in the model's folder, as the server looks for them.
TEXT_ENCODER = "text_encoder/model.onnx"
DENOISER = "unet/model.onnx"
DECODER = "vae/decoder.onnx"
ENCODER = "vae/encoder.onnx"
# The note by which the server knows that a graph and the weights beside it belong
# together: see `fingerprint`.
WEIGHTS = "weights"

OPSET = 21
# Numbers that a graph has of its own (positions, scales) are this small.
LARGEST_INLINE_BYTES = 65_536
TYPES = {
    "F16": TensorProto.FLOAT16,
    "BF16": TensorProto.BFLOAT16,
    "F32": TensorProto.FLOAT,
}


class TextEncoderGraph(nn.Module):
    """Token numbers and their mask, [B, tokens] int64, to the states that the
    denoiser looks at.
    """

    def __init__(self, part: Any) -> None:
        super().__init__()
        self.part = part
        self.takes_mask = bool(getattr(part.config, "use_attention_mask", False))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        mask = attention_mask if self.takes_mask else None
        states: Tensor = self.part(input_ids, attention_mask=mask)[0]
        return states


class DenoiserGraph(nn.Module):
    """[R, C, h, w] latents, [R] timesteps and [R, tokens, width] states to the output
    of the UNet.
    """

    def __init__(self, part: Any) -> None:
        super().__init__()
        self.part = part

    def forward(self, latents: Tensor, timesteps: Tensor, states: Tensor) -> Tensor:
        output: Tensor = self.part(latents, timesteps, states, return_dict=False)[0]
        return output


class DecoderGraph(nn.Module):
    """[B, C, h, w] latents of the denoiser to [B, 3, H, W] pixels in [-1, 1]."""

    def __init__(self, part: Any) -> None:
        super().__init__()
        self.part = part
        self.scale, self.shift = _scaling(part)

    def forward(self, latents: Tensor) -> Tensor:
        pixels: Tensor = self.part.decode(
            latents / self.scale + self.shift, return_dict=False
        )[0]
        return pixels


class EncoderGraph(nn.Module):
    """[B, 3, H, W] pixels in [-1, 1] to latents of the denoiser; a variational
    autoencoder gives their mean and their deviation.
    """

    def __init__(self, part: Any) -> None:
        super().__init__()
        self.part = part
        self.scale, self.shift = _scaling(part)

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        encoded = self.part.encode(pixels)
        if not hasattr(encoded, "latent_dist"):
            return ((encoded.latents - self.shift) * self.scale,)
        spread = encoded.latent_dist
        return (spread.mean - self.shift) * self.scale, spread.std * self.scale


@dataclass(frozen=True)
class Inputs:
    """What a graph is traced with, and which of its axes may have another size."""

    example: dict[str, Tensor]
    axes: dict[str, dict[int, Any]]


def export(folder: Path) -> None:
    """Write all graphs of a `StableDiffusionPipeline` folder.

    Raises:
        ValueError: it is another pipeline's, or a tensor is in no weight file.
    """
    index = json.loads((folder / "model_index.json").read_text(encoding="utf-8"))
    if index["_class_name"] != "StableDiffusionPipeline":
        raise ValueError(f"no graphs for a {index['_class_name']}")
    pipeline = StableDiffusionPipeline.from_pretrained(folder, dtype=torch.float32)
    for part in (pipeline.text_encoder, pipeline.unet, pipeline.vae):
        part.eval().requires_grad_(False)
    with torch.no_grad():
        _write(folder / TEXT_ENCODER, *_text_encoder(pipeline))
        _write(folder / DENOISER, *_denoiser(pipeline))
        _write(folder / DECODER, *_decoder(pipeline))
        _write(folder / ENCODER, *_encoder(pipeline))


def _text_encoder(pipeline: Any) -> tuple[nn.Module, Inputs]:
    tokens = torch.ones(2, pipeline.tokenizer.model_max_length, dtype=torch.int64)
    batch = Dim("batch", min=1, max=1024)
    return TextEncoderGraph(pipeline.text_encoder), Inputs(
        {"input_ids": tokens, "attention_mask": tokens.clone()},
        {"input_ids": {0: batch}, "attention_mask": {0: batch}},
    )


def _denoiser(pipeline: Any) -> tuple[nn.Module, Inputs]:
    config = pipeline.unet.config
    batch, (height, width) = Dim("batch", min=1, max=1024), _sides(_halvings(pipeline))
    return DenoiserGraph(pipeline.unet), Inputs(
        {
            "latents": torch.zeros(2, config.in_channels, 16, 32),
            "timesteps": torch.tensor([1.0, 2.0]),
            "states": torch.zeros(
                2, pipeline.tokenizer.model_max_length, config.cross_attention_dim
            ),
        },
        {
            "latents": {0: batch, 2: height, 3: width},
            "timesteps": {0: batch},
            "states": {0: batch},
        },
    )


def _decoder(pipeline: Any) -> tuple[nn.Module, Inputs]:
    channels = pipeline.vae.config.latent_channels
    batch, (height, width) = Dim("batch", min=1, max=1024), _sides(1)
    return DecoderGraph(pipeline.vae), Inputs(
        {"latents": torch.zeros(2, channels, 16, 24)},
        {"latents": {0: batch, 2: height, 3: width}},
    )


def _encoder(pipeline: Any) -> tuple[nn.Module, Inputs]:
    factor = pipeline.vae_scale_factor
    batch, (height, width) = Dim("batch", min=1, max=1024), _sides(factor)
    return EncoderGraph(pipeline.vae), Inputs(
        {"pixels": torch.zeros(2, 3, 8 * factor, 12 * factor)},
        {"pixels": {0: batch, 2: height, 3: width}},
    )


def _halvings(pipeline: Any) -> int:
    """What the sides of latents must be multiples of, so that the UNet's sizes meet."""
    return int(2 ** (len(pipeline.unet.config.block_out_channels) - 1))


def _sides(multiple_of: int) -> tuple[Any, Any]:
    """Two dynamic sizes, both multiples."""
    height, width = (Dim(name, min=1, max=4096) for name in ("height", "width"))
    if multiple_of == 1:
        return height, width
    return multiple_of * height, multiple_of * width


def _scaling(vae: Any) -> tuple[float, float]:
    config = vae.config
    return config.scaling_factor, getattr(config, "shift_factor", None) or 0.0


def _write(path: Path, module: nn.Module, inputs: Inputs) -> None:
    """Trace `module`, point its tensors to the weights beside `path`, write it."""
    program = torch.onnx.export(
        module.eval(),
        tuple(inputs.example.values()),
        dynamo=True,
        # Anything folded here would be numbers of its own, and not the file's.
        optimize=False,
        opset_version=OPSET,
        verbose=False,
        input_names=list(inputs.example),
        dynamic_shapes=tuple(inputs.axes[name] for name in inputs.example),
    )
    assert program is not None
    graph: onnx.ModelProto = program.model_proto
    _forget_the_trace(graph)
    _point_to_weights(graph, path.parent)
    helper.set_model_props(graph, {WEIGHTS: fingerprint(path.parent)})
    path.write_bytes(graph.SerializeToString(deterministic=True))
    path.chmod(0o644)


def _forget_the_trace(model: onnx.ModelProto) -> None:
    """Where in which file of this machine each node came from."""
    for part in (*model.graph.node, *model.graph.value_info, *model.functions):
        part.ClearField("doc_string")
        part.ClearField("metadata_props")
    for function in model.functions:
        for node in function.node:
            node.ClearField("doc_string")
            node.ClearField("metadata_props")
    for value in (*model.graph.input, *model.graph.output, *model.graph.initializer):
        value.ClearField("metadata_props")
    model.graph.ClearField("metadata_props")
    model.ClearField("metadata_props")


@dataclass(frozen=True)
class Stored:
    """A tensor in a safetensors file: where it is, in bytes."""

    file: str
    kind: str
    shape: tuple[int, ...]
    offset: int
    length: int


def stored_tensors(component: Path) -> dict[str, Stored]:
    """All tensors of a component's weight files, by name."""
    found = {}
    for file in sorted(component.glob("*.safetensors")):
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            head = json.loads(stream.read(length))
        for name, entry in head.items():
            if name != "__metadata__":
                begin, end = entry["data_offsets"]
                found[name] = Stored(
                    file.name,
                    entry["dtype"],
                    tuple(entry["shape"]),
                    8 + length + begin,
                    end - begin,
                )
    return found


def fingerprint(component: Path) -> str:
    """Changes with the layout of the weights and with the config, which graphs hold;
    other numbers in the same places need no other graph.
    """
    digest = hashlib.sha256((component / "config.json").read_bytes())
    for file in sorted(component.glob("*.safetensors")):
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            digest.update(stream.read(length))
    return digest.hexdigest()


def _point_to_weights(model: onnx.ModelProto, component: Path) -> None:
    """Each tensor of the module becomes a place in the file, widened where it is read.

    Raises:
        ValueError: a large tensor is in no file.
    """
    stored = stored_tensors(component)
    widened = []
    for tensor in model.graph.initializer:
        place = stored.get(tensor.name.removeprefix("part."))
        if place is None or tensor.data_type != TensorProto.FLOAT:
            if tensor.ByteSize() > LARGEST_INLINE_BYTES:
                raise ValueError(f"{tensor.name} is in no weight file of {component}")
            continue
        if place.shape != tuple(tensor.dims):
            raise ValueError(f"{tensor.name} is stored in another shape")
        name = tensor.name
        if place.kind != "F32":
            tensor.name = f"{name}.stored"
            widened.append(
                helper.make_node("Cast", [tensor.name], [name], to=TensorProto.FLOAT)
            )
        tensor.data_type = TYPES[place.kind]
        tensor.ClearField("raw_data")
        tensor.ClearField("float_data")
        tensor.data_location = TensorProto.EXTERNAL
        del tensor.external_data[:]
        for key, value in (
            ("location", place.file),
            ("offset", str(place.offset)),
            ("length", str(place.length)),
        ):
            tensor.external_data.add(key=key, value=value)
    nodes = [*widened, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def main() -> None:
    """Parse the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="A diffusers model folder.")
    export(parser.parse_args().folder)


if __name__ == "__main__":
    main()
