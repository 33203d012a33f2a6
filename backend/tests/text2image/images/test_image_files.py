import errno
import hashlib
import io
import os
from pathlib import Path
from typing import Any

import pytest
from c2pa import Reader
from cryptography.hazmat.primitives.asymmetric import ec
from PIL import Image

from easel.contract.generations import ImageFormat, Parameters
from easel.text2image.images.content_credentials import ContentCredentials
from easel.text2image.images.image_files import (
    ImageFiles,
    StoredImage,
    remove_left_over,
    resized,
    thumbnail,
)
from easel.web.native_size import Size
from tests.text2image.signing_certificates import make_signer

FORMATS: tuple[ImageFormat, ...] = ("png", "webp", "jpeg")
A_DAY_S = 86_400


def parameters(output_format: ImageFormat = "png", **changes: object) -> Parameters:
    fields: dict[str, object] = {
        "prompt": "a bear",
        "negative_prompt": "fog",
        "width": 64,
        "height": 32,
        "num_inference_steps": 16,
        "guidance_scale": 4.0,
        "seed": 7,
        "num_images": 2,
        "sampler": "dpmpp_2m",
        "output_format": output_format,
    }
    return Parameters.model_validate(fields | changes)


@pytest.fixture
def files(tmp_path: Path) -> ImageFiles:
    return ImageFiles(tmp_path / "images")


def store(
    files: ImageFiles,
    output_format: ImageFormat = "png",
    generation_id: str = "gen_1",
    **changes: object,
) -> StoredImage:
    image = Image.new("RGB", (64, 32), (200, 30, 60))
    image.info["comment"] = b"of the source image"
    image.info["icc_profile"] = b"of the source image"
    return files.store(
        generation_id,
        1,
        image,
        parameters=parameters(output_format, **changes),
        seed=8,
        model="m",
    )


@pytest.mark.parametrize("output_format", FORMATS)
def test_a_stored_image_is_a_whole_file_of_the_asked_format(
    files: ImageFiles, output_format: ImageFormat
) -> None:
    stored = store(files, output_format)
    content = stored.path.read_bytes()
    assert stored.sha256 == hashlib.sha256(content).hexdigest()
    assert stored.media_type == f"image/{output_format}"
    with Image.open(io.BytesIO(content)) as image:
        assert (image.format, image.size) == (output_format.upper(), (64, 32))


def test_the_same_picture_gives_the_same_bytes(files: ImageFiles) -> None:
    assert store(files).sha256 == store(files).sha256


def segments(content: bytes) -> list[str]:
    """What a file is made of: chunks of PNG and WebP, markers of JPEG before its scan.

    Written from the formats' specifications, so that Pillow is not asked about itself.
    """
    if content.startswith(b"\x89PNG"):
        return _chunks(content, start=8, length_first=True, byte_order="big")
    if content.startswith(b"RIFF"):
        return _chunks(content, start=12, length_first=False, byte_order="little")
    markers = []
    at = 2
    while content[at + 1] != 0xDA:
        markers.append(f"{content[at + 1]:02X}")
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return markers


def _chunks(
    content: bytes, *, start: int, length_first: bool, byte_order: Any
) -> list[str]:
    names = []
    at = start
    while at < len(content):
        first, second = content[at : at + 4], content[at + 4 : at + 8]
        length, name = (first, second) if length_first else (second, first)
        names.append(name.decode())
        size = int.from_bytes(length, byte_order)
        # PNG ends a chunk with a checksum, RIFF pads it to an even length.
        at += 8 + (size + 4 if length_first else size + size % 2)
    return names


# JPEG: JFIF's header, tables and the frame: structure, nothing else.
BARE = {
    "png": {"IHDR", "IDAT", "IEND"},
    "webp": {"VP8 "},
    "jpeg": {"E0", "DB", "C0", "C4"},
}
WITH_METADATA = {
    "png": BARE["png"] | {"iTXt"},
    "webp": {"VP8X", "VP8 ", "EXIF", "XMP "},
    "jpeg": BARE["jpeg"] | {"E1"},
}
SIGNATURE = {"png": "caBX", "webp": "C2PA", "jpeg": "EB"}


@pytest.mark.parametrize("output_format", FORMATS)
def test_a_file_carries_its_parameters_and_nothing_of_a_source_image(
    files: ImageFiles, output_format: ImageFormat
) -> None:
    content = store(files, output_format).path.read_bytes()
    assert set(segments(content)) == WITH_METADATA[output_format]


@pytest.mark.parametrize("output_format", FORMATS)
def test_a_request_can_ask_for_a_file_without_any_metadata(
    files: ImageFiles, output_format: ImageFormat
) -> None:
    content = store(files, output_format, provenance=False).path.read_bytes()
    assert set(segments(content)) == BARE[output_format]


@pytest.mark.parametrize("output_format", FORMATS)
def test_a_server_can_leave_metadata_out_of_every_file(
    tmp_path: Path, output_format: ImageFormat
) -> None:
    files = ImageFiles(tmp_path / "images", metadata="none")
    content = store(files, output_format).path.read_bytes()
    assert set(segments(content)) == BARE[output_format]


@pytest.fixture
def signing_files(tmp_path: Path) -> ImageFiles:
    signer = make_signer(tmp_path / "signer", ec.generate_private_key(ec.SECP256R1()))
    credentials = ContentCredentials(signer.certificate, signer.key)
    return ImageFiles(tmp_path / "images", credentials=credentials)


