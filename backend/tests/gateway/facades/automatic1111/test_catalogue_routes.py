from typing import Any

import aiohttp
import pytest

from tests.gateway.facades.automatic1111.served_pool import ServedPool
from tests.gateway.store.memory_store import MemoryStore

pytestmark = pytest.mark.component

OPTIONS = "/sdapi/v1/options"


async def options(http: aiohttp.ClientSession) -> dict[str, Any]:
    async with http.get(OPTIONS) as answer:
        assert answer.status == 200
        document: dict[str, Any] = await answer.json()
    return document


async def test_options_may_be_sent_back_with_another_model(
    http: aiohttp.ClientSession, elsewhere: aiohttp.ClientSession
) -> None:
    """As Open WebUI does it."""
    changed = await options(http) | {"sd_model_checkpoint": "flow"}
    async with http.post(OPTIONS, json=changed) as answer:
        assert answer.status == 200
        assert await answer.json() is None
    assert await options(elsewhere) == changed


@pytest.mark.parametrize("name", ["FLOW", "flow.safetensors", "The flow", " flow "])
async def test_a_model_has_several_names(
    http: aiohttp.ClientSession, name: str
) -> None:
    async with http.post(OPTIONS, json={"sd_model_checkpoint": name}) as answer:
        assert answer.status == 200
    assert (await options(http))["sd_model_checkpoint"] == "flow"


@pytest.mark.parametrize(
    ("sent", "status", "told"),
    [
        ({"CLIP_stop_at_last_layers": 2}, 422, "CLIP_stop_at_last_layers"),
        ({"samples_format": "webp"}, 422, "samples_format"),
        ({"outdir_samples": "/etc"}, 422, "outdir_samples"),
        ({"sd_model_checkpoint": 3}, 422, "sd_model_checkpoint"),
        ({"sd_model_checkpoint": "owl"}, 404, "there are fox, flow"),
        ({"sd_model_checkpoint": "flow", "tiling": True}, 422, "tiling"),
    ],
)
async def test_an_option_that_cannot_be_changed_is_refused(
    http: aiohttp.ClientSession, sent: dict[str, Any], status: int, told: str
) -> None:
    async with http.post(OPTIONS, json=sent) as answer:
        assert answer.status == status
        assert told in (await answer.json())["errors"]
    assert (await options(http))["sd_model_checkpoint"] == "fox"


async def test_without_the_store_no_choice_is_kept(
    http: aiohttp.ClientSession, store: MemoryStore
) -> None:
    choice = {"sd_model_checkpoint": "flow"}
    async with http.post(OPTIONS, json=choice) as answer:
        assert answer.status == 200
    store.is_down = True
    async with http.post(OPTIONS, json=choice) as answer:
        assert answer.status == 503
    assert (await options(http))["sd_model_checkpoint"] == "fox"
    store.is_down = False
    assert (await options(http))["sd_model_checkpoint"] == "flow"


async def test_models_are_told_as_checkpoints(http: aiohttp.ClientSession) -> None:
    async with http.get("/sdapi/v1/sd-models") as answer:
        first, _ = await answer.json()
    assert first == {
        "title": "fox",
        "model_name": "fox",
        "hash": None,
        "sha256": None,
        "filename": "fox",
        "config": None,
    }


@pytest.mark.parametrize("image", ["", "R0lGODlh", "a", "ä", "data:image/png;base64,"])
async def test_png_info_of_what_is_no_png(
    http: aiohttp.ClientSession, image: str
) -> None:
    async with http.post("/sdapi/v1/png-info", json={"image": image}) as answer:
        assert answer.status == 422
        assert (await answer.json())["detail"][0]["loc"] == ["body", "image"]


async def test_png_info_wants_an_image(http: aiohttp.ClientSession) -> None:
    async with http.post("/sdapi/v1/png-info", json={}) as answer:
        assert answer.status == 422


async def test_a_chosen_model_that_is_gone_gives_way_to_the_default(
    http: aiohttp.ClientSession, pool: ServedPool
) -> None:
    async with http.post(OPTIONS, json={"sd_model_checkpoint": "flow"}) as answer:
        assert answer.status == 200
    pool.replicas = pool.replicas[:1]
    assert (await options(http))["sd_model_checkpoint"] == "fox"
