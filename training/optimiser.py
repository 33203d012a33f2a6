"""Muon for the weight matrices, AdamW for everything else.

Muon replaces a matrix's momentum by the nearest orthogonal matrix, so that every
direction is learnt at the same pace. Updates are scaled to about the size of AdamW's,
so both share one learning rate.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

MUON_MOMENTUM = 0.95
MUON_UPDATE_SIZE = 0.4
ADAM_BETAS = (0.9, 0.98)
WEIGHT_DECAY = 0.01
OUTER_LAYERS = frozenset(
    {"conv_in", "conv_out", "time_embedding", "quant_conv", "post_quant_conv"}
)
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
NEWTON_SCHULZ_STEPS = 5


def build_optimisers(
    model: nn.Module, learning_rate: float
) -> list[torch.optim.Optimizer]:
    """Muon for the hidden matrices and convolutions, AdamW for the first, the last,
    biases and norms.
    """
    hidden: list[nn.Parameter] = []
    rest: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        outer = not OUTER_LAYERS.isdisjoint(name.split("."))
        (rest if parameter.ndim < 2 or outer else hidden).append(parameter)
    adam = torch.optim.AdamW(
        rest, learning_rate, betas=ADAM_BETAS, weight_decay=WEIGHT_DECAY
    )
    optimisers: list[torch.optim.Optimizer] = [Muon(hidden, learning_rate), adam]
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["base_lr"] = learning_rate
    return optimisers


class Muon(torch.optim.Optimizer):
    """Orthogonalised Nesterov momentum; a convolution counts as a matrix with one row
    per output.
    """

    def __init__(self, parameters: list[nn.Parameter], lr: float) -> None:
        super().__init__(parameters, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]  # no closure is used
        """Update every parameter; those of one shape together."""
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[Tensor]] = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is not None:
                    by_shape[parameter.shape].append(parameter)
            for alike in by_shape.values():
                self._step_alike(alike, group["lr"])

    def _step_alike(self, parameters: list[Tensor], lr: float) -> None:
        directions = torch.stack(
            [self._direction(parameter) for parameter in parameters]
        )
        rows, columns = directions.shape[1:]
        scale = MUON_UPDATE_SIZE * max(rows, columns) ** 0.5
        for parameter, update in zip(
            parameters, orthogonalise(directions), strict=True
        ):
            parameter.mul_(1 - lr * WEIGHT_DECAY)
            parameter.add_(
                update.view(parameter.shape).to(parameter.dtype), alpha=-lr * scale
            )

    def _direction(self, parameter: Tensor) -> Tensor:
        gradient = parameter.grad
        assert gradient is not None  # the caller chose those that have one
        state: dict[str, Any] = self.state[parameter]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(gradient)
        momentum: Tensor = state["momentum"]
        momentum.lerp_(gradient, 1 - MUON_MOMENTUM)
        return gradient.lerp(momentum, MUON_MOMENTUM).reshape(len(parameter), -1)


def orthogonalise(matrices: Tensor) -> Tensor:
    """(n, rows, columns) -> the same with singular values near one (Newton-Schulz)."""
    a, b, c = NEWTON_SCHULZ
    x: Tensor = matrices.bfloat16()
    tall = x.shape[1] > x.shape[2]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if tall else x