@pytest.mark.parametrize("output_format", FORMATS)
def test_a_file_is_signed_last_and_its_sum_is_of_the_signed_bytes(
    signing_files: ImageFiles, output_format: ImageFormat
) -> None:
    stored = store(signing_files, output_format)
    content = stored.path.read_bytes()
    assert stored.sha256 == hashlib.sha256(content).hexdigest()
    with Reader(stored.media_type, io.BytesIO(content)) as reader:
        assert reader.get_validation_state() == "Valid"
    signed = WITH_METADATA[output_format] | {SIGNATURE[output_format]}
    assert set(segments(content)) == signed


@pytest.mark.parametrize("output_format", FORMATS)
def test_a_signing_server_signs_no_file_that_must_be_bare(
    signing_files: ImageFiles, output_format: ImageFormat
) -> None:
    content = store(signing_files, output_format, provenance=False).path.read_bytes()
    assert set(segments(content)) == BARE[output_format]


def test_another_shape_is_cropped_in_the_middle_not_squeezed() -> None:
    image = Image.new("RGB", (90, 30), (0, 0, 255))
    image.paste((255, 0, 0), (30, 0, 60, 30))
    square = resized(image, Size(60, 60))
    assert square.size == (60, 60)
    for x in (1, 30, 58):
        red, _, blue = square.convert("RGB").crop((x, 30, x + 1, 31)).tobytes()
        assert red > 200 > 50 > blue


def test_a_thumbnail_keeps_the_shape_and_the_format(files: ImageFiles) -> None:
    with Image.open(io.BytesIO(thumbnail(store(files, "webp"), 16))) as image:
        assert (image.format, image.size) == ("WEBP", (16, 8))


def test_a_full_disk_leaves_no_half_written_file(
    files: ImageFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(source: str, target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("easel.text2image.images.image_files.os.replace", no_space)
    with pytest.raises(OSError, match="No space left"):
        store(files)
    assert list((tmp_path / "images" / "gen_1").iterdir()) == []


def test_a_file_is_on_the_disk_before_it_gets_its_name(
    files: ImageFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    sync, replace = os.fsync, os.replace

    def fsync(descriptor: int) -> None:
        target = Path(os.readlink(f"/proc/self/fd/{descriptor}")).name
        calls.append(f"sync {'part' if target.startswith('.') else target}")
        sync(descriptor)

    def rename(source: str, target: Path) -> None:
        calls.append(f"rename to {target.name}")
        replace(source, target)

    monkeypatch.setattr("easel.text2image.images.image_files.os.fsync", fsync)
    monkeypatch.setattr("easel.text2image.images.image_files.os.replace", rename)
    store(files)
    assert calls == ["sync images", "sync part", "rename to 1.png", "sync gen_1"]


def test_images_survive_a_restart_until_they_are_discarded(
    files: ImageFiles, tmp_path: Path
) -> None:
    kept, forgotten = store(files).path, store(files, generation_id="gen_2").path
    half_written = kept.parent / ".writing-abc"
    half_written.write_bytes(b"half")
    thesis = tmp_path / "images" / "thesis.txt"
    thesis.write_text("mine")
    files.close()
    again = ImageFiles(tmp_path / "images")
    assert kept.exists()
    assert forgotten.exists()
    again.discard_except(["gen_1", "gen_unheard_of"])
    assert kept.exists()
    assert not forgotten.parent.exists()
    assert not half_written.exists()
    assert thesis.read_text() == "mine"


def test_two_servers_cannot_share_a_folder(files: ImageFiles, tmp_path: Path) -> None:
    path = store(files).path
    with pytest.raises(OSError, match="another server"):
        ImageFiles(tmp_path / "images")
    assert path.exists()


def test_what_servers_left_that_are_gone_is_removed(
    files: ImageFiles, tmp_path: Path
) -> None:
    living = store(files).path
    gone = ImageFiles(tmp_path / "gone")
    left_over = store(gone).path
    gone.close()
    remove_left_over(tmp_path, older_than_s=A_DAY_S)
    assert not left_over.exists()
    assert living.exists()


@pytest.mark.parametrize(
    ("ages_s", "is_kept"),
    [
        ({"journal.sqlite3": 2 * A_DAY_S}, False),
        ({"journal.sqlite3": A_DAY_S / 2}, True),
        ({"journal.sqlite3": 2 * A_DAY_S, "journal.sqlite3-wal": 60}, True),
    ],
)
def test_a_server_that_may_come_back_for_its_images_keeps_them(
    tmp_path: Path, ages_s: dict[str, float], is_kept: bool
) -> None:
    gone = ImageFiles(tmp_path / "gone")
    left_over = store(gone).path
    gone.close()
    for name, age_s in ages_s.items():
        journal = tmp_path / "gone" / name
        journal.write_bytes(b"")
        written_at = journal.stat().st_mtime - age_s
        os.utime(journal, (written_at, written_at))
    remove_left_over(tmp_path, older_than_s=A_DAY_S)
    assert left_over.exists() == is_kept


def test_a_folder_that_cannot_be_written_is_found_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="file"):
        ImageFiles(tmp_path / "file" / "images")
