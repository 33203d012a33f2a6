"""Diffusers folders with random weights in the real models' shapes; needs no network.

They paint noise at the speed of the real ones: SD 1.5, SDXL base and FLUX.1-dev, text
encoders included, in bfloat16. Components are made and written one at a time, so the
largest of them (FLUX's transformer, 24 GB) is what has to fit into memory. Tokenizers
know single letters only: prompts are longer in tokens, and padded to the same length.
"""

# ruff: noqa: T201 - it talks to a person at a terminal

import argparse
import gc
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

from . import model_configs as configs
from .model_configs import Config, Scale

# What a component is called in the folder, and how it is made.
Components = dict[str, Callable[[], Any]]


def sd15(scale: Scale) -> tuple[str, Components]:
    """Stable Diffusion 1.5: pipeline class and components."""
    from diffusers import PNDMScheduler, UNet2DConditionModel

    tokenizer = clip_tokenizer()
    return "StableDiffusionPipeline", {
        "scheduler": lambda: PNDMScheduler(
            **configs.STABLE_DIFFUSION_NOISE,
            set_alpha_to_one=False,
            skip_prk_steps=True,
        ),
        "text_encoder": lambda: _clip(tokenizer, configs.CLIP_L[scale]),
        "tokenizer": lambda: tokenizer,
        "unet": lambda: UNet2DConditionModel(**configs.SD15_UNET[scale]),
        "vae": lambda: _autoencoder(scale, configs.SD15_LATENTS),
    }


def sdxl(scale: Scale) -> tuple[str, Components]:
    """Stable Diffusion XL base 1.0."""
    from diffusers import EulerDiscreteScheduler, UNet2DConditionModel

    tokenizer = clip_tokenizer()
    return "StableDiffusionXLPipeline", {
        "scheduler": lambda: EulerDiscreteScheduler(
            **configs.STABLE_DIFFUSION_NOISE, timestep_spacing="leading"
        ),
        "text_encoder": lambda: _clip(tokenizer, configs.CLIP_L[scale]),
        "text_encoder_2": lambda: _clip(
            tokenizer, configs.CLIP_BIG_G[scale], is_projecting=True
        ),
        "tokenizer": lambda: tokenizer,
        "tokenizer_2": lambda: tokenizer,
        "unet": lambda: UNet2DConditionModel(**configs.SDXL_UNET[scale]),
        "vae": lambda: _autoencoder(scale, configs.SDXL_LATENTS),
    }


def flux(scale: Scale) -> tuple[str, Components]:
    """FLUX.1-dev."""
    from diffusers import FlowMatchEulerDiscreteScheduler, FluxTransformer2DModel
    from transformers import T5Config, T5EncoderModel

    tokenizer = clip_tokenizer()
    return "FluxPipeline", {
        "scheduler": lambda: FlowMatchEulerDiscreteScheduler(**configs.FLUX_NOISE),
        "text_encoder": lambda: _clip(tokenizer, configs.CLIP_L[scale]),
        "text_encoder_2": lambda: T5EncoderModel(T5Config(**configs.T5_XXL[scale])),
        "tokenizer": lambda: tokenizer,
        "tokenizer_2": letter_tokenizer,
        "transformer": lambda: FluxTransformer2DModel(
            **configs.FLUX_TRANSFORMER[scale]
        ),
        "vae": lambda: _autoencoder(scale, configs.FLUX_LATENTS),
    }


MODELS = {"sd15": sd15, "sdxl": sdxl, "flux": flux}


def clip_tokenizer() -> Any:
    """CLIP's, with single bytes for a vocabulary."""
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import CLIPTokenizer

    letters = sorted(ByteLevel.alphabet())
    words = [*letters, *(f"{letter}</w>" for letter in letters)]
    words += ["<|startoftext|>", "<|endoftext|>"]
    with tempfile.TemporaryDirectory() as name:
        vocabulary, merges = Path(name) / "vocab.json", Path(name) / "merges.txt"
        numbers = {word: number for number, word in enumerate(words)}
        vocabulary.write_text(json.dumps(numbers), encoding="utf-8")
        merges.write_text("#version: 0.2\n", encoding="utf-8")
        return CLIPTokenizer(str(vocabulary), str(merges), model_max_length=77)


def letter_tokenizer() -> Any:
    """In T5's place: lower-case letters."""
    from tokenizers import Tokenizer
    from tokenizers.models import Unigram
    from transformers import PreTrainedTokenizerFast

    special = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    letters = [(letter, -2.0) for letter in "abcdefghijklmnopqrstuvwxyz "]
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(Unigram(special + letters, unk_id=2)),
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=512,
    )


def build(name: str, scale: Scale, folder: Path, device: str) -> None:
    """Write the model's folder; torch's random numbers begin at 0."""
    import torch

    torch.manual_seed(0)
    pipeline_class, components = MODELS[name](scale)
    index: dict[str, object] = {"_class_name": pipeline_class}
    for part, make in components.items():
        with _random_on(device):
            made = make()
        if isinstance(made, torch.nn.Module):
            parameters = sum(tensor.numel() for tensor in made.parameters())
            print(f"{name}: {part}, {parameters / 1e6:.4g} million parameters")
        made.save_pretrained(folder / part)
        library = type(made).__module__.split(".")[0]
        index[part] = [library, type(made).__name__]
        del made
        gc.collect()
    if name == "sd15":
        index |= {
            "safety_checker": [None, None],
            "feature_extractor": [None, None],
            "requires_safety_checker": False,
        }
    text = json.dumps(index, indent=2) + "\n"
    (folder / "model_index.json").write_text(text, encoding="utf-8")


def _random_on(device: str) -> Any:
    """New tensors are bfloat16, and drawn on the device: a GPU draws in seconds."""
    import contextlib

    import torch

    stack = contextlib.ExitStack()
    stack.enter_context(torch.device(device))
    stack.callback(torch.set_default_dtype, torch.get_default_dtype())
    torch.set_default_dtype(torch.bfloat16)
    return stack


def _clip(tokenizer: Any, config: Config, *, is_projecting: bool = False) -> Any:
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    made = CLIPTextModelWithProjection if is_projecting else CLIPTextModel
    return made(
        CLIPTextConfig(
            **config,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def _autoencoder(scale: Scale, latents: Config) -> Any:
    from diffusers import AutoencoderKL

    return AutoencoderKL(**configs.AUTOENCODER[scale], **latents)


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("models", nargs="+", choices=sorted(MODELS))
    options.add_argument("--scale", choices=get_args(Scale), default="full")
    options.add_argument("--to", type=Path, required=True, help="a folder for each")
    options.add_argument("--device", default="cpu", help="where numbers are drawn")
    arguments = options.parse_args()
    for name in arguments.models:
        folder = arguments.to / f"{name}-{arguments.scale}-random"
        build(name, arguments.scale, folder, arguments.device)
        print(f"{name}: {folder}")


if __name__ == "__main__":
    main()
