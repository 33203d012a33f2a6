import asyncio
import base64
import io
import json
from typing import Any

import aiohttp
import pytest
from PIL import Image

from easel.errors import EngineFailed
from easel.gateway.admission.tickets import Place
from easel.text2image.images.source_images import decode_mask, repainted_part
from tests.gateway.facades.automatic1111.automatic1111_app import Looks, client_for
from tests.gateway.facades.automatic1111.served_pool import ServedPool
from tests.gateway.facades.automatic1111.served_server import (
    STEPS,
    ServedServer,
    model,
    small_picture,
)
from tests.gateway.store.memory_store import MemoryStore

pytestmark = pytest.mark.component

IMAGE = "aW1hZ2U="


async def paint(
    http: aiohttp.ClientSession, path: str = "txt2img", **sent: Any
) -> dict[str, Any]:
    body = {"prompt": "a fox", **sent}
    async with http.post(f"/sdapi/v1/{path}", json=body) as answer:
        document: dict[str, Any] = await answer.json()
        assert answer.status == 200, document
    return document


async def progress(http: aiohttp.ClientSession, query: str = "") -> Any:
    async with http.get(f"/sdapi/v1/progress{query}") as answer:
        assert answer.status == 200
        return await answer.json()


async def post(http: aiohttp.ClientSession, path: str) -> Any:
    async with http.post(f"/sdapi/v1/{path}") as answer:
        assert answer.status == 200
        return await answer.json()


# The answer


async def test_parameters_are_the_call_as_far_as_it_is_known(
    http: aiohttp.ClientSession,
) -> None:
    answer = await paint(http, tiling=None, eta=1.0, auth="me:secret", steps=3)
    parameters = answer["parameters"]
    assert parameters["prompt"] == "a fox"
    assert (parameters["steps"], parameters["eta"]) == (3, 1.0)
    assert parameters["send_images"] is True
    assert "auth" not in parameters


async def test_images_are_left_out_where_nobody_wants_them(
    http: aiohttp.ClientSession,
) -> None:
    answer = await paint(http, send_images=False, batch_size=2)
    assert answer["images"] == []
    assert len(json.loads(answer["info"])["infotexts"]) == 2


async def test_sent_images_come_back_where_they_are_wanted(
    http: aiohttp.ClientSession,
) -> None:
    sent = {"init_images": [IMAGE], "include_init_images": True}
    answer = await paint(http, "img2img", **sent)
    assert answer["parameters"]["init_images"] == [IMAGE]
    answer = await paint(http, "img2img", **sent | {"include_init_images": False})
    assert answer["parameters"]["init_images"] is None


async def test_a_seed_left_to_chance_is_drawn_and_told(
    http: aiohttp.ClientSession, server: ServedServer
) -> None:
    info = json.loads((await paint(http, seed=-1))["info"])
    [call] = server.calls
    assert info["seed"] == info["all_seeds"][0] == call.request.seed
    assert not call.may_reuse


async def test_a_chosen_seed_may_be_answered_from_what_is_there(
    http: aiohttp.ClientSession, server: ServedServer
) -> None:
    await paint(http, seed=3)
    assert server.calls[0].may_reuse


# Many images


async def test_the_generations_of_a_call_run_side_by_side(
    http: aiohttp.ClientSession, server: ServedServer
) -> None:
    server.gate.clear()
    painting = asyncio.create_task(paint(http, n_iter=8, seed=1))
    await server.until_running(2)
    server.gate.set()
    assert len((await painting)["images"]) == 8


async def test_a_caller_who_may_do_one_thing_at_a_time_does(
    base_url: str, server: ServedServer
) -> None:
    async with client_for(base_url, "sk-mole") as mole:
        answer = await paint(mole, n_iter=8)
    assert len(answer["images"]) == 8
    assert server.largest_crowd == 1


async def test_if_one_generation_fails_the_others_are_given_up(
    http: aiohttp.ClientSession, server: ServedServer
) -> None:
    server.gate.clear()
    server.refusals = [EngineFailed("The model broke.")]
    body = {"prompt": "a fox", "n_iter": 8}
    async with http.post("/sdapi/v1/txt2img", json=body) as answer:
        assert answer.status == 500
    assert server.running == []


# A client that leaves


