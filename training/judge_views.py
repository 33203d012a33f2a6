"""What training does to the judge's examples.

A view is a picture that a fair judge accepts: moved, flipped, softened, noisy, in other
colours, a little bent. A ruin keeps the colours and loses the shape: coarse blocks,
shuffled patches, strong bends, two pictures in one. Learning to answer "nothing" to
ruins is what keeps the judge from naming a blob by its colour.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from judge import SIDE
from torch import Tensor
from torch.nn import functional

SOFT_CELLS = (30, 56)
"""Pixels a side that a softened view keeps of a picture; fewer are blobs."""
RUINED_CELLS = (6, 14)
GENTLE_BEND, RUINING_BEND = 0.05, (0.3, 0.55)
BEND_KNOTS = 5
Change = Callable[[Tensor], Tensor]
NOISE = 0.1
RECOLOURED, GREYED, SOFTENED, NOISY, BENT = 0.3, 0.12, 0.45, 0.4, 0.3


def make_views(pictures: Tensor) -> Tensor:
    """(n, stored, stored, 3) uint8 to (n, 3, SIDE, SIDE) from -1 to 1."""
    images = pictures.permute(0, 3, 1, 2).float() / 127.5 - 1
    images = _moved(images)
    changes: tuple[tuple[float, Change], ...] = (
        (RECOLOURED, _other_colours),
        (GREYED, lambda x: x.mean(dim=1, keepdim=True)),
        (SOFTENED, lambda x: resampled(x, _between(SOFT_CELLS), smooth=True)),
        (NOISY, _with_noise),
    )
    for share, change in changes:
        chosen = torch.rand(len(images)) < share
        if chosen.any():
            images[chosen] = change(images[chosen]).expand_as(images[chosen])
    return images.clamp(-1, 1)


def ruin(images: Tensor) -> Tensor:
    """(n, 3, SIDE, SIDE) with the same colours and no shape; the kinds take turns."""
    parts = list(images.chunk(5))
    ruins: list[Change] = [
        lambda x: resampled(x, _between(RUINED_CELLS), smooth=False),
        lambda x: resampled(x, _between(RUINED_CELLS), smooth=True),
        lambda x: _shuffled(x, int(torch.randint(2, 5, ()))),
        lambda x: _bent(x, *RUINING_BEND),
        lambda x: (x + x.roll(1, 0)) / 2 if len(x) > 1 else -x,
    ]
    return torch.cat([spoil(part) for spoil, part in zip(ruins, parts, strict=False)])


def resampled(images: Tensor, cells: int, *, smooth: bool) -> Tensor:
    """Only `cells` x `cells` means are left of each picture: as blocks, or smoothed."""
    side = images.shape[-1]
    means = functional.interpolate(images, size=(cells, cells), mode="area")
    if not smooth:
        return functional.interpolate(means, size=(side, side), mode="nearest")
    return functional.interpolate(
        means, size=(side, side), mode="bicubic", align_corners=False
    )


def _moved(images: Tensor) -> Tensor:
    """Other places, sizes and directions; some a little bent. Gives SIDE pixels."""
    count = len(images)
    scale = 1 + 0.12 * (2 * torch.rand(count) - 1)
    flip = torch.where(torch.rand(count) < 0.3, -1.0, 1.0)
    frames = torch.zeros(count, 2, 3)
    frames[:, 0, 0], frames[:, 1, 1] = scale * flip, scale
    frames[:, :, 2] = 0.08 * (2 * torch.rand(count, 2) - 1)
    grid = functional.affine_grid(frames, [count, 3, SIDE, SIDE], align_corners=False)
    amount = GENTLE_BEND * torch.rand(count) * (torch.rand(count) < BENT)
    return _sampled(images, grid + _bends(count, amount))


def _bent(images: Tensor, least: float, most: float) -> Tensor:
    count = len(images)
    frames = torch.eye(2, 3).repeat(count, 1, 1)
    grid = functional.affine_grid(frames, list(images.shape), align_corners=False)
    amount = least + (most - least) * torch.rand(count)
    return _sampled(images, grid + _bends(count, amount))


def _bends(count: int, amount: Tensor) -> Tensor:
    """Smooth random shifts (count, SIDE, SIDE, 2), `amount` of the half picture."""
    knots = torch.randn(count, 2, BEND_KNOTS, BEND_KNOTS)
    shifts = functional.interpolate(
        knots, size=(SIDE, SIDE), mode="bicubic", align_corners=True
    )
    return shifts.permute(0, 2, 3, 1) * amount[:, None, None, None]


def _sampled(images: Tensor, grid: Tensor) -> Tensor:
    return functional.grid_sample(
        images, grid, padding_mode="border", align_corners=False
    )


def _other_colours(images: Tensor) -> Tensor:
    """Channels in another order, with other gains: the shape is all that is left."""
    count = len(images)
    orders = torch.stack([torch.randperm(3) for _ in range(count)])
    mixed = torch.gather(
        images, 1, orders[:, :, None, None].expand(-1, -1, *images.shape[2:])
    )
    gains = 0.7 + 0.5 * torch.rand(count, 3, 1, 1)
    return mixed * gains


def _with_noise(images: Tensor) -> Tensor:
    strength = NOISE * torch.rand(len(images), 1, 1, 1)
    return images + strength * torch.randn_like(images)


def _shuffled(images: Tensor, cells: int) -> Tensor:
    """Square patches in another order."""
    side = SIDE // cells
    images = images[:, :, : side * cells, : side * cells]
    patches = functional.unfold(images, side, stride=side)
    patches = patches[:, :, torch.randperm(cells * cells)]
    whole = functional.fold(patches, (side * cells, side * cells), side, stride=side)
    return functional.interpolate(whole, size=(SIDE, SIDE), mode="nearest")


def _between(limits: tuple[int, int]) -> int:
    return int(torch.randint(limits[0], limits[1] + 1, ()))
