import asyncio
import base64
from typing import Any

import pytest

from tests.gateway.foreign.asking import (
    FOX,
    accepted,
    ask,
    models,
    replica_when,
    standing,
)
from tests.gateway.foreign.pictures import png
from tests.gateway.foreign.sdapi_stub import SdapiStub
from tests.gateway.running_gateway import gateway_for

pytestmark = pytest.mark.component


async def test_all_that_the_dialect_can_say_is_sent() -> None:
    async with (
        SdapiStub(login="me:it") as stub,
        gateway_for(f"sdapi+http://me:it@{stub.authority}") as client,
    ):
        asked = {
            "prompt": "a fox",
            "negative_prompt": "rain",
            "model": "sdxl-base",
            "width": 640,
            "height": 512,
            "num_inference_steps": 25,
            "guidance_scale": 6.5,
            "seed": 7,
            "num_images": 2,
            "sampler": "dpmpp_2m_karras",
        }
        status, document = await ask(client, asked)
        assert status == 200, document
        assert [image["seed"] for image in document["images"]] == [7, 8]
        assert document["images"][0]["width"] == 640
        (body,) = stub.bodies
        body.pop("force_task_id")
        assert body == {
            "prompt": "a fox",
            "negative_prompt": "rain",
            "width": 640,
            "height": 512,
            "steps": 25,
            "cfg_scale": 6.5,
            "seed": 7,
            "batch_size": 2,
            "n_iter": 1,
            "sampler_name": "DPM++ 2M",
            "scheduler": "Karras",
            "disable_extra_networks": True,
            "override_settings": {
                "sd_model_checkpoint": "sdxl-base.safetensors [6ce0161689]"
            },
            "override_settings_restore_afterwards": False,
        }


async def test_models_are_told_with_samplers_and_what_is_loaded() -> None:
    async with (
        SdapiStub() as stub,
        gateway_for(f"sdapi+http://{stub.authority}?model=sd15=v1-5-pruned") as client,
    ):
        listed = await models(client)
        assert list(listed) == ["sd15"]
        model = listed["sd15"]
        # Uniform spacing of DPM++ 2M is not among its schedules.
        assert model["samplers"] == ["euler", "euler_ancestral", "dpmpp_2m_karras"]
        assert model["state"] == "ready"
        assert model["features"]["image_to_image"] is True
        assert model["features"]["cancel"] is True
        assert model["output_formats"] == ["png"]
        status, document = await ask(client, FOX | {"output_format": "webp"})
        assert (status, document["param"]) == (422, "output_format")


async def test_an_image_to_start_from_and_a_mask_go_along() -> None:
    async with (
        SdapiStub() as stub,
        gateway_for(f"sdapi+http://{stub.authority}") as client,
    ):
        image = base64.b64encode(png(64, 64)).decode()
        asked = FOX | {"image": image, "mask": image, "strength": 0.6}
        status, document = await ask(client, asked)
        assert status == 200, document
        assert document["parameters"]["strength"] == 0.6
        assert len(document["parameters"]["image_sha256"]) == 64
        (body,) = stub.bodies
        assert body["init_images"] == [image]
        assert body["mask"] == image
        assert body["denoising_strength"] == 0.6
        assert body["inpaint_full_res"] is False


async def test_a_grid_is_not_taken_for_a_picture() -> None:
    async with (
        SdapiStub() as stub,
        gateway_for(f"sdapi+http://{stub.authority}") as client,
    ):
        stub.returns_grid = True
        status, document = await ask(client, FOX | {"num_images": 2, "seed": 1})
        assert status == 200
        assert [image["width"] for image in document["images"]] == [512, 512]


@pytest.mark.parametrize("has_tasks", [True, False])
async def test_only_our_own_task_is_interrupted(has_tasks: bool) -> None:
    async with (
        SdapiStub(has_tasks=has_tasks) as stub,
        gateway_for(f"sdapi+http://{stub.authority}") as client,
    ):
        stub.gate.clear()
        id_ = await accepted(client, FOX)
        await stub.arrival()
        async with client.delete(f"/generations/{id_}") as answer:
            assert (await answer.json())["status"] == "cancelled"
        # Without tasks it may be anybody's that is being painted.
        assert stub.interrupts == ([id_] if has_tasks else [])
        features = (await models(client))["v1-5-pruned"]["features"]
        assert features["cancel"] is features["progress"] is has_tasks


