import io
import json
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import ExifTags, Image

from easel import __version__
from easel.contract.generations import ImageFormat, Parameters
from easel.text2image.images.provenance import image_metadata, infotext, xmp_packet

PROMPT = "ein Bär, 熊 <&> ]]>"
FORMATS: tuple[ImageFormat, ...] = ("png", "webp", "jpeg")
SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def parameters(**changes: object) -> Parameters:
    fields: dict[str, object] = {
        "prompt": PROMPT,
        "negative_prompt": "fog",
        "width": 64,
        "height": 32,
        "num_inference_steps": 16,
        "guidance_scale": 4.0,
        "seed": 7,
        "num_images": 2,
        "sampler": "dpmpp_2m",
    }
    return Parameters.model_validate(fields | changes)


def saved(image_format: ImageFormat, of: Parameters) -> Image.Image:
    file = io.BytesIO()
    metadata: dict[str, Any] = image_metadata(image_format, of, seed=8, model="m")
    Image.new("RGB", (8, 8)).save(file, image_format.upper(), **metadata)
    image = Image.open(file)
    image.load()
    return image


def test_the_text_is_as_automatic1111_writes_it() -> None:
    assert infotext(parameters(), seed=8, model="m").splitlines() == [
        PROMPT,
        "Negative prompt: fog",
        "Steps: 16, Sampler: DPM++ 2M, Schedule type: Uniform, CFG scale: 4.0, "
        f"Seed: 8, Size: 64x32, Model: m, Version: Easel {__version__}",
    ]


@pytest.mark.parametrize(
    ("sampler", "written"),
    [
        ("euler", "Sampler: Euler, CFG"),
        ("euler_ancestral", "Sampler: Euler a, CFG"),
        ("flow_match_euler", "Sampler: Euler, CFG"),
        ("dpmpp_2m_karras", "Sampler: DPM++ 2M, Schedule type: Karras, CFG"),
        # AUTOMATIC1111 has schedules of its own for these two names alone.
        ("dpmpp_2m", "Sampler: DPM++ 2M, Schedule type: Uniform, CFG"),
        ("dpmpp_2m_sde", "Sampler: DPM++ 2M SDE, Schedule type: Uniform, CFG"),
        ("ddim", "Sampler: DDIM, CFG"),
        ("lcm", "Sampler: LCM, CFG"),
        ("unipc", "Sampler: UniPC, CFG"),
        ("some_new_one", "Sampler: some_new_one, CFG"),
    ],
)
def test_samplers_have_the_names_of_automatic1111(sampler: str, written: str) -> None:
    assert written in infotext(parameters(sampler=sampler), seed=8, model="m")


def test_loras_stand_behind_the_prompt() -> None:
    loras = [{"id": "ink", "scale": 0.8}, {"id": "fur", "scale": -1.0}]
    prompt = infotext(parameters(loras=loras), seed=8, model="m").splitlines()[0]
    assert prompt == f"{PROMPT} <lora:ink:0.8> <lora:fur:-1>"


def test_image_to_image_says_its_strength() -> None:
    text = infotext(parameters(strength=0.6, image_sha256="0" * 64), seed=8, model="m")
    assert "Denoising strength: 0.6, " in text


def test_a_model_s_name_cannot_pass_for_a_setting() -> None:
    text = infotext(parameters(), seed=8, model="a, Seed: 1")
    assert 'Model: "a, Seed: 1", Version' in text


def test_a_png_carries_the_text_and_one_image_s_own_request() -> None:
    info = saved("png", parameters()).info
    assert info["parameters"] == infotext(parameters(), seed=8, model="m")
    own = json.loads(info["easel"])
    assert own["model"] == "m"
    assert own["parameters"]["prompt"] == PROMPT
    assert (own["parameters"]["seed"], own["parameters"]["num_images"]) == (8, 1)


@pytest.mark.parametrize("image_format", ["webp", "jpeg"])
def test_other_formats_carry_the_text_as_an_exif_comment(
    image_format: ImageFormat,
) -> None:
    exif = saved(image_format, parameters()).getexif()
    comment = exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment]
    assert comment.startswith(b"UNICODE\0")
    assert comment[8:].decode("utf-16-be").startswith(f"{PROMPT}\nNegative")
    assert exif[ExifTags.Base.Software] == f"Easel {__version__}"


def description(packet: bytes | str) -> dict[str, str]:
    """Parsed strictly; the properties of the one thing that is described."""
    root = ElementTree.fromstring(packet)
    (described,) = root.findall(
        ".//{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description"
    )
    return {child.tag: child.text or "" for child in described}


@pytest.mark.parametrize("image_format", FORMATS)
@pytest.mark.parametrize(
    ("image_sha256", "source_type"),
    [
        (None, "trainedAlgorithmicMedia"),
        ("0" * 64, "compositeWithTrainedAlgorithmicMedia"),
    ],
)
def test_every_format_says_in_xmp_that_a_model_made_it(
    image_format: ImageFormat, image_sha256: str | None, source_type: str
) -> None:
    of = parameters(image_sha256=image_sha256)
    assert description(saved(image_format, of).info["xmp"]) == {
        "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType": (
            SOURCE_TYPES + source_type
        ),
        "{http://ns.adobe.com/xap/1.0/}CreatorTool": f"Easel {__version__}",
    }


def test_xmp_holds_nothing_of_what_was_asked_for() -> None:
    asked = parameters(prompt="a secret", negative_prompt="a fear")
    assert xmp_packet(asked) == xmp_packet(parameters())


@pytest.mark.parametrize("image_format", FORMATS)
def test_the_longest_prompts_fit_into_every_format(image_format: ImageFormat) -> None:
    # Four bytes for each character, in UTF-8 and UTF-16 alike.
    longest = parameters(prompt="😀" * 4_000, negative_prompt="😀" * 4_000)
    saved(image_format, longest)
