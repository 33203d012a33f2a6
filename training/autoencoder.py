"""The image autoencoder: 8x8 pixels become one place of 4 latent channels, and back.

Trained in two stages. First encoder and decoder together; then the latents are whitened
(mean 0, deviation 1 per channel, baked into the weights, because stock pipelines know
one scaling factor only). Last the decoder alone is polished on noisy latents, which
leaves the latents valid for a denoiser that is already training.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from config import AutoencoderConfig
from pictures import to_picture
from PIL import Image
from progress import (
    AveragedWeights,
    TrainingClock,
    every,
    learning_rate_factor,
    load_checkpoint,
    save_checkpoint,
    set_learning_rate,
)
from stock import AutoencoderTiny, AutoencoderTinyBlock
from torch import Tensor, nn

WARMUP_STEPS = 100
EMA_DECAY = 0.998
LATENT_PENALTY = 2e-3
"""Keeps the latents near unit scale while they form."""
CHECKPOINT_SECONDS = 120
LOG_STEPS = 100

log = logging.getLogger(__name__)


def build_autoencoder(config: AutoencoderConfig) -> AutoencoderTiny:
    """A fresh model that starts close to the identity: it shows colours after a hundred
    steps.
    """
    model = AutoencoderTiny(
        encoder_block_out_channels=(config.width,) * len(config.encoder_blocks),
        decoder_block_out_channels=(config.width,) * len(config.decoder_blocks),
        num_encoder_blocks=config.encoder_blocks,
        num_decoder_blocks=config.decoder_blocks,
        latent_channels=config.latent_channels,
    )
    for module in model.modules():
        if isinstance(module, AutoencoderTinyBlock):
            nn.init.zeros_(module.conv[-1].weight)
            nn.init.zeros_(module.conv[-1].bias)
    for layer in (*model.encoder.layers, *model.decoder.layers):
        if isinstance(layer, nn.Conv2d) and layer.in_channels == layer.out_channels:
            _start_as_copy(layer)
    return model


def _start_as_copy(layer: nn.Conv2d) -> None:
    """A resampling convolution starts by passing its input on (averaged where it halves
    the size).
    """
    weight = 0.02 * torch.randn_like(layer.weight)
    for channel in range(layer.in_channels):
        if layer.stride[0] == 2:
            weight[channel, channel] += 1 / 9
        else:
            weight[channel, channel, 1, 1] += 1
    with torch.no_grad():
        layer.weight.copy_(weight)


def train_autoencoder(
    config: AutoencoderConfig,
    batches: Iterator[Tensor],
    folder: Path,
    device: torch.device,
) -> AutoencoderTiny:
    """Encoder and decoder together, then whitening. Resumes from `folder`."""
    model = build_autoencoder(config)
    model.to(device, memory_format=torch.channels_last)

    def loss(pictures: Tensor) -> tuple[Tensor, Tensor]:
        with torch.autocast(device.type, torch.bfloat16):
            latents = model.encode(pictures).latents
            painted = model.decode(_disturbed(latents, config.latent_noise)).sample
        error = _difference(painted.float(), pictures)
        return error + LATENT_PENALTY * latents.float().pow(2).mean(), error

    _optimise(model, loss, config, config.minutes, batches, folder / "joint.pt", device)
    whiten(model, [next(batches).to(device) for _ in range(64)])
    return model


def polish_decoder(
    model: AutoencoderTiny,
    config: AutoencoderConfig,
    batches: Iterator[Tensor],
    folder: Path,
    device: torch.device,
) -> None:
    """Train the decoder alone; every stored latent stays valid."""
    model.to(device, memory_format=torch.channels_last)
    model.encoder.requires_grad_(False)

    def loss(pictures: Tensor) -> tuple[Tensor, Tensor]:
        with torch.autocast(device.type, torch.bfloat16):
            with torch.no_grad():
                latents = model.encode(pictures).latents
            painted = model.decode(_disturbed(latents, config.latent_noise)).sample
        error = _difference(painted.float(), pictures)
        return error, error

    checkpoint = folder / "polish.pt"
    _optimise(
        model.decoder, loss, config, config.polish_minutes, batches, checkpoint, device
    )


def _disturbed(latents: Tensor, noise: float) -> Tensor:
    """A little noise: the decoder learns to forgive the denoiser's small errors."""
    return latents + noise * torch.randn_like(latents)


