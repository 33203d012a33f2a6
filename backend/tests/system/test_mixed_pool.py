"""Real processes: a gateway over our own server, another make's, and a whole peer.

The peer is a gateway of ours, asked through its AUTOMATIC1111 façade. What speaks
OpenAI's API is a stub, in a thread of this process.
"""

import asyncio
import json
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.gateway.foreign.openai_stub import OpenAiStub
from tests.system.processes import (
    FAKE,
    Program,
    running_gateway,
    running_gunicorn,
    running_server,
    wait_until,
)
from tests.system.processes import free_port as a_free_port

pytestmark = pytest.mark.system

PNG = b"\x89PNG"
KEY = "sk-of-the-stub"


@contextmanager
def openai_server() -> Iterator[OpenAiStub]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    stub = OpenAiStub(key=KEY)
    try:
        asyncio.run_coroutine_threadsafe(stub.__aenter__(), loop).result(10)
        yield stub
        asyncio.run_coroutine_threadsafe(stub.close(), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@dataclass
class Pool:
    """`own` and `peer` have the same model; `far` is the server behind the peer."""

    own: Program
    far: Program
    peer: Program
    openai: OpenAiStub
    urls: str

    @property
    def keys(self) -> str:
        return json.dumps({self.openai.authority: KEY})


@pytest.fixture
def pool(folder: Path) -> Iterator[Pool]:
    with (
        openai_server() as openai,
        running_server(folder / "own", *FAKE) as own,
        running_server(folder / "far", *FAKE) as far,
        running_gateway(folder / "peer", far.url) as peer,
    ):
        urls = f"{own.url},openai+http://{openai.authority}/v1,sdapi+{peer.url}?steps=8"
        yield Pool(own, far, peer, openai, urls)


def all_ready(gateway: Program) -> bool:
    replicas = httpx2.get(gateway.url + "/health").json()["replicas"]
    return [each["state"] for each in replicas] == ["ready"] * 3


def generate(gateway: Program, **fields: Any) -> httpx2.Response:
    body = {"prompt": "a fox", "width": 256, "height": 256, **fields}
    return httpx2.post(gateway.url + "/generate", json=body, timeout=60)


def painted_on(server: Program) -> int:
    recent = httpx2.get(server.url + "/health").json()["recent"]
    return int(recent["completed"])


def test_the_right_server_by_model_and_another_one_when_it_dies(
    folder: Path, pool: Pool
) -> None:
    with running_gateway(
        folder / "front", pool.urls, GATEWAY_SERVER_KEYS=pool.keys
    ) as gateway:
        wait_until(lambda: all_ready(gateway), "all three are ready")
        listed = httpx2.get(gateway.url + "/models").json()["models"]
        assert [model["id"] for model in listed] == ["fake", "gpt-image-1"]
        features = {model["id"]: model["features"] for model in listed}
        assert features["fake"]["seed"]
        assert not features["gpt-image-1"]["seed"]

        far = generate(gateway, model="gpt-image-1", width=1024, height=1024)
        assert far.status_code == 200, far.text
        assert far.json()["id"].startswith("gen_openai")
        refused = generate(
            gateway, model="gpt-image-1", width=1024, height=1024, seed=7
        )
        assert (refused.status_code, refused.json()["param"]) == (422, "seed")

        with ThreadPoolExecutor(6) as callers:
            answers = callers.map(
                lambda seed: generate(gateway, model="fake", seed=seed), range(12)
            )
            assert [answer.status_code for answer in answers] == [200] * 12
        # Both that have the model took part.
        wait_until(
            lambda: painted_on(pool.own) + painted_on(pool.far) == 12, "all counted"
        )
        assert painted_on(pool.own)
        assert painted_on(pool.far)

        pool.own.kill()
        for seed in range(100, 106):
            answer = generate(gateway, model="fake", seed=seed)
            assert answer.status_code == 200, answer.text
            assert answer.json()["id"].startswith("gen_sdapi")
        assert KEY not in gateway.log


def test_any_worker_knows_what_another_one_had_painted(
    folder: Path, pool: Pool
) -> None:
    port = a_free_port()
    with running_gunicorn(
        folder / "front",
        f"-m gunicorn main:app -w 2 -b 127.0.0.1:{port}",
        port=port,
        executable=sys.executable,
        TEXT2IMAGE_SERVER_URL=pool.urls,
        GATEWAY_SERVER_KEYS=pool.keys,
    ) as gateway:
        wait_until(lambda: all_ready(gateway), "all three are ready")
        answer = httpx2.post(
            gateway.url + "/generate",
            json={"prompt": "a fox", "model": "gpt-image-1"},
            headers={"Prefer": "respond-async"},
            timeout=60,
        )
        assert answer.status_code == 202
        path = gateway.url + answer.headers["Location"]
        for _ in range(8):
            # A connection for each: whichever worker accepts it.
            document = httpx2.get(
                path, headers={"Prefer": "wait=30"}, timeout=60
            ).json()
            assert document["status"] == "completed", document
            image = httpx2.get(gateway.url + document["images"][0]["url"])
            assert image.content.startswith(PNG)
