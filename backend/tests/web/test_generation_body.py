"""`POST /generate` as JSON and as a form, at the server and through the gateway."""

import base64
import io
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image

from easel.text2image.engines.fake import FakeEngine
from tests.gateway.running_gateway import gateway_for
from tests.text2image.running_server import make_app, serve

pytestmark = pytest.mark.component

Form = aiohttp.FormData
SMALL = {"prompt": "a lighthouse", "num_inference_steps": 2, "width": 64, "height": 64}
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "multipart/form-data; boundary=xx"}


@pytest.fixture(params=["server", "gateway"])
async def client(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[aiohttp.ClientSession]:
    """Of the tier that reads the body first."""
    # The gateway's own limit; the server's is larger, because files grow in JSON.
    app = make_app(tmp_path, lambda: FakeEngine(step_s=0), max_body_bytes=16 * 2**20)
    async with serve(app) as server:
        await server.until_loaded()
        if request.param == "gateway":
            async with gateway_for(server.url) as client:
                yield client
        else:
            async with aiohttp.ClientSession(server.url) as client:
                yield client


def picture(mode: str = "RGB", image_format: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new(mode, (64, 64), 200 if mode == "L" else (200, 100, 50)).save(
        file, image_format
    )
    return file.getvalue()


def form(**fields: object) -> Form:
    """Bytes become files, all else text."""
    made = Form(default_to_multipart=True)
    for name, value in (SMALL | fields).items():
        if isinstance(value, bytes):
            made.add_field(name, io.BytesIO(value), filename=f"{name}.png")
        else:
            made.add_field(name, str(value))
    return made


async def post(
    client: aiohttp.ClientSession, data: Form | bytes, headers: dict[str, str] | None
) -> tuple[int, dict[str, Any]]:
    sent = io.BytesIO(data) if isinstance(data, bytes) else data
    async with client.post("/generate", data=sent, headers=headers) as answer:
        return answer.status, await answer.json()


async def parameters(client: aiohttp.ClientSession, data: Form) -> dict[str, Any]:
    status, document = await post(client, data, None)
    assert status == 200, document
    found: dict[str, Any] = document["parameters"]
    return found


async def refused(
    client: aiohttp.ClientSession,
    data: Form | bytes,
    headers: dict[str, str] | None = None,
    *,
    status: int = 422,
) -> str:
    """The field that is named."""
    answered, problem = await post(client, data, headers)
    assert answered == status
    assert problem["status"] == status
    assert len(str(problem)) < 1000
    param: str = problem["param"]
    return param


async def test_a_form_says_all_that_json_says(client: aiohttp.ClientSession) -> None:
    image, mask = picture(), picture("L", "JPEG")
    painted = await parameters(
        client,
        form(
            negative_prompt="fog",
            model="fake",
            guidance_scale=3.5,
            seed=7,
            num_images=2,
            output_format="webp",
            sampler="euler",
            loras="[]",
            strength=0.5,
            determinism="exact",
            priority="batch",
            provenance="false",
            safety_check="true",
            image=image,
            mask=mask,
        ),
    )
    assert painted == {
        **SMALL,
        "negative_prompt": "fog",
        "guidance_scale": 3.5,
        "seed": 7,
        "num_images": 2,
        "output_format": "webp",
        "sampler": "euler",
        "loras": [],
        "native_size": None,
        "strength": 0.5,
        "image_sha256": sha256(image).hexdigest(),
        "mask_sha256": sha256(mask).hexdigest(),
        "determinism": "exact",
        "priority": "batch",
        "provenance": False,
        "safety_check": True,
    }


async def test_a_form_and_json_give_the_same_image(
    client: aiohttp.ClientSession,
) -> None:
    _, by_form = await post(client, form(seed=7, image=picture()), None)
    encoded = base64.b64encode(picture()).decode()
    body = SMALL | {"seed": 7, "image": encoded}
    async with client.post("/generate", json=body) as answer:
        by_json = await answer.json()
    assert by_form["images"][0]["sha256"] == by_json["images"][0]["sha256"]


async def test_an_image_may_be_text_in_a_form_too(
    client: aiohttp.ClientSession,
) -> None:
    encoded = base64.b64encode(picture()).decode()
    painted = await parameters(client, form(image=encoded))
    assert painted["image_sha256"] == sha256(picture()).hexdigest()


async def test_a_prompt_that_looks_like_a_number_stays_text(
    client: aiohttp.ClientSession,
) -> None:
    assert (await parameters(client, form(prompt="1984")))["prompt"] == "1984"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"steps": 4}, "steps"),
        ({"seed": "seven"}, "seed"),
        ({"seed": "-1"}, "seed"),
        ({"num_inference_steps": "2.5"}, "num_inference_steps"),
        ({"guidance_scale": "NaN"}, "guidance_scale"),
        ({"width": ""}, "width"),
        ({"safety_check": "yes"}, "safety_check"),
        ({"loras": "ink"}, "loras"),
        ({"prompt": " "}, "prompt"),
        ({"prompt": b"a file"}, "prompt"),
        ({"steps": b"a file"}, "steps"),
        ({"image": b"no image"}, "image"),
        ({"image": b""}, "image"),
        ({"mask": picture("L")}, "mask"),
        ({"image": b"x" * (9 * 2**20 + 1)}, "image"),
        ({"prompt": "x" * 8000}, "prompt"),
        ({f"field{number}": 1 for number in range(70)}, "body"),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_what_a_form_may_not_say_is_named(
    client: aiohttp.ClientSession, fields: dict[str, object], param: str
) -> None:
    assert await refused(client, form(**fields)) == param


