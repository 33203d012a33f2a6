import pytest

from easel.gateway.foreign.image_header import NoImage, read_header
from tests.gateway.foreign.pictures import jpeg_header, png, webp_header

SIZE = (640, 384)


@pytest.mark.parametrize(
    ("file", "image_format"),
    [
        (png(*SIZE), "png"),
        (jpeg_header(*SIZE), "jpeg"),
        (webp_header(*SIZE, b"VP8 "), "webp"),
        (webp_header(*SIZE, b"VP8L"), "webp"),
        (webp_header(*SIZE, b"VP8X"), "webp"),
    ],
    ids=["png", "jpeg", "lossy", "lossless", "extended"],
)
def test_format_and_size(file: bytes, image_format: str) -> None:
    header = read_header(file)
    assert (header.format, header.width, header.height) == (image_format, *SIZE)
    # However early it ends, it is either the same or none.
    for end in range(40):
        try:
            assert read_header(file[:end]) == header
        except NoImage:
            continue


@pytest.mark.parametrize("file", [b"", b"GIF89a", b"<html>", b"RIFF\0\0\0\0WEBPVP9 "])
def test_what_is_no_image(file: bytes) -> None:
    with pytest.raises(NoImage):
        read_header(file)


def test_pillow_agrees() -> None:
    pillow = pytest.importorskip("PIL.Image")
    from io import BytesIO

    image = pillow.new("RGB", SIZE, (200, 10, 10))
    for name, options in (
        ("PNG", {}),
        ("JPEG", {"progressive": True}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"quality": 50}),
        ("WEBP", {"quality": 50, "exif": b"Exif\0\0"}),
    ):
        file = BytesIO()
        image.save(file, name, **options)
        header = read_header(file.getvalue())
        assert (header.format, header.width, header.height) == (name.lower(), *SIZE)
