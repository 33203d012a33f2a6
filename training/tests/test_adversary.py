"""The critic learns what is false, and pulls the painter away from it."""

from __future__ import annotations

import torch
from adversary import Adversary

CPU = torch.device("cpu")


def checkered(count: int) -> torch.Tensor:
    rows, columns = torch.arange(32)[:, None], torch.arange(32)[None]
    board = ((rows // 4 + columns // 4) % 2).float() * 2 - 1
    return board.expand(count, 3, 32, 32).clone()


def trained() -> Adversary:
    torch.manual_seed(0)
    adversary = Adversary(share=0.5, device=CPU)
    for _ in range(40):
        adversary.learn(checkered(4), 0.3 * torch.randn(4, 3, 32, 32))
    return adversary


def pull(adversary: Adversary, painted: torch.Tensor) -> torch.Tensor:
    """What would fool the critic, as a gradient of the picture alone."""
    layer = torch.zeros(1, requires_grad=True)
    total = adversary.added_to((layer * 0).sum() + layer.sum(), painted + layer, layer)
    return total.detach()


def test_flat_pictures_cost_more_than_real_ones() -> None:
    adversary = trained()
    assert pull(adversary, torch.zeros(2, 3, 32, 32)) > pull(adversary, checkered(2))


def test_goes_on_from_its_state() -> None:
    first = trained()
    second = Adversary(share=0.5, device=CPU)
    second.restore(first.state())
    painted = torch.zeros(1, 3, 32, 32)
    assert torch.equal(pull(first, painted), pull(second, painted))
