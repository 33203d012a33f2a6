"""What an image file says about its making.

PNG gets the `parameters` text of AUTOMATIC1111, which most tools of the field read,
and our own JSON; WebP and JPEG carry the same text as EXIF UserComment.
"""

import json
from typing import Any

from PIL import ExifTags, Image, PngImagePlugin

from easel.contract.generations import ImageFormat, Parameters

# EXIF 2.32, 4.6.5: a UserComment begins with the name of its character code.
_UNICODE_PREFIX = b"UNICODE\0"


def image_metadata(
    image_format: ImageFormat, parameters: Parameters, *, seed: int, model: str
) -> dict[str, Any]:
    """The arguments of Pillow's `save` that put the parameters into the file."""
    text = infotext(parameters, seed=seed, model=model)
    if image_format == "png":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("parameters", text)
        info.add_itxt("easel", _own_json(parameters, seed=seed, model=model))
        return {"pnginfo": info}
    exif = Image.Exif()
    comment = _UNICODE_PREFIX + text.encode("utf-16-be")
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = comment
    exif[ExifTags.Base.Software] = "Easel"
    return {"exif": exif}


def infotext(parameters: Parameters, *, seed: int, model: str) -> str:
    """The three lines that AUTOMATIC1111 writes: prompt, negative prompt, settings."""
    lines = [parameters.prompt]
    if parameters.negative_prompt:
        lines.append(f"Negative prompt: {parameters.negative_prompt}")
    settings = {
        "Steps": parameters.num_inference_steps,
        "Sampler": parameters.sampler,
        "CFG scale": parameters.guidance_scale,
        "Seed": seed,
        "Size": f"{parameters.width}x{parameters.height}",
        "Model": model,
    }
    lines.append(", ".join(f"{name}: {value}" for name, value in settings.items()))
    return "\n".join(lines)


def _own_json(parameters: Parameters, *, seed: int, model: str) -> str:
    """This one image as a request: `num_images` 1 and its own seed."""
    fields = parameters.model_dump(mode="json") | {"seed": seed, "num_images": 1}
    return json.dumps({"model": model, "parameters": fields})
