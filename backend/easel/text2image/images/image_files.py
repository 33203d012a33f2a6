"""Finished images on disk: encoded, written whole or not at all, kept for a while."""

import contextlib
import errno
import fcntl
import hashlib
import io
import os
import shutil
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL.Image import Image, Resampling
from PIL.Image import open as open_image

from easel.contract.generations import ImageFormat, MediaType, Parameters
from easel.text2image.images.content_credentials import ContentCredentials
from easel.text2image.images.provenance import (
    MetadataMode,
    digital_source_type,
    image_metadata,
)
from easel.web.native_size import Size, covering_crop

MEDIA_TYPES: dict[ImageFormat, MediaType] = {
    "png": "image/png",
    "webp": "image/webp",
    "jpeg": "image/jpeg",
}

_LOCK_NAME = "easel.lock"
_PART_PREFIX = ".writing-"
# The journal of what a server owes its callers, and the file beside it that SQLite
# writes to first.
JOURNAL_NAME = "journal.sqlite3"
_JOURNAL_NAMES = (JOURNAL_NAME, f"{JOURNAL_NAME}-wal")

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

    The files outlive the process; whoever knows which are still wanted calls
    `discard_except`. Only folders named as ours are touched, and only while the lock
    is ours.
    """

    def __init__(
        self,
        root: Path,
        *,
        metadata: MetadataMode = "full",
        credentials: ContentCredentials | None = None,
    ) -> None:
        """Take the folder.

        Args:
            root: Made if it is not there.
            metadata: `none` leaves it out of every file, whatever a request says.
            credentials: Sign every file that has metadata.

        Raises:
            OSError: `root` cannot be written, or another server writes there.
        """
        self._root = root
        self._metadata = metadata
        self._credentials = credentials
        root.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(root)
        _write_whole(root / "writable", b"1" * 4096)

    @property
    def root(self) -> Path:
        return self._root

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
        is_durable: bool = True,
    ) -> StoredImage:
        """Bring `image` to the size asked for, encode, sign and write it.

        Args:
            is_durable: On return it survives a loss of power, not only of the process.

        Raises:
            OSError: it cannot be written; nothing half-written is left.
            CredentialsUnusable: it cannot be signed; nothing is left.
        """
        asked = Size(parameters.width, parameters.height)
        image_format = parameters.output_format
        path = self._root / generation_id / f"{index}.{image_format}"
        content = self._file_of(
            resized(image, asked), path.name, parameters, seed=seed, model=model
        )
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
            if is_durable:
                _sync_folder(self._root)
        _write_whole(path, content, is_durable=is_durable)
        return StoredImage(
            path=path,
            sha256=hashlib.sha256(content).hexdigest(),
            size=asked,
            media_type=MEDIA_TYPES[image_format],
        )

    def _file_of(
        self, image: Image, name: str, parameters: Parameters, *, seed: int, model: str
    ) -> bytes:
        image_format = parameters.output_format
        if self._metadata == "none" or not parameters.provenance:
            return _encoded(image, image_format, {})
        metadata = image_metadata(image_format, parameters, seed=seed, model=model)
        content = _encoded(image, image_format, metadata)
        if self._credentials is None:
            return content
        return self._credentials.sign(
            content,
            MEDIA_TYPES[image_format],
            title=name,
            source_type=digital_source_type(parameters),
            model=model,
            seed=seed,
        )

    def discard(self, generation_id: str) -> None:
        """Forget a generation's files, if it has any."""
        shutil.rmtree(self._root / generation_id, ignore_errors=True)

    def discard_except(self, generation_ids: Iterable[str]) -> None:
        """Forget every other generation's files, and what was never written whole.

        For the start, before anything is stored: a file being written is lost.
        """
        kept = set(generation_ids)
        for folder in self._root.glob("gen_*"):
            if folder.name not in kept:
                shutil.rmtree(folder, ignore_errors=True)
        for folder in (self._root, *self._root.glob("gen_*")):
            for part in folder.glob(f"{_PART_PREFIX}*"):
                with contextlib.suppress(OSError):
                    part.unlink()


def _encoded(
    image: Image, image_format: ImageFormat, metadata: dict[str, Any]
) -> bytes:
    # Pillow writes some of what a picture's own file said (comment, colour profile).
    image.info.clear()
    file = io.BytesIO()
    image.save(file, image_format.upper(), **_SAVE_OPTIONS[image_format], **metadata)
    return file.getvalue()


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


def remove_left_over(data_dir: Path, *, older_than_s: float) -> None:
    """Remove images of servers that used `data_dir` under another id and are gone.

    One with a journal that was written less than `older_than_s` ago may come back for
    its images: they stay.
    """
    written_after = time.time() - older_than_s
    for marker in data_dir.glob(f"*/{_LOCK_NAME}"):
        with contextlib.suppress(OSError):
            lock = _locked(marker.parent)
            try:
                if _journal_written_at(marker.parent) > written_after:
                    continue
                for left_over in marker.parent.glob("gen_*"):
                    shutil.rmtree(left_over, ignore_errors=True)
            finally:
                os.close(lock)


def _journal_written_at(folder: Path) -> float:
    """Unix time; 0 if there is no journal."""
    times = [0.0]
    for name in _JOURNAL_NAMES:
        with contextlib.suppress(FileNotFoundError):
            times.append((folder / name).stat().st_mtime)
    return max(times)


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


def _write_whole(path: Path, content: bytes, *, is_durable: bool = True) -> None:
    """Readers see the old file or the new, never a part; a failure leaves nothing.

    A durable one is on the disk on return, name and all: what is then written
    elsewhere about the file stays true after a loss of power.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=_PART_PREFIX)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            if is_durable:
                os.fsync(descriptor)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    if is_durable:
        _sync_folder(path.parent)


def sync_files(paths: Iterable[Path]) -> None:
    """Make what was written without being durable durable now."""
    for path in paths:
        with path.open("rb") as file:
            os.fsync(file.fileno())
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
