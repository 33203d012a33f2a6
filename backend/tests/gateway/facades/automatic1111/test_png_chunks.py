import io
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from easel.gateway.facades.automatic1111.png_chunks import (
    Chunk,
    NotPng,
    read_chunks,
    texts,
)


def png(info: PngImagePlugin.PngInfo | None = None) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (3, 2), (1, 2, 3)).save(file, "PNG", pnginfo=info)
    return file.getvalue()


def test_texts_of_all_three_kinds_are_read() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("plain", "a fox, grün")
    info.add_text("packed", "a fox " * 99, zip=True)
    info.add_itxt("international", "狐", lang="ja", tkey="キー")
    info.add_itxt("packed international", "狐" * 99, zip=True)
    assert texts(read_chunks(png(info))) == {
        "plain": "a fox, grün",
        "packed": "a fox " * 99,
        "international": "狐",
        "packed international": "狐" * 99,
    }


@pytest.mark.parametrize(
    "file",
    [b"", b"GIF89a", png()[:-1], png()[:30], png()[:8], b"\x89PNG\r\n\x1a\n" * 9],
)
def test_what_is_no_whole_png_is_refused(file: bytes) -> None:
    with pytest.raises(NotPng):
        read_chunks(file)


def test_a_length_beyond_the_file_is_refused() -> None:
    file = png()[:8] + struct.pack(">I4s", 2**32 - 1, b"IHDR") + b"abc"
    with pytest.raises(NotPng):
        read_chunks(file)


@pytest.mark.parametrize(
    "broken",
    [
        Chunk(b"tEXt", b"no separator"),
        Chunk(b"zTXt", b"key\0\0not deflated"),
        Chunk(b"zTXt", b"bomb\0\0" + zlib.compress(b"a" * (2**20 + 1))),
        Chunk(b"iTXt", b"key\0\0\0"),
        Chunk(b"iTXt", b"key\0\0\0\0\0\xff\xff"),
    ],
)
def test_a_broken_text_is_left_out(broken: Chunk) -> None:
    assert texts([broken, Chunk(b"tEXt", b"a\0b")]) == {"a": "b"}
