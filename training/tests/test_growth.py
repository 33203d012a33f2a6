"""A denoiser that grows paints as its core does, twice as large, before it learns."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from config import UNetConfig, load_config
from growth import put_core_into
from stock import UNet2DConditionModel
from torch import Tensor, nn
from unet import TEXT_CHANNELS, build_unet, core_of

CHANNELS = 4
SIDE = 16


@pytest.fixture
def shape() -> UNetConfig:
    return replace(
        load_config().unet,
        channels=(32, 32, 64, 32),
        attention=(False, False, True, False),
    )


def built(shape: UNetConfig) -> UNet2DConditionModel:
    """With random numbers where a fresh model has zeros."""
    torch.manual_seed(0)
    model = build_unet(shape, CHANNELS, SIDE)
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.1)
    return model


def doubled(picture: Tensor) -> Tensor:
    return nn.functional.interpolate(picture, scale_factor=2.0, mode="nearest")


def see_single_pixels(conv: nn.Conv2d) -> None:
    """Without neighbours, a doubled picture gives a doubled answer."""
    with torch.no_grad():
        centre = conv.weight[:, :, 1:2, 1:2].clone()
        conv.weight.zero_()
        conv.weight[:, :, 1:2, 1:2] = centre


def test_a_grown_denoiser_does_what_its_core_does(shape: UNetConfig) -> None:
    core = built(core_of(shape))
    see_single_pixels(core.conv_in)
    see_single_pixels(core.conv_out)
    whole = built(shape)
    put_core_into(whole, core.state_dict())
    latents = torch.randn(2, CHANNELS, SIDE, SIDE)
    states = torch.randn(2, 24, TEXT_CHANNELS)
    timesteps = torch.tensor([10, 700])
    with torch.no_grad():
        small = core(latents, timesteps, states, return_dict=False)[0]
        large = whole(doubled(latents), timesteps, states, return_dict=False)[0]
    assert small.std() > 0.01
    assert torch.allclose(large, doubled(small), atol=1e-4)


def test_every_weight_of_the_new_level_can_learn(shape: UNetConfig) -> None:
    whole = built(shape)
    put_core_into(whole, built(core_of(shape)).state_dict())
    for _ in range(2):  # what is behind a zero learns after the zero has moved
        whole.zero_grad()
        latents = torch.randn(2, CHANNELS, SIDE * 2, SIDE * 2)
        states = torch.randn(2, 24, TEXT_CHANNELS)
        whole(latents, torch.tensor([10, 700]), states).sample.square().sum().backward()
        with torch.no_grad():
            for parameter in whole.parameters():
                assert parameter.grad is not None
                parameter.sub_(parameter.grad.sign(), alpha=1e-3)
    gradients = {name: value.grad for name, value in whole.named_parameters()}
    still = [name for name, each in gradients.items() if each is None or not each.any()]
    assert not still


def test_the_core_of_another_shape_is_refused(shape: UNetConfig) -> None:
    other = replace(shape, channels=(32, 64, 64, 32))
    with pytest.raises(ValueError, match="not the core"):
        put_core_into(built(shape), built(core_of(other)).state_dict())
    with pytest.raises(ValueError, match="not the core"):
        put_core_into(built(core_of(shape)), built(shape).state_dict())