async def test_a_client_that_leaves_stops_its_generations(
    http: aiohttp.ClientSession, server: ServedServer
) -> None:
    server.gate.clear()
    painting = asyncio.create_task(paint(http))
    await server.until_running()
    painting.cancel()
    await server.abandoned.wait()
    assert server.running == []


# Progress


async def test_progress_of_nothing(http: aiohttp.ClientSession) -> None:
    assert await progress(http) == {
        "progress": 0.0,
        "eta_relative": 0.0,
        "state": {
            "skipped": False,
            "interrupted": False,
            "stopping_generation": False,
            "job": "",
            "job_count": 0,
            "job_timestamp": "0",
            "job_no": 0,
            "sampling_step": 0,
            "sampling_steps": 0,
        },
        "current_image": None,
        "textinfo": None,
    }


async def test_progress_can_be_had_from_any_worker(
    http: aiohttp.ClientSession, elsewhere: aiohttp.ClientSession, server: ServedServer
) -> None:
    server.gate.clear()
    server.finishes_first = 1
    painting = asyncio.create_task(paint(http, n_iter=8))
    await server.until_asked(2)
    await server.until_running()
    while (seen := await progress(elsewhere))["state"]["job_no"] == 0:
        pass
    assert seen["progress"] == (1 + 2 / STEPS) / 2
    assert seen["state"]["job_count"] == 2
    assert seen["current_image"] == small_picture()
    server.gate.set()
    await painting
    assert (await progress(elsewhere))["state"]["job_count"] == 0


async def test_the_preview_can_be_left_out(
    http: aiohttp.ClientSession, server: ServedServer
) -> None:
    server.gate.clear()
    painting = asyncio.create_task(paint(http))
    await server.until_running()
    assert (await progress(http, "?skip_current_image=true"))["current_image"] is None
    server.has_preview = False
    assert (await progress(http))["current_image"] is None
    server.gate.set()
    await painting


async def test_who_waits_is_told_where_it_stands(
    http: aiohttp.ClientSession, server: ServedServer
) -> None:
    server.place = Place(position=4, eta_s=12.5)
    server.door.clear()
    server.gate.clear()
    painting = asyncio.create_task(paint(http))
    await server.until_asked()
    waiting = await progress(http)
    assert waiting["textinfo"] == "waiting: 4 in the queue"
    assert waiting["eta_relative"] == 12.5
    assert 0 < waiting["progress"] < 0.1
    server.door.set()
    await server.until_running()
    server.running[0].is_started = False
    waiting = await progress(http)
    assert waiting["textinfo"] == "waiting: 3 in the queue"
    assert waiting["eta_relative"] == 9.5
    server.gate.set()
    await painting


async def test_a_generation_that_its_server_forgot_is_passed_over(
    http: aiohttp.ClientSession, server: ServedServer
) -> None:
    server.gate.clear()
    painting = asyncio.create_task(paint(http))
    await server.until_running()
    forgotten = server.held.copy()
    server.held.clear()
    seen = await progress(http)
    assert seen["state"]["job_count"] == 1
    assert seen["state"]["sampling_steps"] == 0
    server.held.update(forgotten)
    server.gate.set()
    await painting


