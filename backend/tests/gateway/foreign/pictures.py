"""Real image files of any size, of one colour."""

import struct
import zlib


def png(width: int = 512, height: int = 512, grey: int = 128) -> bytes:
    row = b"\0" + bytes([grey]) * width
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
            _chunk(b"IDAT", zlib.compress(row * height)),
            _chunk(b"IEND", b""),
        )
    )


def jpeg_header(width: int, height: int) -> bytes:
    """As far as the size; with a comment and filling before it."""
    comment = b"\xff\xfe\x00\x05abc"
    frame = struct.pack(">HBHH", 17, 8, height, width)
    return b"\xff\xd8" + comment + b"\xff\xff\xc0" + frame + b"\0" * 8


def webp_header(width: int, height: int, kind: bytes) -> bytes:
    match kind:
        case b"VP8 ":
            body = b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height)
        case b"VP8L":
            bits = (width - 1) | (height - 1) << 14
            body = b"\x2f" + struct.pack("<I", bits)
        case _:
            body = b"\0" * 4 + _three(width - 1) + _three(height - 1)
    return b"RIFF" + b"\0" * 4 + b"WEBP" + kind + struct.pack("<I", len(body)) + body


def _three(number: int) -> bytes:
    return number.to_bytes(3, "little")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return (
        struct.pack(">I", len(data))
        + kind
        + data
        + struct.pack(">I", zlib.crc32(kind + data))
    )
