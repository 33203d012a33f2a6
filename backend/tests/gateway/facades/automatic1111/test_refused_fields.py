from typing import Any

import pytest

from easel.gateway.facades.automatic1111.refused_fields import refused_fields


def refused_names(body: dict[str, Any]) -> list[str]:
    return [".".join(fault["loc"][1:]) for fault in refused_fields(body)]


# What SillyTavern sends with every call.
SILLY_TAVERN: dict[str, Any] = {
    "url": "http://somewhere:7860",
    "auth": "me:secret",
    "prompt": "a fox",
    "restore_faces": False,
    "enable_hr": False,
    "hr_upscaler": "Latent",
    "hr_scale": 2.0,
    "hr_additional_modules": [],
    "denoising_strength": 0.7,
    "hr_second_pass_steps": 0,
    "override_settings": {"CLIP_stop_at_last_layers": 1},
    "override_settings_restore_afterwards": True,
    "clip_skip": 1,
    "save_images": True,
    "send_images": True,
    "do_not_save_grid": False,
    "do_not_save_samples": False,
}

# The defaults of the stock API, as its clients copy them.
STOCK: dict[str, Any] = {
    "styles": None,
    "subseed": -1,
    "subseed_strength": 0,
    "seed_resize_from_h": -1,
    "seed_resize_from_w": -1,
    "restore_faces": None,
    "tiling": None,
    "eta": None,
    "s_min_uncond": 0,
    "s_churn": 0.0,
    "s_tmax": 0,
    "s_tmin": 0,
    "s_noise": 1.0,
    "refiner_checkpoint": "",
    "refiner_switch_at": 0.8,
    "comments": {},
    "script_name": None,
    "script_args": [],
    "alwayson_scripts": {},
    "infotext": None,
    "mask_blur": 4,
    "inpainting_fill": 0,
    "inpaint_full_res": True,
    "inpaint_full_res_padding": 0,
    "initial_noise_multiplier": None,
    "latent_mask": None,
    "resize_mode": 0,
    "image_cfg_scale": 1.5,
}


@pytest.mark.parametrize(
    "body",
    [
        SILLY_TAVERN,
        STOCK,
        {"eta": 1.0, "script_name": "None", "refiner_checkpoint": "None"},
        {
            "alwayson_scripts": {
                "ADetailer": {"args": [False]},
                "ControlNet": {"args": []},
                "AnimateDiff": {"args": [{"enable": False, "fps": 8}]},
                "ReActor": {"args": {"0": False}},
            }
        },
        {"override_settings": {"sd_vae": "Automatic", "samples_save": True}},
        {"override_settings": {"samples_format": "jpg", "anything": None}},
    ],
)
def test_what_clients_send_unasked_is_taken(body: dict[str, Any]) -> None:
    assert refused_names(body) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("styles", ["Fur"]),
        ("subseed_strength", 0.1),
        ("seed_resize_from_h", 512),
        ("restore_faces", True),
        ("tiling", True),
        ("eta", 0.5),
        ("s_churn", 1),
        ("s_noise", 0.9),
        ("enable_hr", True),
        ("refiner_checkpoint", "sdxl-refiner"),
        ("script_name", "X/Y/Z plot"),
        ("alwayson_scripts", {"ControlNet": {"args": [{"enabled": True}]}}),
        ("alwayson_scripts", {"ADetailer": {"args": [True]}}),
        ("alwayson_scripts", {"ADetailer": "on"}),
        ("alwayson_scripts", ["ADetailer"]),
        ("controlnet_units", [{}]),
        ("infotext", "a fox\nSteps: 3"),
        ("clip_skip", 2),
        ("resize_mode", 1),
        ("mask_blur", 8),
        ("inpainting_fill", 2),
        ("inpaint_full_res_padding", 64),
    ],
)
def test_what_cannot_be_had_is_refused_by_name(name: str, value: object) -> None:
    assert refused_names({"prompt": "a fox", name: value}) == [name]


def test_settings_are_refused_by_name() -> None:
    settings = {"CLIP_stop_at_last_layers": 2, "randn_source": "CPU", "sd_vae": "mse"}
    assert refused_names({"override_settings": settings}) == [
        "override_settings.CLIP_stop_at_last_layers",
        "override_settings.sd_vae",
        "override_settings.randn_source",
    ]
