import base64
import contextlib
import hashlib
import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageChops

from easel.contract.mask_reading import (
    REPAINT_BLACK,
    REPAINT_TRANSPARENT,
    mask_read_as,
)
from easel.errors import InvalidRequest
from easel.text2image.images.source_images import (
    MAX_ENCODED_BYTES,
    MAX_SIDE_PX,
    decode_image,
    decode_mask,
    encoded_bytes,
    fitted,
    repainted_part,
    sha256,
)
from easel.web.native_size import Size

FORMATS = ("PNG", "JPEG", "WEBP")
RED = (255, 0, 0)
BLUE = (0, 0, 255)


def file_of(image: Image.Image, image_format: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


def two_colours() -> Image.Image:
    """Red on the left, blue on the right, wider than high."""
    image = Image.new("RGB", (32, 16), RED)
    image.paste(BLUE, (16, 0, 32, 16))
    return image


@pytest.mark.parametrize("image_format", FORMATS)
def test_an_image_comes_as_bytes_as_base64_or_as_a_data_url(image_format: str) -> None:
    content = file_of(two_colours(), image_format)
    text = base64.b64encode(content).decode()
    from_bytes = decode_image(content)
    assert (from_bytes.mode, from_bytes.size) == ("RGB", (32, 16))
    for source in (text, f"data:image/x;base64,{text}", base64_in_lines(content)):
        assert decode_image(source).tobytes() == from_bytes.tobytes()
        assert sha256(encoded_bytes(source, "image")) == (
            hashlib.sha256(content).hexdigest()
        )


def base64_in_lines(content: bytes) -> str:
    return base64.encodebytes(content).decode()


@pytest.mark.parametrize(
    "source",
    ["no base64!", "äöü", "AAA", "data:image/png,AAAA", "https://example.org/a.png"],
)
def test_text_that_is_no_base64_is_refused(source: str) -> None:
    with pytest.raises(InvalidRequest, match="image: is not base64") as refusal:
        decode_image(source)
    assert refusal.value.param == "image"


@pytest.mark.parametrize("source", ["", b"", "data:image/png;base64,"])
def test_an_empty_image_is_refused(source: str | bytes) -> None:
    with pytest.raises(InvalidRequest, match="mask: is empty") as refusal:
        decode_mask(source)
    assert refusal.value.param == "mask"


@pytest.mark.parametrize("image_format", ["GIF", "BMP", "TIFF"])
def test_other_formats_are_refused(image_format: str) -> None:
    with pytest.raises(InvalidRequest, match="image: is not a whole PNG, JPEG or WebP"):
        decode_image(file_of(two_colours(), image_format))


@pytest.mark.parametrize("image_format", FORMATS)
def test_half_a_file_is_refused(image_format: str) -> None:
    noise = Image.effect_noise((64, 64), 80).convert("RGB")
    content = file_of(noise, image_format)
    with pytest.raises(InvalidRequest, match="is not a whole"):
        decode_image(content[: len(content) // 2])


def test_a_file_that_is_too_large_is_refused() -> None:
    content = b"\0" * (MAX_ENCODED_BYTES + 1)
    for source in (content, base64.b64encode(content).decode(), "A" * 26_000_000):
        with pytest.raises(InvalidRequest, match="image: is larger than 16 MiB"):
            decode_image(source)


def png_that_claims(width: int, height: int) -> bytes:
    """A header, and pixels that would never do for it."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data))
            + name
            + data
            + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1000)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", pixels)
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "size",
    [
        (MAX_SIDE_PX + 1, 1),
        (1, MAX_SIDE_PX + 1),
        (10_000, 10_000),
        (100_000, 100_000),
    ],
)
def test_too_many_pixels_are_refused_before_any_is_decoded(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def decoded(image: Image.Image) -> None:
        pytest.fail("decoded")

    monkeypatch.setattr("PIL.ImageOps.exif_transpose", decoded)
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", decoded)
    with pytest.raises(InvalidRequest, match="is larger than 4096 x 4096 pixels"):
        decode_image(png_that_claims(*size))


def test_the_largest_image_is_accepted() -> None:
    largest = Image.new("L", (MAX_SIDE_PX, MAX_SIDE_PX), 200)
    assert decode_mask(file_of(largest)).size == largest.size


@pytest.mark.parametrize("image_format", FORMATS)
def test_a_photograph_stands_upright(image_format: str) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # Turn by 90 degrees, clockwise.
    upright = decode_image(file_of(two_colours(), image_format, exif=exif))
    assert upright.size == (16, 32)
    red, _, blue = upright.crop((8, 4, 9, 5)).tobytes()
    assert red > 200 > 50 > blue


def test_what_is_transparent_becomes_white_in_an_image_and_black_in_a_mask() -> None:
    clear = Image.new("RGBA", (4, 4), (*RED, 0))
    half = Image.new("RGBA", (4, 4), (0, 0, 0, 127))
    assert decode_image(file_of(clear)).getcolors() == [(16, (255, 255, 255))]
    assert decode_image(file_of(half)).getcolors() == [(16, (128, 128, 128))]
    assert decode_mask(file_of(clear)).getcolors() == [(16, 0)]


def test_a_mask_read_by_transparency_is_white_where_it_has_holes() -> None:
    mask = Image.new("RGBA", (4, 4), (255, 255, 255, 255))
    mask.paste((255, 255, 255, 0), (0, 0, 2, 4))
    read = decode_mask(file_of(mask), repainted="transparent")
    assert read.mode == "L"
    assert [read.getpixel((x, 0)) for x in range(4)] == [255, 255, 0, 0]


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_a_mask_without_holes_is_read_by_its_brightness(mode: str) -> None:
    mask = Image.new("L", (4, 4), 255)
    mask.paste(0, (0, 0, 2, 4))
    read = decode_mask(file_of(mask.convert(mode)), repainted="transparent")
    assert [read.getpixel((x, 0)) for x in range(4)] == [0, 0, 255, 255]


def test_a_data_url_says_how_its_mask_is_read() -> None:
    url = "data:image/png;base64,AAAA"
    for mask in ("AAAA", url):
        assert repainted_part(mask) == "white"
        assert repainted_part(mask_read_as(mask, REPAINT_BLACK)) == "black"
        assert repainted_part(mask_read_as(mask, REPAINT_TRANSPARENT)) == "transparent"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_a_mask_can_be_read_the_other_way_round(mode: str) -> None:
    mask = file_of(Image.linear_gradient("L").convert(mode))
    seen = decode_mask(mask, repainted="black")
    assert seen.tobytes() == ImageChops.invert(decode_mask(mask)).tobytes()


def test_a_palette_s_transparent_colour_counts() -> None:
    palette = Image.new("P", (4, 4), 0)
    palette.putpalette([255, 0, 0, 0, 255, 0])
    assert decode_image(file_of(palette)).getcolors() == [(16, RED)]
    clear = file_of(palette, transparency=0)
    assert decode_image(clear).getcolors() == [(16, (255, 255, 255))]


def test_sixteen_bits_of_grey_are_scaled_not_cut() -> None:
    grey = Image.new("I;16", (4, 4), 32_896)
    assert decode_image(file_of(grey)).getcolors() == [(16, (128, 128, 128))]
    assert decode_mask(file_of(grey)).getcolors() == [(16, 128)]


def test_a_cmyk_photograph_is_converted() -> None:
    image = decode_image(file_of(two_colours().convert("CMYK"), "JPEG"))
    assert image.mode == "RGB"


@pytest.mark.parametrize("image_format", ["PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_taken(image_format: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in (RED, BLUE)]
    content = file_of(
        frames[0], image_format, save_all=True, append_images=frames[1:], lossless=True
    )
    assert decode_image(content).getcolors() == [(64, RED)]


def test_another_shape_is_cropped_in_the_middle() -> None:
    image = Image.new("RGB", (90, 30), BLUE)
    image.paste(RED, (30, 0, 60, 30))
    square = fitted(image, Size(64, 64))
    assert square.size == (64, 64)
    assert {square.getpixel((x, 32)) for x in (8, 32, 55)} == {RED}


def test_an_image_of_the_right_size_is_left_alone() -> None:
    image = two_colours()
    assert fitted(image, Size(32, 16)) is image


def test_a_mask_keeps_its_edges_and_its_greys() -> None:
    mask = Image.new("L", (16, 16), 0)
    mask.paste(255, (8, 0, 16, 8))
    mask.paste(100, (0, 8, 8, 16))
    grown = fitted(mask, Size(64, 64))
    assert set(grown.tobytes()) == {0, 100, 255}
    assert fitted(grown, Size(16, 16)).tobytes() == mask.tobytes()


def test_a_line_can_be_fitted_to_any_shape() -> None:
    line = Image.new("RGB", (MAX_SIDE_PX, 1), RED)
    assert fitted(line, Size(32, 64)).size == (32, 64)


def is_decoded_or_refused(source: str | bytes) -> None:
    with contextlib.suppress(InvalidRequest):
        assert decode_image(source).mode == "RGB"
    with contextlib.suppress(InvalidRequest):
        assert decode_mask(source).mode == "L"


@given(st.one_of(st.binary(max_size=300), st.text(max_size=100)))
@settings(max_examples=200, deadline=None)
def test_anything_at_all_is_decoded_or_refused(source: str | bytes) -> None:
    is_decoded_or_refused(source)


EXIF = Image.Exif()
EXIF[ExifTags.Base.Orientation] = 3
VICTIMS = [
    file_of(two_colours(), "PNG", exif=EXIF),
    file_of(two_colours(), "JPEG", exif=EXIF),
    file_of(two_colours(), "WEBP", exif=EXIF),
    file_of(two_colours().convert("P"), "PNG", transparency=1),
    file_of(two_colours(), "PNG", save_all=True, append_images=[two_colours()]),
    file_of(two_colours().convert("RGBA"), "WEBP", lossless=True),
]


@given(
    st.sampled_from(VICTIMS),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=8),
    st.floats(0, 1),
)
@settings(max_examples=400, deadline=None)
def test_a_damaged_file_is_decoded_or_refused(
    victim: bytes, changes: list[tuple[float, int]], kept: float
) -> None:
    content = bytearray(victim)
    for place, value in changes:
        content[int(place * (len(content) - 1))] = value
    is_decoded_or_refused(bytes(content))
    is_decoded_or_refused(bytes(content[: int(kept * len(content))]))
