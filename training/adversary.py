"""A critic of small patches, so that the decoder draws edges instead of averaging them.

The patch discriminator of Isola et al., "Image-to-Image Translation with Conditional
Adversarial Networks" (2017), with spectral normalisation (Miyato et al., 2018) and the
hinge loss; its weight against the error of the pixels is set at every step by their
gradients, as in Esser et al., "Taming Transformers" (2021).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

WIDTHS = (32, 64, 96)
LEARNING_RATE = 4e-4
ADAM_BETAS = (0.5, 0.9)
LARGEST_WEIGHT = 10.0


class Adversary:
    """Learns to tell painted patches from real ones, and says what would fool it.

    Args:
        share: its part of the decoder's gradient, against that of the pixels' error.
    """

    def __init__(self, share: float, device: torch.device) -> None:
        self._share, self._device = share, device
        self._critic = _critic().to(device)
        self._optimiser = torch.optim.AdamW(
            self._critic.parameters(), LEARNING_RATE, betas=ADAM_BETAS
        )

    def learn(self, pictures: Tensor, painted: Tensor) -> None:
        """One step of the critic on a batch of each."""
        self._critic.requires_grad_(True)
        real, false = self._score(pictures), self._score(painted.detach())
        loss = (
            nn.functional.relu(1 - real).mean() + nn.functional.relu(1 + false).mean()
        )
        self._optimiser.zero_grad()
        loss.backward()
        self._optimiser.step()

    def added_to(self, error: Tensor, painted: Tensor, last_layer: Tensor) -> Tensor:
        """`error` and what would fool the critic, in the share that was asked for."""
        self._critic.requires_grad_(False)
        fooling = -self._score(painted).mean()
        pull = _gradient_size(error, last_layer)
        push = _gradient_size(fooling, last_layer)
        weight = (self._share * pull / (push + 1e-6)).clamp(max=LARGEST_WEIGHT)
        return error + weight * fooling

    def state(self) -> dict[str, Any]:
        """For the checkpoint."""
        return {
            "critic": self._critic.state_dict(),
            "optimiser": self._optimiser.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """From the checkpoint."""
        self._critic.load_state_dict(state["critic"])
        self._optimiser.load_state_dict(state["optimiser"])

    def _score(self, pictures: Tensor) -> Tensor:
        with torch.autocast(self._device.type, torch.bfloat16):
            scores: Tensor = self._critic(pictures)
        return scores.float()


def _critic() -> nn.Sequential:
    """(n, 3, height, width) -> (n, 1, about height / 8, width / 8): a score a patch."""
    layers: list[nn.Module] = []
    before = 3
    for width in WIDTHS:
        convolution = nn.Conv2d(before, width, 4, stride=2, padding=1)
        layers += [nn.utils.parametrizations.spectral_norm(convolution)]
        layers += [nn.LeakyReLU(0.2)]
        before = width
    score = nn.utils.parametrizations.spectral_norm(nn.Conv2d(before, 1, 3, padding=1))
    return nn.Sequential(*layers, score)


def _gradient_size(loss: Tensor, weights: Tensor) -> Tensor:
    size: Tensor = torch.autograd.grad(loss, weights, retain_graph=True)[0].norm()
    return size.detach()
