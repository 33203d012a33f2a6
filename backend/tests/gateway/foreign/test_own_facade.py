"""Our own AUTOMATIC1111 façade as the server of another make.

Behind it is a real text-to-image server: whatever the adapter says has to mean the same
to a program that was written from the other side.
"""

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from easel.gateway.app import create_app
from tests.gateway.foreign.asking import FOX, accepted, ask, models, standing
from tests.gateway.foreign.pictures import png
from tests.gateway.running_gateway import gateway_settings, serving
from tests.text2image.gated_engine import GatedEngine
from tests.text2image.running_server import RunningServer, make_app, serve

pytestmark = pytest.mark.component

STEPS = 5


@dataclass
class Peer:
    """`client` is of the gateway that has the other one in its pool."""

    client: aiohttp.ClientSession
    server: RunningServer
    engine: GatedEngine


@pytest.fixture
async def peer(tmp_path: Path) -> AsyncIterator[Peer]:
    engine = GatedEngine()
    app = make_app(tmp_path / "server", lambda: engine, shutdown_grace_s=0)
    async with serve(app) as server:
        await server.until_loaded()
        behind = create_app(
            gateway_settings(
                text2image_server_url=server.url, data_dir=tmp_path / "behind"
            )
        )
        async with serving(behind) as url:
            front = create_app(
                gateway_settings(
                    text2image_server_url=f"sdapi+{url}?steps={STEPS}",
                    data_dir=tmp_path / "front",
                )
            )
            async with (
                serving(front) as front_url,
                aiohttp.ClientSession(front_url) as client,
            ):
                yield Peer(client, server, engine)
                # What a test left running may end, or the stop would wait for it.
                engine.allow(1000)


async def test_its_models_are_offered_by_their_ids(peer: Peer) -> None:
    listed = await models(peer.client)
    async with peer.server.http.get(f"{peer.server.url}/models") as answer:
        theirs = (await answer.json())["models"]
    assert list(listed) == [model["id"] for model in theirs]
    assert listed[theirs[0]["id"]]["state"] == "ready"
    # It tells how the caller's newest call stands, and of no task by its id.
    assert listed[theirs[0]["id"]]["features"]["cancel"] is False


async def test_what_is_asked_for_arrives_word_for_word(peer: Peer) -> None:
    peer.engine.allow(100)
    asked = FOX | {
        "negative_prompt": "rain",
        "seed": 7,
        "num_images": 2,
        "width": 256,
        "height": 192,
        "guidance_scale": 5.5,
    }
    status, document = await ask(peer.client, asked)
    assert status == 200, document
    assert [image["seed"] for image in document["images"]] == [7, 8]
    assert [image["height"] for image in document["images"]] == [192, 192]
    spec = peer.engine.begun[0]
    assert (spec.prompt, spec.negative_prompt, spec.seed) == ("a fox", "rain", 7)
    assert (spec.num_inference_steps, spec.guidance_scale) == (STEPS, 5.5)


async def test_the_same_seed_paints_the_same_as_without_the_detour(peer: Peer) -> None:
    peer.engine.allow(100)
    asked = FOX | {"seed": 7, "width": 256, "height": 256}
    _, far = await ask(peer.client, asked)
    parameters = far["parameters"]
    same = {
        name: parameters[name]
        for name in ("num_inference_steps", "guidance_scale", "sampler")
        if parameters[name] != "default"
    }
    async with peer.server.http.post(
        f"{peer.server.url}/generate", json={**asked, **same}
    ) as answer:
        near = await answer.json()
    assert answer.status == 200, near
    seen = [
        pixels(base64.b64decode(document["images"][0]["b64_json"]))
        for document in (far, near)
    ]
    assert seen[0] == seen[1]


async def test_an_image_and_a_mask_arrive(peer: Peer) -> None:
    peer.engine.allow(100)
    image = base64.b64encode(png(256, 256)).decode()
    asked = {"image": image, "mask": image, "strength": 0.5, "width": 256}
    status, document = await ask(peer.client, FOX | asked | {"height": 256})
    assert status == 200, document
    assert peer.engine.begun[0].source is not None


async def test_who_cancels_stops_it_there_by_hanging_up(peer: Peer) -> None:
    id_ = await accepted(peer.client, FOX)
    await peer.server.until(lambda: bool(peer.engine.begun))
    async with peer.client.delete(f"/generations/{id_}") as answer:
        assert (await answer.json())["status"] == "cancelled"
    await given_up(peer)
    assert (await standing(peer.client, id_))["status"] == "cancelled"


async def test_who_leaves_stops_it_too(peer: Peer) -> None:
    asking = asyncio.create_task(ask(peer.client, FOX))
    await peer.server.until(lambda: bool(peer.engine.begun))
    asking.cancel()
    await given_up(peer)


async def given_up(peer: Peer) -> None:
    """Return when nothing is under way there, though no step was allowed."""
    while True:
        async with peer.server.http.get(f"{peer.server.url}/health") as answer:
            health = await answer.json()
        if health["queued"] + health["running"] == 0:
            return


def pixels(file: bytes) -> bytes:
    pillow = pytest.importorskip("PIL.Image")
    from io import BytesIO

    data: bytes = pillow.open(BytesIO(file)).tobytes()
    return data