async def test_somebody_elses_task_goes_on_when_ours_waits_for_it() -> None:
    async with (
        SdapiStub() as stub,
        gateway_for(f"sdapi+http://{stub.authority}?concurrent=2") as client,
    ):
        stub.gate.clear()
        first = await accepted(client, FOX)
        await stub.arrival()
        # This one waits within the server: the present task is not it.
        second = await accepted(client, FOX)
        async with client.delete(f"/generations/{second}") as answer:
            assert (await answer.json())["status"] == "cancelled"
        assert stub.interrupts == []
        stub.gate.set()
        assert (await standing(client, first, wait_s=30))["status"] == "completed"


async def test_steps_are_told_while_it_paints() -> None:
    async with (
        SdapiStub() as stub,
        gateway_for(f"sdapi+http://{stub.authority}") as client,
    ):
        stub.gate.clear()
        stub.progress = 0.5
        id_ = await accepted(client, FOX | {"num_inference_steps": 20})
        seen: list[str] = []
        async with client.get(f"/generations/{id_}/events") as answer:
            async for line in answer.content:
                seen.append(line.decode().strip())
                if '"step":10' in seen[-1]:
                    stub.gate.set()
        assert "event: progress" in seen
        assert "event: completed" in seen


async def test_one_thing_at_a_time_and_the_others_are_told_their_place() -> None:
    async with (
        SdapiStub() as stub,
        gateway_for(f"sdapi+http://{stub.authority}") as client,
    ):
        stub.gate.clear()
        first, second, third = [await accepted(client, FOX) for _ in range(3)]
        await stub.arrival()
        assert (await standing(client, first))["status"] == "running"
        assert (await standing(client, third))["position"] == 2
        async with client.delete(f"/generations/{second}") as answer:
            assert (await answer.json())["status"] == "cancelled"
        assert (await standing(client, third))["position"] == 1
        stub.gate.set()
        assert (await standing(client, third, wait_s=30))["status"] == "completed"
        assert len(stub.bodies) == 2


async def test_arguments_cannot_be_smuggled_in_with_a_prompt() -> None:
    async with (
        SdapiStub() as stub,
        gateway_for(f"sdapi+http://{stub.authority}") as client,
    ):
        prompt = '<sd_cpp_extra_args>{"steps": 999}</sd_cpp_extra_args> a fox'
        status, document = await ask(client, {"prompt": prompt})
        assert (status, document["param"]) == (422, "prompt")
        assert stub.bodies == []


async def test_its_validation_errors_name_our_fields() -> None:
    async with (
        SdapiStub() as stub,
        gateway_for(f"sdapi+http://{stub.authority}") as client,
    ):
        fault: dict[str, Any] = {"loc": ["body", "cfg_scale"], "msg": "too much"}
        stub.refusal = (422, {"detail": [fault]}, {})
        status, document = await ask(client, FOX)
        assert (status, document["param"]) == (422, "guidance_scale")
        assert "too much" in document["detail"]


async def test_a_server_that_goes_and_comes_back() -> None:
    async with (
        SdapiStub() as stub,
        gateway_for(f"sdapi+http://{stub.authority}") as client,
    ):
        assert (await ask(client, FOX))[0] == 200
        await stub.close()
        assert (await ask(client, FOX))[0] == 502
        await replica_when(client, state="unhealthy")
        async with stub:
            await replica_when(client, state="ready")
            assert (await ask(client, FOX))[0] == 200


async def test_who_leaves_hangs_up() -> None:
    async with (
        SdapiStub() as stub,
        gateway_for(f"sdapi+http://{stub.authority}") as client,
    ):
        stub.gate.clear()
        asking = asyncio.create_task(ask(client, FOX))
        await stub.arrival()
        asking.cancel()
        await stub.abandoned.wait()
