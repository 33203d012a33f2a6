"""What an image file says about its making.

PNG gets the `parameters` text of AUTOMATIC1111, which most tools of the field read,
and our own JSON; WebP and JPEG carry the same text as EXIF UserComment. All three say
in XMP, where IPTC has put it, that a model made the image. Signatures are not ours:
`content_credentials.py`.
"""

import json
from typing import Any, Literal
from xml.sax.saxutils import escape

from PIL import ExifTags, Image, PngImagePlugin

from easel import __version__
from easel.contract.generations import ImageFormat, Parameters

# `none`: the file holds what decodes to pixels and nothing else.
MetadataMode = Literal["full", "none"]

CREATOR_TOOL = f"Easel {__version__}"

# https://cv.iptc.org/newscodes/digitalsourcetype/
_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
PAINTED = _SOURCE_TYPES + "trainedAlgorithmicMedia"
REPAINTED = _SOURCE_TYPES + "compositeWithTrainedAlgorithmicMedia"

# EXIF 2.32, 4.6.5: a UserComment begins with the name of its character code.
_UNICODE_PREFIX = b"UNICODE\0"

# The keyword under which the XMP specification, part 3, keeps a packet in a PNG.
_PNG_XMP_KEYWORD = "XML:com.adobe.xmp"

_XMP_PACKET = """\
<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/">
   <Iptc4xmpExt:DigitalSourceType>{source_type}</Iptc4xmpExt:DigitalSourceType>
   <xmp:CreatorTool>{creator_tool}</xmp:CreatorTool>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""

_KARRAS_SUFFIX = "_karras"
# Spaced as the model was made, where AUTOMATIC1111 would take the name alone for
# another schedule: for Karras (DPM++ 2M), for Exponential (DPM++ 2M SDE).
_SAID_TO_BE_UNIFORM = frozenset({"dpmpp_2m", "dpmpp_2m_sde"})
# Our samplers in the words of AUTOMATIC1111's menu; any other keeps its own name.
_A1111_SAMPLERS = {
    "ddim": "DDIM",
    "ddpm": "DDPM",
    "dpmpp_2m": "DPM++ 2M",
    "dpmpp_2m_sde": "DPM++ 2M SDE",
    "euler": "Euler",
    "euler_ancestral": "Euler a",
    "flow_match_euler": "Euler",
    "heun": "Heun",
    "lcm": "LCM",
    "pndm": "PLMS",
    "unipc": "UniPC",
}


def image_metadata(
    image_format: ImageFormat, parameters: Parameters, *, seed: int, model: str
) -> dict[str, Any]:
    """The arguments of Pillow's `save` that put the parameters into the file."""
    text = infotext(parameters, seed=seed, model=model)
    packet = xmp_packet(parameters)
    if image_format == "png":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("parameters", text)
        info.add_itxt("easel", _own_json(parameters, seed=seed, model=model))
        info.add_itxt(_PNG_XMP_KEYWORD, packet)
        return {"pnginfo": info}
    exif = Image.Exif()
    comment = _UNICODE_PREFIX + text.encode("utf-16-be")
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = comment
    exif[ExifTags.Base.Software] = CREATOR_TOOL
    return {"exif": exif, "xmp": packet.encode()}


def digital_source_type(parameters: Parameters) -> str:
    """IPTC's term, as a URI, for what a generation began with: noise, or an image."""
    return PAINTED if parameters.image_sha256 is None else REPAINTED


def xmp_packet(parameters: Parameters) -> str:
    """That a model made the image, and which tool; nothing of what was asked for."""
    return _XMP_PACKET.format(
        source_type=escape(digital_source_type(parameters)),
        creator_tool=escape(CREATOR_TOOL),
    )


def infotext(parameters: Parameters, *, seed: int, model: str) -> str:
    """The three lines that AUTOMATIC1111 writes: prompt, negative prompt, settings."""
    loras = (f"<lora:{lora.id}:{lora.scale:g}>" for lora in parameters.loras)
    lines = [" ".join((parameters.prompt, *loras))]
    if parameters.negative_prompt:
        lines.append(f"Negative prompt: {parameters.negative_prompt}")
    settings: dict[str, object] = {
        "Steps": parameters.num_inference_steps,
        **_sampler_settings(parameters.sampler),
        "CFG scale": parameters.guidance_scale,
        "Seed": seed,
        "Size": f"{parameters.width}x{parameters.height}",
        "Model": model,
    }
    if parameters.strength is not None:
        settings["Denoising strength"] = parameters.strength
    settings["Version"] = CREATOR_TOOL
    pairs = (f"{name}: {_quoted(str(value))}" for name, value in settings.items())
    lines.append(", ".join(pairs))
    return "\n".join(lines)


def _sampler_settings(sampler: str) -> dict[str, object]:
    solver = sampler.removesuffix(_KARRAS_SUFFIX)
    settings: dict[str, object] = {"Sampler": _A1111_SAMPLERS.get(solver, solver)}
    if solver != sampler:
        settings["Schedule type"] = "Karras"
    elif solver in _SAID_TO_BE_UNIFORM:
        settings["Schedule type"] = "Uniform"
    return settings


def _quoted(value: str) -> str:
    """In quotes where a reader would else take part of it for the next setting."""
    if any(mark in value for mark in ",:\n"):
        return json.dumps(value, ensure_ascii=False)
    return value


def _own_json(parameters: Parameters, *, seed: int, model: str) -> str:
    """This one image as a request: `num_images` 1 and its own seed."""
    fields = parameters.model_dump(mode="json") | {"seed": seed, "num_images": 1}
    return json.dumps({"model": model, "parameters": fields})
