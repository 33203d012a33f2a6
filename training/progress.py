"""What every training loop needs: a learning-rate curve, averaged weights,
checkpoints.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

FINAL_LEARNING_RATE = 0.02


def learning_rate_factor(
    progress: float, step: int, warmup_steps: int, flat_share: float = 0.0
) -> float:
    """Linear warm-up, then flat, then a cosine down to `FINAL_LEARNING_RATE`."""
    warmup = min(1.0, (step + 1) / warmup_steps)
    fall = min(1.0, max(0.0, (progress - flat_share) / (1 - flat_share)))
    cosine = 0.5 * (1 + math.cos(math.pi * fall))
    return warmup * (FINAL_LEARNING_RATE + (1 - FINAL_LEARNING_RATE) * cosine)


def set_learning_rate(optimiser: torch.optim.Optimizer, factor: float) -> None:
    """Scale each group's own `base_lr`."""
    for group in optimiser.param_groups:
        group["lr"] = group["base_lr"] * factor


class AveragedWeights:
    """An exponential moving average of a model's parameters (EMA)."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self._parameters = dict(model.named_parameters())
        self._decay = decay
        self._updates = 0
        self.values = {
            name: value.detach().clone() for name, value in self._parameters.items()
        }

    def update(self) -> None:
        """Move towards the model; the first updates follow it closely."""
        self._updates += 1
        decay = min(self._decay, self._updates / (self._updates + 20))
        live = [value.detach() for value in self._parameters.values()]
        torch._foreach_lerp_(list(self.values.values()), live, 1 - decay)

    def copy_to(self, model: nn.Module) -> None:
        """Overwrite `model`'s parameters with the averages."""
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                parameter.copy_(self.values[name])

    def state(self) -> dict[str, Any]:
        """For the checkpoint."""
        return {"values": self.values, "updates": self._updates}

    def restore(self, state: dict[str, Any]) -> None:
        """From the checkpoint."""
        self._updates = state["updates"]
        for name, value in state["values"].items():
            self.values[name].copy_(value)


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write `state` so that a crash leaves either the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    torch.save(state, temporary)
    os.replace(temporary, path)


def load_checkpoint(path: Path) -> dict[str, Any] | None:
    """The state that `save_checkpoint` wrote, if any."""
    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state


def every(seconds: float) -> Iterator[bool]:
    """Yields True once per `seconds`, False in between."""
    last = time.monotonic()
    while True:
        due = time.monotonic() - last >= seconds
        if due:
            last = time.monotonic()
        yield due
