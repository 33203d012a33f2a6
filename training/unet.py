"""The denoiser: a small conditional UNet that predicts the noised latents' velocity."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from pathlib import Path

import torch
from config import UNetConfig
from latents import LatentPool
from noise import TIMESTEPS, Noising
from optimiser import build_optimisers
from progress import (
    AveragedWeights,
    TrainingClock,
    every,
    learning_rate_factor,
    load_checkpoint,
    save_checkpoint,
    set_learning_rate,
)
from stock import UNet2DConditionModel
from torch import Tensor, nn

HEAD_CHANNELS = 32
NORM_GROUPS = 16
TEXT_CHANNELS = 384
CHECKPOINT_SECONDS = 240
REFRESH_SECONDS = 45
LOG_STEPS = 100

log = logging.getLogger(__name__)


def build_unet(
    config: UNetConfig, latent_channels: int, sample_size: int
) -> UNet2DConditionModel:
    """A fresh model; it attends to the text where `config.attention` says so, and in
    the middle.
    """
    channels = config.channels
    down = {False: "DownBlock2D", True: "CrossAttnDownBlock2D"}
    up = {False: "UpBlock2D", True: "CrossAttnUpBlock2D"}
    return UNet2DConditionModel(
        sample_size=sample_size,
        in_channels=latent_channels,
        out_channels=latent_channels,
        block_out_channels=channels,
        down_block_types=tuple(down[attends] for attends in config.attention),
        up_block_types=tuple(up[attends] for attends in reversed(config.attention)),
        layers_per_block=1,
        cross_attention_dim=TEXT_CHANNELS,
        attention_head_dim=[width // HEAD_CHANNELS for width in channels],
        norm_num_groups=NORM_GROUPS,
    )


class UNetTrainer:
    """One training run, resumable from its checkpoint.

    Args:
        pool: the encoded scenes.
        empty_states: the token states of the empty prompt, for dropped captions.
        on_grid: called with the averaged model now and then, to paint a sample grid.
    """

    def __init__(
        self,
        model: UNet2DConditionModel,
        config: UNetConfig,
        pool: LatentPool,
        empty_states: Tensor,
        checkpoint: Path,
        device: torch.device,
    ) -> None:
        self.model = model
        model.to(device, memory_format=torch.channels_last)
        self.average = AveragedWeights(model, config.ema)
        self.samples = 0
        self._config, self._pool, self._empty = config, pool, empty_states.float()
        self._checkpoint, self._device = checkpoint, device
        self._noising = Noising(device)
        self._optimisers = build_optimisers(model, config.learning_rate)
        self._step = 0
        self._clock = TrainingClock(config.minutes, self._restore())

    def run(
        self, paint_grid: Callable[[UNetTrainer], None], grid_minutes: float
    ) -> None:
        """Train until the minutes are spent; then the model holds the averages."""
        checkpoint_due, refresh_due = every(CHECKPOINT_SECONDS), every(REFRESH_SECONDS)
        grid_due = every(grid_minutes * 60)
        losses: list[float] = []
        mark = time.monotonic()
        while self._clock.progress < 1:
            losses.append(self._train_step())
            if self._step % LOG_STEPS == 0:
                self._log(losses, time.monotonic() - mark)
                losses, mark = [], time.monotonic()
            if next(refresh_due):
                self._pool.refresh()
            if next(checkpoint_due):
                self._save()
            if next(grid_due):
                paint_grid(self)
        self._save()
        self.average.copy_to(self.model)

    def _train_step(self) -> float:
        config, progress = self._config, self._clock.progress
        factor = learning_rate_factor(
            progress, self._step, config.warmup_steps, config.flat_share
        )
        for optimiser in self._optimisers:
            set_learning_rate(optimiser, factor)
            optimiser.zero_grad()
        loss = self._loss(*self._pool.batch(self._phase(progress), config.batch_size))
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimiser in self._optimisers:
            optimiser.step()
        self.average.update()
        self._step += 1
        self.samples += config.batch_size
        return loss.item()

    def _log(self, losses: list[float], seconds: float) -> None:
        log.info(
            "%.1f min  step %d  loss %.4f  %d samples  %.1f/s  pool %d",
            self._clock.minutes,
            self._step,
            sum(losses) / len(losses),
            self.samples,
            len(losses) * self._config.batch_size / seconds,
            self._pool.scenes,
        )

    def _phase(self, progress: float) -> str:
        easy = (
            progress < self._config.easy_until
            or random.random() < self._config.easy_share_after
        )
        return "easy" if easy else "full"

    def _loss(self, latents: Tensor, states: Tensor) -> Tensor:
        count = len(latents)
        dropped = torch.rand(count, device=self._device) < self._config.caption_dropout
        states = torch.where(dropped[:, None, None], self._empty, states)
        timesteps = torch.randint(0, TIMESTEPS, (count,), device=self._device)
        noised, velocity = self._noising.add(
            latents, torch.randn_like(latents), timesteps
        )
        noised = noised.to(memory_format=torch.channels_last)
        with torch.autocast(self._device.type, torch.bfloat16):
            predicted = self.model(noised, timesteps, states, return_dict=False)[0]
        return nn.functional.mse_loss(predicted.float(), velocity)

    def _save(self) -> None:
        save_checkpoint(self._checkpoint, {
            "model": self.model.state_dict(), "average": self.average.state(),
            "optimisers": [optimiser.state_dict() for optimiser in self._optimisers],
            "step": self._step, "samples": self.samples, "minutes": self._clock.minutes,
        })  # fmt: skip

    def _restore(self) -> float:
        """Load the checkpoint, if any; returns the minutes already trained."""
        state = load_checkpoint(self._checkpoint)
        if state is None:
            return 0.0
        self.model.load_state_dict(state["model"])
        self.average.restore(state["average"])
        for optimiser, saved in zip(self._optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self._step, self.samples = state["step"], state["samples"]
        minutes: float = state["minutes"]
        return minutes