async def test_a_field_that_is_there_twice_is_refused(
    client: aiohttp.ClientSession,
) -> None:
    twice = form(seed=1)
    twice.add_field("seed", "2")
    assert await refused(client, twice) == "seed"


PART = b'--xx\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
PROMPT = PART % (b"prompt", b"a cat")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no form at all",
        PROMPT,
        PROMPT + b'--xx\r\nContent-Disposition: form-data; name="image"; '
        b'filename="a.png"\r\n\r\nhalf a pict',
        b"--xx\r\nContent-Disposition\r\n\r\n--xx--\r\n",
        b"--xx\r\n\r\nno name\r\n--xx--\r\n",
        PART % (b"prompt", b"x" * 2**21) + b"--xx--\r\n",
    ],
    ids=[
        *("empty", "text", "no end", "half a file", "half a header", "no name"),
        "a prompt of 2 MiB",
    ],
)
async def test_a_broken_form_is_refused(
    client: aiohttp.ClientSession, body: bytes
) -> None:
    assert await refused(client, body, FORM) == "body"


async def test_a_form_without_a_boundary_is_refused(
    client: aiohttp.ClientSession,
) -> None:
    headers = {"Content-Type": "multipart/form-data"}
    assert await refused(client, PROMPT + b"--xx--\r\n", headers) == "body"


async def test_an_empty_form_lacks_a_prompt(client: aiohttp.ClientSession) -> None:
    assert await refused(client, b"--xx--\r\n", FORM) == "prompt"


async def test_a_body_over_the_limit_is_too_large_in_either_form(
    client: aiohttp.ClientSession,
) -> None:
    too_large = form(image=b"x" * (8 * 2**20), mask=b"x" * (8 * 2**20))
    assert await refused(client, too_large, status=413) == "body"
    assert await refused(client, b" " * (17 * 2**20), JSON, status=413) == "body"


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        (b"", 422, "body"),
        (b"{", 400, "body"),
        (b"[]", 422, "body"),
        (b'{"prompt": "a", "seed": "7"}', 422, "seed"),
        (b'{"prompt": "a", "steps": 7}', 422, "steps"),
        (b'{"prompt": "a", "image": "no base64!"}', 422, "image"),
    ],
)
async def test_json_is_refused_as_before(
    client: aiohttp.ClientSession, body: bytes, status: int, param: str
) -> None:
    assert await refused(client, body, JSON, status=status) == param


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "Application/JSON"]
)
async def test_json_may_be_declared_in_any_spelling(
    client: aiohttp.ClientSession, content_type: str
) -> None:
    body = b'{"prompt": "a", "num_inference_steps": 1, "width": 64, "height": 64}'
    status, _ = await post(client, body, {"Content-Type": content_type})
    assert status == 200


async def test_another_content_type_is_refused(client: aiohttp.ClientSession) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert await refused(client, b"prompt=a", headers, status=415) == "Content-Type"
