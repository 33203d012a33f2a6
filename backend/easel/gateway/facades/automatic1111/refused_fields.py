"""What AUTOMATIC1111 can do and this service cannot, field by field. Pure.

Clients send all of their fields with every call. A value that changes nothing is
taken; one that asks for something is refused by name, never dropped in silence.
"""

from collections.abc import Callable, Mapping
from typing import Any

Accepts = Callable[[Any], bool]

# One fault as FastAPI writes it: `type`, `loc`, `msg`; never the value, which may be
# a prompt.
Fault = dict[str, Any]

_WITHOUT_A_CHOICE = ("", "none", "automatic")


def _is(*values: object) -> Accepts:
    """One of these; numbers by value, so that 1.0 is 1."""
    return lambda value: value in values


def _is_nothing(value: object) -> bool:
    return not value


def _names_nothing(value: object) -> bool:
    return isinstance(value, str) and value.strip().lower() in _WITHOUT_A_CHOICE


def _is_not_positive(value: object) -> bool:
    return isinstance(value, int | float) and value <= 0


def _is_all_switched_off(scripts: object) -> bool:
    return isinstance(scripts, Mapping) and all(map(_is_switched_off, scripts.values()))


def _is_switched_off(script: object) -> bool:
    """As extensions are sent by clients that know them and do not want them."""
    arguments = script.get("args", []) if isinstance(script, Mapping) else script
    if isinstance(arguments, Mapping):
        arguments = list(arguments.values())
    if not isinstance(arguments, list):
        return False
    return all(
        argument is False
        or (
            isinstance(argument, Mapping)
            and (argument.get("enabled") is False or argument.get("enable") is False)
        )
        for argument in arguments
    )


# The values of each that change nothing; null never does. Where the stock default, or
# what a stock client sends unasked, is more than nothing, it is taken too: `eta` (1 of
# webuiapi), `mask_blur`, `inpainting_fill`, `inpaint_full_res_padding`.
_NEUTRAL: Mapping[str, Accepts] = {
    "styles": _is_nothing,
    "subseed_strength": _is(0),
    "seed_resize_from_h": _is_not_positive,
    "seed_resize_from_w": _is_not_positive,
    "restore_faces": _is_nothing,
    "tiling": _is_nothing,
    "eta": _is(0, 1),
    "s_churn": _is(0),
    "s_tmin": _is(0),
    "s_noise": _is(1),
    "s_min_uncond": _is(0),
    "enable_hr": _is_nothing,
    "firstpass_image": _is_nothing,
    "refiner_checkpoint": _names_nothing,
    "script_name": _names_nothing,
    "alwayson_scripts": _is_all_switched_off,
    "controlnet_units": _is_nothing,
    "infotext": _is_nothing,
    "clip_skip": _is(0, 1),
    "distilled_cfg_scale": _is(3.5),
    "resize_mode": _is(0),
    "initial_noise_multiplier": _is(1),
    "latent_mask": _is_nothing,
    "mask_blur": _is(0, 4),
    "mask_blur_x": _is(0, 4),
    "mask_blur_y": _is(0, 4),
    "inpainting_fill": _is(0, 1),
    "inpaint_full_res": _is(0, 1),
    "inpaint_full_res_padding": _is(0, 32),
}

JUDGED_FIELDS = frozenset(_NEUTRAL)

# Of `override_settings`; `translation.py` reads the ones that are served.
SERVED_SETTINGS = ("sd_model_checkpoint", "samples_format")
_NEUTRAL_SETTINGS: Mapping[str, Accepts] = {
    "CLIP_stop_at_last_layers": _is(0, 1),
    "sd_vae": _names_nothing,
    "forge_additional_modules": _is_nothing,
    "eta_noise_seed_delta": _is(0),
    "face_restoration": _is_nothing,
    "tiling": _is_nothing,
    # No file is written for the caller, and no grid is made.
    "samples_save": _is(0, 1),
    "grid_save": _is(0, 1),
    "return_grid": _is_nothing,
}


def refused_fields(body: Mapping[str, Any]) -> list[Fault]:
    """One fault for each field of `body` that asks for what cannot be had."""
    settings = body.get("override_settings")
    return [
        *_refused(body, _NEUTRAL, ("body",)),
        *(_refused_settings(settings) if isinstance(settings, Mapping) else ()),
    ]


def _refused_settings(settings: Mapping[str, Any]) -> list[Fault]:
    location = ("body", "override_settings")
    unknown = settings.keys() - _NEUTRAL_SETTINGS.keys() - set(SERVED_SETTINGS)
    return [
        *_refused(settings, _NEUTRAL_SETTINGS, location),
        *(
            fault((*location, name), "this setting cannot be overridden here")
            for name in sorted(unknown)
            if settings[name] is not None
        ),
    ]


def _refused(
    values: Mapping[str, Any], neutral: Mapping[str, Accepts], location: tuple[str, ...]
) -> list[Fault]:
    return [
        fault((*location, name), "this service cannot do that; leave it out")
        for name, accepts in neutral.items()
        if values.get(name) is not None and not accepts(values[name])
    ]


def fault(location: tuple[str | int, ...], message: str) -> Fault:
    return {"type": "value_error", "loc": location, "msg": message}
