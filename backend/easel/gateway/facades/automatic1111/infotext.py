"""The `parameters` text of AUTOMATIC1111: what it says of an image, written and read.

a cat in a hat
Negative prompt: dogs
Steps: 20, Sampler: Euler a, CFG scale: 7.0, Seed: 1, Size: 512x512, Model: sd15
"""

import json
import re

from easel import __version__
from easel.contract.generations import Parameters
from easel.gateway.facades.automatic1111.sampler_names import AUTOMATIC, named

_NEGATIVE = "Negative prompt:"
# Bounded everywhere: the text comes from a stranger's file.
_SETTING = re.compile(
    r'\s{0,8}(\w[\w \-/]{0,60}):\s{0,8}("(?:\\.|[^\\"]){0,4000}"|[^,]*)(?:,|$)'
)
_SIZE = re.compile(r"([0-9]+)x([0-9]+)")

# What is fewer belongs to the prompt.
_MIN_SETTINGS = 3
_MAX_SETTINGS_CHARACTERS = 16 * 1024


def infotext(prompt: str, parameters: Parameters, *, seed: int, model: str) -> str:
    """
    Args:
        prompt: As it was sent, tags and all.
        parameters: Of the generation that painted the image.
        seed: Of the image.
        model: Id.
    """
    lines = [prompt]
    if parameters.negative_prompt:
        lines.append(f"{_NEGATIVE} {parameters.negative_prompt}")
    sampler = named(parameters.sampler)
    settings: dict[str, object] = {
        "Steps": parameters.num_inference_steps,
        "Sampler": sampler.sampler,
    }
    if sampler.schedule != AUTOMATIC:
        settings["Schedule type"] = sampler.schedule
    settings |= {
        "CFG scale": parameters.guidance_scale,
        "Seed": seed,
        "Size": f"{parameters.width}x{parameters.height}",
        "Model": model,
    }
    if parameters.strength is not None:
        settings["Denoising strength"] = parameters.strength
    settings["Version"] = f"Easel {__version__}"
    pairs = (f"{name}: {_quoted(str(value))}" for name, value in settings.items())
    return "\n".join([*lines, ", ".join(pairs)])


def read_infotext(text: str) -> dict[str, str]:
    """By AUTOMATIC1111's names; a size `512x768` is `Size-1` and `Size-2`."""
    if not text.strip():
        return {}
    *lines, last = text.strip().split("\n")
    settings = _SETTING.findall(last[:_MAX_SETTINGS_CHARACTERS])
    if len(settings) < _MIN_SETTINGS:
        lines, settings = [*lines, last], []
    prompts = "".join(f"\n{line.strip()}" for line in lines)
    prompt, _, negative = prompts.partition(f"\n{_NEGATIVE}")
    found = {"Prompt": prompt.strip(), "Negative prompt": negative.strip()}
    for name, value in settings:
        size = _SIZE.fullmatch(value)
        if size is not None:
            found |= {f"{name}-1": size[1], f"{name}-2": size[2]}
        else:
            found[name] = _unquoted(value)
    return found


def _quoted(value: str) -> str:
    """In quotes where a reader would else take part of it for the next setting."""
    if any(mark in value for mark in ",:\n"):
        return json.dumps(value, ensure_ascii=False)
    return value


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    try:
        return str(json.loads(value))
    except ValueError:
        return value
