import errno
import hashlib
import io
import json
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from easel.contract.generations import ImageFormat, Parameters
from easel.text2image.image_files import (
    ImageFiles,
    StoredImage,
    remove_left_over,
    resized,
    thumbnail,
)
from easel.text2image.native_size import Size

PROMPT = "ein Bär, 熊"


def parameters(output_format: ImageFormat = "png", **changes: object) -> Parameters:
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
        "output_format": output_format,
    }
    return Parameters.model_validate(fields | changes)


@pytest.fixture
def files(tmp_path: Path) -> ImageFiles:
    return ImageFiles(tmp_path / "images")


def store(files: ImageFiles, output_format: ImageFormat = "png") -> StoredImage:
    image = Image.new("RGB", (64, 32), (200, 30, 60))
    return files.store(
        "gen_1", 1, image, parameters=parameters(output_format), seed=8, model="m"
    )


@pytest.mark.parametrize("output_format", ["png", "webp", "jpeg"])
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


def test_a_png_carries_its_parameters_in_both_dialects(files: ImageFiles) -> None:
    with Image.open(store(files).path) as image:
        text = image.info
    assert text["parameters"].splitlines() == [
        PROMPT,
        "Negative prompt: fog",
        "Steps: 16, Sampler: dpmpp_2m, CFG scale: 4.0, Seed: 8, Size: 64x32, Model: m",
    ]
    own = json.loads(text["easel"])
    assert (own["parameters"]["seed"], own["parameters"]["num_images"]) == (8, 1)


@pytest.mark.parametrize("output_format", ["webp", "jpeg"])
def test_other_formats_carry_them_as_an_exif_comment(
    files: ImageFiles, output_format: ImageFormat
) -> None:
    with Image.open(store(files, output_format).path) as image:
        comment = image.getexif().get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment]
    assert comment.startswith(b"UNICODE\0")
    assert PROMPT in comment[8:].decode("utf-16-be")


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

    monkeypatch.setattr("easel.text2image.image_files.os.replace", no_space)
    with pytest.raises(OSError, match="No space left"):
        store(files)
    assert list((tmp_path / "images" / "gen_1").iterdir()) == []


def test_a_new_server_removes_what_an_earlier_one_left_and_nothing_else(
    files: ImageFiles, tmp_path: Path
) -> None:
    path = store(files).path
    thesis = tmp_path / "images" / "thesis.txt"
    thesis.write_text("mine")
    files.close()
    ImageFiles(tmp_path / "images").close()
    assert not path.exists()
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
    remove_left_over(tmp_path)
    assert not left_over.exists()
    assert living.exists()


def test_a_folder_that_cannot_be_written_is_found_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="file"):
        ImageFiles(tmp_path / "file" / "images")
