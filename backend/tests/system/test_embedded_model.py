"""The model that comes with the repository, through the gateway and the server."""

import base64
import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image

from tests.system.processes import Program, running_gateway, running_server

pytestmark = pytest.mark.system

# One of the model's own examples: small as it is, this it can paint in few steps.
BERRY = {
    "prompt": "a strawberry on a white background",
    "seed": 7,
    "num_inference_steps": 4,
}


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Program]:
    with running_server(folder / "embedded") as program:
        yield program


@pytest.fixture(scope="module")
def painting(folder: Path, server: Program) -> Iterator[Program]:
    """A gateway in front of the embedded model."""
    with running_gateway(folder / "embedded-gateway", server.url) as program:
        yield program


def generate(tier: Program, body: dict[str, Any], **headers: str) -> httpx2.Response:
    answer = httpx2.post(
        tier.url + "/generate",
        json=body,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        timeout=120,
    )
    assert answer.status_code == 200, answer.text
    return answer


def first_image(document: dict[str, Any]) -> bytes:
    return base64.b64decode(document["images"][0]["b64_json"])


def is_a_picture(file: bytes) -> bool:
    """Not one flat colour."""
    with Image.open(io.BytesIO(file)) as image:
        greys = image.convert("L").tobytes()
    return max(greys) - min(greys) > 30


def test_json(painting: Program) -> None:
    document = generate(painting, BERRY).json()
    assert document["status"] == "completed"
    file = first_image(document)
    (image,) = document["images"]
    assert image["sha256"] == hashlib.sha256(file).hexdigest()
    assert is_a_picture(file)
    fetched = httpx2.get(painting.url + image["url"])
    assert fetched.content == file
    assert fetched.headers["etag"].startswith('"')
    assert "immutable" in fetched.headers["cache-control"]


@pytest.mark.parametrize("image_format", ["png", "webp", "jpeg"])
def test_the_bytes_of_the_image(painting: Program, image_format: str) -> None:
    answer = generate(painting, BERRY, Accept=f"image/{image_format}")
    assert answer.headers["content-type"] == f"image/{image_format}"
    with Image.open(io.BytesIO(answer.content)) as image:
        assert image.format == image_format.upper()
    assert is_a_picture(answer.content)


def test_events_with_previews(painting: Program) -> None:
    steps = BERRY | {"num_inference_steps": 12}
    answer = generate(painting, steps, Accept="text/event-stream")
    events = read_events(answer.text)
    names = [name for name, _ in events]
    assert names[0] == "snapshot"
    assert names[-1] == "completed"
    assert "preview" in names
    reached = [data["step"] for name, data in events if name == "progress"]
    assert reached == sorted(reached)
    assert reached[-1] == 12
    preview = next(data for name, data in events if name == "preview")
    header, _, encoded = preview["image"].partition(";base64,")
    assert header.startswith("data:image/")
    with Image.open(io.BytesIO(base64.b64decode(encoded))) as image:
        assert min(image.size) >= 16


def read_events(text: str) -> list[tuple[str, dict[str, Any]]]:
    events = []
    for block in text.split("\n\n"):
        fields = dict(
            line.split(": ", 1) for line in block.splitlines() if line[:1] not in ":"
        )
        if fields:
            events.append((fields["event"], json.loads(fields["data"])))
    return events


def test_the_guides_size_is_enlarged_and_said_to_be(painting: Program) -> None:
    body = {"prompt": "A beautiful landscape", "height": 1024, "width": 1024}
    document = generate(painting, body).json()
    with Image.open(io.BytesIO(first_image(document))) as image:
        assert image.size == (1024, 1024)
    native = document["parameters"]["native_size"]
    model = httpx2.get(painting.url + "/models").json()["models"][0]
    assert native in model["sizes"]["native"]
    (warning,) = document["warnings"]
    assert str(native["width"]) in warning


def test_the_same_seed_gives_the_same_bytes_by_either_door(
    painting: Program, server: Program
) -> None:
    once = first_image(generate(painting, BERRY).json())
    again = first_image(generate(painting, BERRY).json())
    directly = first_image(generate(server, BERRY).json())
    other = first_image(generate(painting, BERRY | {"seed": 8}).json())
    assert once == again == directly
    assert once != other


def test_a_seed_that_was_left_out_is_told_and_repeats_the_image(
    painting: Program,
) -> None:
    body = {"prompt": "A red apple", "num_inference_steps": 4}
    document = generate(painting, body).json()
    seed = document["parameters"]["seed"]
    repeated = generate(painting, body | {"seed": seed}).json()
    assert first_image(repeated) == first_image(document)


def test_several_images_start_from_neighbouring_seeds(painting: Program) -> None:
    document = generate(painting, BERRY | {"num_images": 3}).json()
    assert [image["seed"] for image in document["images"]] == [7, 8, 9]
    assert len({image["sha256"] for image in document["images"]}) == 3


def test_the_model_says_what_it_can_do(painting: Program) -> None:
    (model,) = httpx2.get(painting.url + "/models").json()["models"]
    assert httpx2.get(f"{painting.url}/models/{model['id']}").json() == model
    assert model["license"]
    assert model["example_prompts"]


def test_neither_log_has_an_error_and_both_stop_clean(
    painting: Program, server: Program
) -> None:
    painting.assert_clean_log()
    server.assert_clean_log()
    assert painting.stop() == 0
    assert server.stop() == 0
