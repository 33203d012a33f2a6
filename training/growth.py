"""A denoiser that learnt from pictures of half the size becomes the core of a whole.

A level is put around it that halves the latents on the way in and doubles them on the
way out, so that the core sees the whole picture at the size that it knows. At first the
new level hands everything on unchanged; then it learns what is finer (progressive
growing: Karras et al., 2017, https://arxiv.org/abs/1710.10196).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from stock import ResnetBlock2D, UNet2DConditionModel
from torch import Tensor, nn

Weights = Mapping[str, Tensor]


def put_core_into(model: UNet2DConditionModel, core: Weights) -> None:
    """Overwrite all of `model` with the weights of a denoiser that lacks its first
    level.

    Raises ValueError where a shape does not fit: the first two levels must be equally
    wide.
    """
    try:
        left = model.load_state_dict(_renamed(core), strict=False)
    except RuntimeError as error:
        raise ValueError(f"not the core of this denoiser: {error}") from error
    if left.unexpected_keys:
        raise ValueError(f"not the core of this denoiser: {left.unexpected_keys}")
    outer = model.down_blocks[0], model.up_blocks[-1]
    for block in outer:
        for resnet in block.resnets:
            _hand_on(resnet)
    _average(model.down_blocks[0].downsamplers[0].conv)
    _copy_centre(model.up_blocks[-2].upsamplers[0].conv)


def _renamed(core: Weights) -> dict[str, Tensor]:
    """Blocks on the way down are counted from outside, those on the way up from
    inside.
    """
    renamed = {}
    for name, value in core.items():
        first, *rest = name.split(".")
        if first == "down_blocks":
            rest[0] = str(int(rest[0]) + 1)
        renamed[".".join((first, *rest))] = value
    return renamed


@torch.no_grad()
def _hand_on(resnet: ResnetBlock2D) -> None:
    """Make it give what it gets, without the skipped half where there is one."""
    nn.init.zeros_(resnet.conv2.weight)
    nn.init.zeros_(resnet.conv2.bias)
    if resnet.conv_shortcut is not None:
        _copy_centre(resnet.conv_shortcut)


@torch.no_grad()
def _copy_centre(conv: nn.Conv2d) -> None:
    """Output channel i is input channel i."""
    nn.init.dirac_(conv.weight)
    if conv.bias is not None:
        nn.init.zeros_(conv.bias)


@torch.no_grad()
def _average(conv: nn.Conv2d) -> None:
    """Output channel i is the mean of 2 x 2 pixels of input channel i: with a stride of
    two and a padding of one they lie below the last two rows and columns of three.
    """
    nn.init.zeros_(conv.weight)
    for channel in range(len(conv.weight)):
        conv.weight[channel, channel, 1:, 1:] = 0.25
    if conv.bias is not None:
        nn.init.zeros_(conv.bias)
