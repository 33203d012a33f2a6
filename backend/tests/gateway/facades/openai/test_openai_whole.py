"""OpenAI's own client before the real gateway and a real server with a fake engine."""

import asyncio
import base64
import io
from collections.abc import AsyncIterator, Iterator

import httpx2
import openai
import pytest
from openai import AsyncOpenAI
from PIL import Image

from tests.gateway.facades.openai.openai_app import sdk_for
from tests.system.processes import FAKE, Program, running_gateway, running_server

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    folder = tmp_path_factory.mktemp("openai")
    with (
        running_server(folder / "server", *FAKE) as server,
        running_gateway(
            folder / "gateway", server.url, GATEWAY_DATA_DIR=str(folder / "data")
        ) as program,
    ):
        yield program


@pytest.fixture
async def sdk(gateway: Program) -> AsyncIterator[AsyncOpenAI]:
    async with sdk_for(gateway.url) as client:
        yield client


def opened(b64: str | None) -> Image.Image:
    assert b64 is not None
    image = Image.open(io.BytesIO(base64.b64decode(b64)))
    image.load()
    return image


def png(mode: str, colour: tuple[int, ...]) -> tuple[str, bytes, str]:
    file = io.BytesIO()
    Image.new(mode, (256, 256), colour).save(file, "PNG")
    return ("image.png", file.getvalue(), "image/png")


async def test_images_are_generated(sdk: AsyncOpenAI) -> None:
    answer = await sdk.images.generate(
        prompt="a fox", n=6, size="256x128", output_format="webp"
    )
    assert answer.data is not None
    images = [opened(image.b64_json) for image in answer.data]
    assert [(image.format, image.size) for image in images] == [
        ("WEBP", (256, 128))
    ] * 6
    assert len({image.tobytes() for image in images}) == 6


async def test_a_link_opens_without_a_key(sdk: AsyncOpenAI) -> None:
    answer = await sdk.images.generate(prompt="a fox", response_format="url")
    assert answer.data is not None
    url = answer.data[0].url
    assert url is not None
    fetched = await asyncio.to_thread(httpx2.get, url, trust_env=False)
    assert fetched.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(fetched.content)).size


async def test_a_stream_shows_the_image_becoming(sdk: AsyncOpenAI) -> None:
    stream = await sdk.images.generate(
        prompt="a fox", size="256x256", stream=True, partial_images=2
    )
    events = [event async for event in stream]
    assert [event.type for event in events] == [
        *["image_generation.partial_image"] * 2,
        "image_generation.completed",
    ]
    assert opened(events[0].b64_json).size
    assert opened(events[2].b64_json).size == (256, 256)


async def test_an_image_is_edited_within_its_mask(sdk: AsyncOpenAI) -> None:
    answer = await sdk.images.edit(
        image=png("RGB", (200, 30, 30)),
        mask=png("RGBA", (0, 0, 0, 0)),
        prompt="a fox",
        size="256x256",
    )
    assert answer.data is not None
    assert opened(answer.data[0].b64_json).size == (256, 256)


async def test_what_the_model_cannot_do_is_a_bad_request(sdk: AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        await sdk.images.generate(prompt="a fox", size="333x256")
    assert raised.value.param == "size"
    with pytest.raises(openai.NotFoundError):
        await sdk.images.generate(prompt="a fox", model="dall-e-3")
