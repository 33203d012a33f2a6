"""Finished images on disk: encoded, written whole or not at all, kept for a while."""

import contextlib
import errno
import fcntl
import hashlib
import io
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL.Image import Image, Resampling
from PIL.Image import open as open_image

from easel.contract.generations import ImageFormat, MediaType, Parameters
from easel.text2image.native_size import Size, covering_crop
from easel.text2image.provenance import image_metadata

MEDIA_TYPES: dict[ImageFormat, MediaType] = {
    "png": "image/png",
    "webp": "image/webp",
    "jpeg": "image/jpeg",
}

_LOCK_NAME = "easel.lock"

# WebP and JPEG: no loss that a person sees. PNG: zlib 4 takes half the time of its
# default 6 for 7 % more bytes (measured).
_SAVE_OPTIONS: dict[ImageFormat, dict[str, Any]] = {
    "png": {"compress_level": 4},
    "webp": {"quality": 92, "method": 4},
    "jpeg": {"quality": 92, "subsampling": 0},
}


@dataclass(frozen=True, slots=True)
class StoredImage:
    """One finished file."""

    path: Path
    sha256: str
    size: Size
    media_type: MediaType


class ImageFiles:
    """One folder for each generation below `root`. Safe to use from several threads.

    What an earlier process left there cannot be asked for any more and is removed.
    Only folders named as ours are touched, and only while the lock is ours.
    """

    def __init__(self, root: Path) -> None:
        """Raises OSError: `root` cannot be written, or another server writes there."""
        self._root = root
        root.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(root)
        for left_over in root.glob("gen_*"):
            shutil.rmtree(left_over, ignore_errors=True)
        _write_whole(root / "writable", b"1" * 4096)

    def close(self) -> None:
        """Let another server have the folder."""
        os.close(self._lock)

    def store(
        self,
        generation_id: str,
        index: int,
        image: Image,
        *,
        parameters: Parameters,
        seed: int,
        model: str,
    ) -> StoredImage:
        """Bring `image` to the size asked for, encode and write it.

        Raises:
            OSError: it cannot be written; nothing half-written is left.
        """
        asked = Size(parameters.width, parameters.height)
        image = resized(image, asked)
        image_format = parameters.output_format
        file = io.BytesIO()
        metadata = image_metadata(image_format, parameters, seed=seed, model=model)
        image.save(
            file, image_format.upper(), **_SAVE_OPTIONS[image_format], **metadata
        )
        content = file.getvalue()
        path = self._root / generation_id / f"{index}.{image_format}"
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_whole(path, content)
        return StoredImage(
            path=path,
            sha256=hashlib.sha256(content).hexdigest(),
            size=asked,
            media_type=MEDIA_TYPES[image_format],
        )

    def discard(self, generation_id: str) -> None:
        """Forget a generation's files, if it has any."""
        shutil.rmtree(self._root / generation_id, ignore_errors=True)


def resized(image: Image, asked: Size) -> Image:
    """`image` in RGB at exactly `asked`, its middle part if the shapes differ."""
    image = image.convert("RGB")
    painted = Size(image.width, image.height)
    if painted == asked:
        return image
    return image.resize(
        (asked.width, asked.height),
        Resampling.LANCZOS,
        box=covering_crop(painted, asked),
    )


def thumbnail(stored: StoredImage, width: int) -> bytes:
    """The image at `width` pixels, in the file format of the original."""
    with open_image(stored.path) as image:
        image_format: str = image.format or "PNG"
        height = max(1, round(image.height * width / image.width))
        small = image.convert("RGB").resize((width, height), Resampling.LANCZOS)
    file = io.BytesIO()
    small.save(file, image_format)
    return file.getvalue()


def remove_left_over(data_dir: Path) -> None:
    """Remove images of servers that used `data_dir` under another id and are gone."""
    for marker in data_dir.glob(f"*/{_LOCK_NAME}"):
        with contextlib.suppress(OSError):
            lock = _locked(marker.parent)
            for left_over in marker.parent.glob("gen_*"):
                shutil.rmtree(left_over, ignore_errors=True)
            os.close(lock)


def _locked(folder: Path) -> int:
    """A descriptor that holds the folder's lock until it is closed.

    Raises:
        OSError: another process holds it.
    """
    descriptor = os.open(folder / _LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise OSError(errno.EBUSY, "another server uses this folder") from error
    return descriptor


def _write_whole(path: Path, content: bytes) -> None:
    """Readers see the old file or the new, never a part; a failure leaves nothing."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
