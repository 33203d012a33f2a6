"""The image autoencoder: 8x8 pixels become one place of 4 latent channels, and back.

Trained in two stages. First encoder and decoder together; then the latents are whitened
(mean 0, deviation 1 per channel, baked into the weights, because stock pipelines know
one scaling factor only). Last the decoder alone is polished on noisy latents, which
leaves the latents valid for a denoiser that is already training.

The class is the variational one that stock pipelines expect, but its latents vary by
nothing: the variance is fixed at the smallest that the class allows.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from adversary import Adversary
from config import AutoencoderConfig
from optimiser import build_optimisers
from pictures import to_picture
from PIL import Image
from progress import (
    AveragedWeights,
    every,
    learning_rate_factor,
    load_checkpoint,
    save_checkpoint,
    set_learning_rate,
)
from stock import AutoencoderKL, Downsample2D, ResnetBlock2D, Upsample2D
from torch import Tensor, nn

NORM_GROUPS = 8
WARMUP_STEPS = 100
FLAT_SHARE = 0.3
EMA_DECAY = 0.998
LATENT_PENALTY = 2e-3
"""Keeps the latents near unit scale while they form."""
SMALLEST_LOG_VARIANCE = -30.0
"""Where diffusers clamps it (`DiagonalGaussianDistribution`)."""
WHITENING_BATCHES = 64
CHECKPOINT_SECONDS = 120
LOG_STEPS = 100

log = logging.getLogger(__name__)


def build_autoencoder(config: AutoencoderConfig) -> AutoencoderKL:
    """A fresh model that starts close to the identity: it shows colours after a hundred
    steps.
    """
    depth = len(config.channels)
    model = AutoencoderKL(
        block_out_channels=config.channels,
        down_block_types=("DownEncoderBlock2D",) * depth,
        up_block_types=("UpDecoderBlock2D",) * depth,
        layers_per_block=1,
        norm_num_groups=NORM_GROUPS,
        latent_channels=config.latent_channels,
        mid_block_add_attention=False,
        scaling_factor=1.0,
        force_upcast=False,
    )
    for module in model.modules():
        if isinstance(module, ResnetBlock2D):
            nn.init.zeros_(module.conv2.weight)
            nn.init.zeros_(module.conv2.bias)
        elif isinstance(module, Upsample2D | Downsample2D):
            _start_as_copy(module.conv)
    _fix_variance(model, config.latent_channels)
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


@torch.no_grad()
def _fix_variance(model: AutoencoderKL, channels: int) -> None:
    """Latents become a function of the picture; nothing in training moves these."""
    model.quant_conv.weight[channels:].zero_()
    model.quant_conv.bias[channels:].fill_(SMALLEST_LOG_VARIANCE)


def encode(model: AutoencoderKL, pictures: Tensor) -> Tensor:
    """(n, 3, height, width) in -1..1 -> (n, channels, height / 8, width / 8)."""
    latents: Tensor = model.encode(pictures).latent_dist.mean
    return latents


def decode(model: AutoencoderKL, latents: Tensor) -> Tensor:
    """The inverse of `encode`; slightly out of range where edges are sharp."""
    pictures: Tensor = model.decode(latents).sample
    return pictures


def train_autoencoder(
    config: AutoencoderConfig,
    batches: Iterator[Tensor],
    folder: Path,
    device: torch.device,
) -> AutoencoderKL:
    """Encoder and decoder together, then whitening. Resumes from `folder`."""
    model = build_autoencoder(config)
    model.to(device, memory_format=torch.channels_last)

    def loss(pictures: Tensor) -> tuple[Tensor, Tensor]:
        with torch.autocast(device.type, torch.bfloat16):
            latents = encode(model, pictures)
            painted = decode(model, _disturbed(latents, config.latent_noise))
        error = _difference(painted.float(), pictures)
        return error + LATENT_PENALTY * latents.float().pow(2).mean(), error

    checkpoint = folder / "joint.pt"
    _optimise(model, loss, config, config.samples, batches, checkpoint, device)
    whiten(model, [next(batches).to(device) for _ in range(WHITENING_BATCHES)])
    return model


def polish_decoder(
    model: AutoencoderKL,
    config: AutoencoderConfig,
    batches: Iterator[Tensor],
    folder: Path,
    device: torch.device,
) -> None:
    """Train the decoder alone, against an adversary; every stored latent stays valid.
    Resumes from `folder`.
    """
    model.to(device, memory_format=torch.channels_last)
    model.encoder.requires_grad_(False)
    adversary = Adversary(config.adversary_share, device)

    def loss(pictures: Tensor) -> tuple[Tensor, Tensor]:
        with torch.autocast(device.type, torch.bfloat16):
            with torch.no_grad():
                latents = encode(model, pictures)
            painted = decode(model, _disturbed(latents, config.latent_noise)).float()
        adversary.learn(pictures, painted)
        error = _difference(painted, pictures)
        last_layer = model.decoder.conv_out.weight
        return adversary.added_to(error, painted, last_layer), error

    samples, checkpoint = config.polish_samples, folder / "polish.pt"
    _optimise(
        model.decoder, loss, config, samples, batches, checkpoint, device, adversary
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
    budget: int,
    batches: Iterator[Tensor],
    checkpoint: Path,
    device: torch.device,
    adversary: Adversary | None = None,
) -> None:
    """Train on `budget` crops; leaves the averaged weights in `trained`."""
    optimisers = build_optimisers(trained, config.learning_rate)
    average = AveragedWeights(trained, EMA_DECAY)
    step = 0
    errors: list[float] = []
    if state := load_checkpoint(checkpoint):
        trained.load_state_dict(state["model"])
        for optimiser, saved in zip(optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        average.restore(state["average"])
        step = state["step"]
        if adversary:
            adversary.restore(state["adversary"])
    checkpoint_due = every(CHECKPOINT_SECONDS)
    while (samples := step * config.batch_size) < budget:
        factor = learning_rate_factor(samples / budget, step, WARMUP_STEPS, FLAT_SHARE)
        pictures = next(batches).to(device, memory_format=torch.channels_last)
        loss, error = loss_of(pictures)
        for optimiser in optimisers:
            set_learning_rate(optimiser, factor)
            optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(trained.parameters(), 1.0)
        for optimiser in optimisers:
            optimiser.step()
        average.update()
        step += 1
        errors.append(error.item())
        if step % LOG_STEPS == 0:
            mean = sum(errors) / len(errors)
            log.info("step %d  %d crops  error %.4f", step, samples, mean)
            errors = []
        if next(checkpoint_due) or (step * config.batch_size) >= budget:
            save_checkpoint(checkpoint, {
                "model": trained.state_dict(), "average": average.state(),
                "optimisers": [optimiser.state_dict() for optimiser in optimisers],
                "step": step, "adversary": adversary.state() if adversary else None,
            })  # fmt: skip
    average.copy_to(trained)


@torch.no_grad()
def whiten(model: AutoencoderKL, batches: list[Tensor]) -> None:
    """Bake mean 0 and deviation 1 per latent channel into the two 1x1 convolutions
    between encoder, latents and decoder: exact.
    """
    latents = torch.cat([encode(model, batch).float() for batch in batches])
    mean, deviation = latents.mean((0, 2, 3)), latents.std((0, 2, 3))
    into, out_of = model.quant_conv, model.post_quant_conv
    channels = len(mean)
    into.weight[:channels].div_(deviation[:, None, None, None])
    into.bias[:channels].copy_((into.bias[:channels] - mean) / deviation)
    out_of.bias.add_((out_of.weight * mean[None, :, None, None]).sum((1, 2, 3)))
    out_of.weight.mul_(deviation[None, :, None, None])
    _fix_variance(model, channels)  # weight decay has moved it a little


@torch.no_grad()
def compare(model: AutoencoderKL, pictures: Tensor, path: Path) -> float:
    """Write originals above reconstructions; returns the mean PSNR in dB."""
    painted = decode(model, encode(model, pictures)).clamp(-1, 1)
    height, width = pictures.shape[2:]
    grid = Image.new("RGB", (width * len(pictures), 2 * height))
    for column, (original, copy) in enumerate(zip(pictures, painted, strict=True)):
        grid.paste(to_picture(original), (column * width, 0))
        grid.paste(to_picture(copy), (column * width, height))
    path.parent.mkdir(parents=True, exist_ok=True)
    grid.save(path)
    errors = ((painted - pictures) / 2).pow(2).mean((1, 2, 3))
    return float((-10 * torch.log10(errors)).mean())
