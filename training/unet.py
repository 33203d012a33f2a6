"""The denoiser: a small conditional UNet that predicts the noised latents' velocity."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from config import Curriculum, UNetConfig
from latents import LatentStore
from noise import TIMESTEPS, Noising
from optimiser import build_optimisers
from progress import (
    AveragedWeights,
    every,
    learning_rate_factor,
    load_checkpoint,
    save_checkpoint,
    set_learning_rate,
)
from stock import AttnProcessor, UNet2DConditionModel
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


def core_of(config: UNetConfig) -> UNetConfig:
    """All levels but the first."""
    inner, attends = config.channels[1:], config.attention[1:]
    return replace(config, channels=inner, attention=attends)


class UNetTrainer:
    """One training run, resumable from its checkpoint.

    Args:
        curriculum: what is learnt from, for how long.
        store: the encoded scenes.
        empty_states: the token states of the empty prompt, for dropped captions.
        on_grid: called with the averaged model now and then, to paint a sample grid.
    """

    def __init__(
        self,
        model: UNet2DConditionModel,
        config: UNetConfig,
        curriculum: Curriculum,
        store: LatentStore,
        empty_states: Tensor,
        checkpoint: Path,
        device: torch.device,
    ) -> None:
        self.model = model
        model.to(device, memory_format=torch.channels_last)
        if device.type == "cpu":
            # Flash attention and its backward pass take five times as long there (torch
            # 2.13, 64 positions), a fifth of a step.
            model.set_attn_processor(AttnProcessor())
        self.average = AveragedWeights(model, config.ema)
        self.samples = 0
        self._config, self._curriculum = config, curriculum
        self._store, self._empty = store, empty_states.float()
        self._checkpoint, self._device = checkpoint, device
        self._noising = Noising(device)
        self._optimisers = build_optimisers(model, config.learning_rate)
        self._step = 0
        self._restore()

    def run(
        self, paint_grid: Callable[[UNetTrainer], None], grid_minutes: float
    ) -> None:
        """Train on what is left of the samples; then the model holds the averages."""
        checkpoint_due, refresh_due = every(CHECKPOINT_SECONDS), every(REFRESH_SECONDS)
        grid_due = every(grid_minutes * 60)
        losses: list[float] = []
        mark = time.monotonic()
        while self.samples < self._curriculum.samples:
            losses.append(self._train_step())
            if self._step % LOG_STEPS == 0:
                self._log(losses, time.monotonic() - mark)
                losses, mark = [], time.monotonic()
            if next(refresh_due):
                self._store.refresh()
            if next(checkpoint_due):
                self._save()
            if next(grid_due):
                paint_grid(self)
        self._save()
        self.average.copy_to(self.model)

    def _train_step(self) -> float:
        config = self._config
        factor = learning_rate_factor(
            self.samples / self._curriculum.samples,
            self._step,
            config.warmup_steps,
            config.flat_share,
        )
        for optimiser in self._optimisers:
            set_learning_rate(optimiser, factor)
            optimiser.zero_grad()
        pools = self._curriculum.stage_at(self.samples).pools
        loss = self._loss(*self._store.batch(pools, config.batch_size))
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
            "step %d  loss %.4f  %d samples  %.1f/s  of %d scenes",
            self._step,
            sum(losses) / len(losses),
            self.samples,
            len(losses) * self._config.batch_size / seconds,
            self._store.scenes,
        )

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
            "step": self._step, "samples": self.samples,
        })  # fmt: skip

    def _restore(self) -> None:
        state = load_checkpoint(self._checkpoint)
        if state is None:
            return
        self.model.load_state_dict(state["model"])
        self.average.restore(state["average"])
        for optimiser, saved in zip(self._optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self._step, self.samples = state["step"], state["samples"]