def _difference(painted: Tensor, pictures: Tensor) -> Tensor:
    """Mean absolute error of the pixels and of their horizontal and vertical
    differences.
    """
    error = painted - pictures
    edges = error.diff(dim=3).abs().mean() + error.diff(dim=2).abs().mean()
    return error.abs().mean() + edges


def _optimise(
    trained: nn.Module,
    loss_of: Callable[[Tensor], tuple[Tensor, Tensor]],
    config: AutoencoderConfig,
    minutes: float,
    batches: Iterator[Tensor],
    checkpoint: Path,
    device: torch.device,
) -> None:
    """Run until `minutes` are spent; leaves the averaged weights in `trained`."""
    optimiser = torch.optim.AdamW(
        trained.parameters(), betas=(0.9, 0.97), weight_decay=1e-4
    )
    optimiser.param_groups[0]["base_lr"] = config.learning_rate
    average = AveragedWeights(trained, EMA_DECAY)
    step, spent = 0, 0.0
    errors: list[float] = []
    if state := load_checkpoint(checkpoint):
        trained.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        average.restore(state["average"])
        step, spent = state["step"], state["minutes"]
    clock = TrainingClock(minutes, spent)
    checkpoint_due = every(CHECKPOINT_SECONDS)
    while clock.progress < 1:
        set_learning_rate(
            optimiser, learning_rate_factor(clock.progress, step, WARMUP_STEPS)
        )
        pictures = next(batches).to(device, memory_format=torch.channels_last)
        loss, error = loss_of(pictures)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(trained.parameters(), 1.0)
        optimiser.step()
        average.update()
        step += 1
        errors.append(error.item())
        if step % LOG_STEPS == 0:
            log.info(
                "%.1f min  step %d  error %.4f",
                clock.minutes,
                step,
                sum(errors) / len(errors),
            )
            errors = []
        if next(checkpoint_due) or clock.progress >= 1:
            save_checkpoint(checkpoint, {
                "model": trained.state_dict(), "optimiser": optimiser.state_dict(),
                "average": average.state(), "step": step, "minutes": clock.minutes,
            })  # fmt: skip
    average.copy_to(trained)


@torch.no_grad()
def whiten(model: AutoencoderTiny, batches: list[Tensor]) -> None:
    """Bake mean 0 and deviation 1 per latent channel into the two outer convolutions.

    Exact but for the decoder's soft clamp and the zero padding at the border; polishing
    mends both.
    """
    latents = torch.cat([model.encode(batch).latents.float() for batch in batches])
    mean, deviation = latents.mean((0, 2, 3)), latents.std((0, 2, 3))
    last, first = model.encoder.layers[-1], model.decoder.layers[0]
    last.weight.div_(deviation[:, None, None, None])
    last.bias.copy_((last.bias - mean) / deviation)
    first.bias.add_((first.weight * mean[None, :, None, None]).sum((1, 2, 3)))
    first.weight.mul_(deviation[None, :, None, None])


@torch.no_grad()
def compare(model: AutoencoderTiny, pictures: Tensor, path: Path) -> float:
    """Write originals above reconstructions; returns the mean PSNR in dB."""
    painted = model.decode(model.encode(pictures).latents).sample.clamp(-1, 1)
    height, width = pictures.shape[2:]
    grid = Image.new("RGB", (width * len(pictures), 2 * height))
    for column, (original, copy) in enumerate(zip(pictures, painted, strict=True)):
        grid.paste(to_picture(original), (column * width, 0))
        grid.paste(to_picture(copy), (column * width, height))
    path.parent.mkdir(parents=True, exist_ok=True)
    grid.save(path)
    errors = ((painted - pictures) / 2).pow(2).mean((1, 2, 3))
    return float((-10 * torch.log10(errors)).mean())