async def test_a_server_of_another_version_is_no_bug_of_ours(
    http: aiohttp.ClientSession,
    server: ServedServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    server.gate.clear()
    server.speaks_nonsense = True
    painting = asyncio.create_task(
        http.post("/sdapi/v1/txt2img", json={"prompt": "a fox"})
    )
    await server.until_running()
    assert (await progress(http))["current_image"] is None
    server.gate.set()
    async with await painting as answer:
        assert answer.status == 503
        assert "fox" not in await answer.text()
    assert "fox" not in caplog.text


# Interrupt and skip


async def test_nothing_to_interrupt(http: aiohttp.ClientSession) -> None:
    assert await post(http, "interrupt") == {}
    assert await post(http, "skip") is None


async def test_interrupt_reaches_what_another_worker_paints(
    http: aiohttp.ClientSession, elsewhere: aiohttp.ClientSession, server: ServedServer
) -> None:
    server.gate.clear()
    painting = asyncio.create_task(paint(http, seed=6))
    await server.until_running()
    await post(elsewhere, "interrupt")
    answer = await painting
    assert server.cancelled_ids == ["gen_r1_0"]
    assert answer["images"] == []
    info = json.loads(answer["info"])
    assert (info["seed"], info["all_seeds"], info["infotexts"]) == (6, [], [])


async def test_interrupt_reaches_what_waits_at_another_worker(
    http: aiohttp.ClientSession,
    elsewhere: aiohttp.ClientSession,
    server: ServedServer,
    looks: Looks,
) -> None:
    server.door.clear()
    painting = asyncio.create_task(paint(http))
    await server.until_asked()
    await post(elsewhere, "interrupt")
    looks.one()
    assert (await painting)["images"] == []
    assert server.held == {}
    assert server.abandoned.is_set()


async def test_interrupt_stops_what_has_not_begun(
    base_url: str, server: ServedServer
) -> None:
    server.gate.clear()
    async with client_for(base_url, "sk-mole") as mole:
        painting = asyncio.create_task(paint(mole, n_iter=8))
        await server.until_running()
        await post(mole, "interrupt")
        assert (await painting)["images"] == []
    assert len(server.calls) == 1


# Without the store


async def test_without_the_store_a_worker_paints_and_interrupts(
    http: aiohttp.ClientSession, server: ServedServer, store: MemoryStore
) -> None:
    store.is_down = True
    assert len((await paint(http))["images"]) == 1
    server.gate.clear()
    painting = asyncio.create_task(paint(http))
    await server.until_running()
    assert (await progress(http))["state"]["job_count"] == 1
    await post(http, "interrupt")
    assert (await painting)["images"] == []


# Models


async def test_a_call_may_change_the_callers_model(
    http: aiohttp.ClientSession, server: ServedServer
) -> None:
    settings = {"sd_model_checkpoint": "The flow"}
    await paint(
        http, override_settings=settings, override_settings_restore_afterwards=False
    )
    await paint(http)
    assert [each.model for each in server.requests] == ["flow", "flow"]


async def test_a_choice_that_cannot_be_kept_costs_no_painting(
    http: aiohttp.ClientSession, server: ServedServer, store: MemoryStore
) -> None:
    store.is_down = True
    body = {
        "prompt": "a fox",
        "override_settings": {"sd_model_checkpoint": "fox"},
        "override_settings_restore_afterwards": False,
    }
    async with http.post("/sdapi/v1/txt2img", json=body) as answer:
        assert answer.status == 503
    assert server.calls == []


async def test_models_that_were_not_known_yet_are_asked_for(
    http: aiohttp.ClientSession, server: ServedServer, pool: ServedPool
) -> None:
    pool.replicas = []
    body = {"prompt": "a fox"}
    async with http.post("/sdapi/v1/txt2img", json=body) as answer:
        assert answer.status == 503
    async with http.get("/sdapi/v1/sd-models") as answer:
        assert answer.status == 503
    pool.after_probe = [model("new")]
    await paint(http)
    assert server.requests[0].model == "new"


async def test_a_key_for_some_models_sees_those(
    base_url: str, server: ServedServer, pool: ServedPool
) -> None:
    async with client_for(base_url, "sk-owl") as owl:
        async with owl.get("/sdapi/v1/sd-models") as answer:
            assert [each["title"] for each in await answer.json()] == ["fox"]
        settings = {"override_settings": {"sd_model_checkpoint": "flow"}}
        body = {"prompt": "a fox", **settings}
        async with owl.post("/sdapi/v1/txt2img", json=body) as answer:
            assert answer.status == 404
        pool.replicas = pool.replicas[1:]
        async with owl.post("/sdapi/v1/txt2img", json={"prompt": "a"}) as answer:
            assert answer.status == 404
            assert "none of the models" in await answer.text()
    assert server.calls == []


@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,"])
async def test_a_mask_can_be_turned_around(
    http: aiohttp.ClientSession, server: ServedServer, prefix: str
) -> None:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    sent = base64.b64encode(file.getvalue()).decode()
    body = {
        "prompt": "a fox",
        "init_images": [IMAGE],
        "mask": prefix + sent,
        "inpainting_mask_invert": 1,
    }
    async with http.post("/sdapi/v1/img2img", json=body) as answer:
        assert answer.status == 200
    mask = server.requests[0].mask
    assert mask is not None
    assert repainted_part(mask) == "black"
    assert decode_mask(mask).size == (8, 8)
