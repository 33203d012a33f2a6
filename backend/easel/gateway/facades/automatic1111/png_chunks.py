"""A PNG file's chunks, without decoding a pixel. Pure.

https://www.w3.org/TR/png-3/#5Chunk-layout
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LENGTH_AND_TYPE = struct.Struct(">I4s")
_CRC_BYTES = 4

# A prompt and a workflow have room; what inflates to more is no description.
_MAX_TEXT_BYTES = 2**20


class Chunk(NamedTuple):
    type: bytes
    data: bytes


class NotPng(ValueError):
    """The bytes are no PNG file, or not a whole one."""


def read_chunks(file: bytes) -> list[Chunk]:
    """In the file's order, `IEND` included.

    Raises:
        NotPng: also for a file that is cut off.
    """
    if not file.startswith(_SIGNATURE):
        raise NotPng("it is no PNG file")
    chunks = list(_chunks(file))
    if not chunks or chunks[0].type != b"IHDR" or chunks[-1].type != b"IEND":
        raise NotPng("it is not a whole PNG file")
    return chunks


def texts(chunks: Iterable[Chunk]) -> dict[str, str]:
    """The file's texts by their keywords, compressed ones and international ones too.

    A text that is broken, or inflates to more than 1 MiB, is left out.
    """
    found: dict[str, str] = {}
    for chunk in chunks:
        try:
            match chunk.type:
                case b"tEXt":
                    keyword, text = _plain_text(chunk.data)
                case b"zTXt":
                    keyword, text = _compressed_text(chunk.data)
                case b"iTXt":
                    keyword, text = _international_text(chunk.data)
                case _:
                    continue
        except (ValueError, zlib.error):
            continue
        found[keyword] = text
    return found


def _chunks(file: bytes) -> Iterator[Chunk]:
    position = len(_SIGNATURE)
    while position + _LENGTH_AND_TYPE.size <= len(file):
        length, type_ = _LENGTH_AND_TYPE.unpack_from(file, position)
        begin = position + _LENGTH_AND_TYPE.size
        position = begin + length + _CRC_BYTES
        if position > len(file):
            return
        yield Chunk(type_, file[begin : begin + length])
        if type_ == b"IEND":
            return


def _plain_text(data: bytes) -> tuple[str, str]:
    keyword, separator, text = data.partition(b"\0")
    if not separator:
        raise ValueError("no keyword")
    return keyword.decode("latin-1"), text.decode("latin-1")


def _compressed_text(data: bytes) -> tuple[str, str]:
    keyword, _, rest = data.partition(b"\0")
    return keyword.decode("latin-1"), _inflated(rest[1:]).decode("latin-1")


def _international_text(data: bytes) -> tuple[str, str]:
    keyword, _, rest = data.partition(b"\0")
    is_compressed = rest[:1] == b"\1"
    _language, _, rest = rest[2:].partition(b"\0")
    _translated_keyword, separator, text = rest.partition(b"\0")
    if not separator:
        raise ValueError("no text")
    if is_compressed:
        text = _inflated(text)
    return keyword.decode("latin-1"), text.decode()


def _inflated(data: bytes) -> bytes:
    inflater = zlib.decompressobj()
    text = inflater.decompress(data, _MAX_TEXT_BYTES)
    if inflater.unconsumed_tail:
        raise ValueError("the text is too long")
    return text
