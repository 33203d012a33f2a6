import asyncio
import base64
import json

import pytest

from tests.gateway.foreign.asking import FOX, ask, models, replica_when
from tests.gateway.foreign.openai_stub import (
    OF_LOCALAI,
    OF_VLLM_OMNI,
    OpenAiStub,
    openai_error,
)
from tests.gateway.running_gateway import gateway_for

pytestmark = pytest.mark.component


async def test_openai_paints_and_the_document_is_a_generations() -> None:
    async with (
        OpenAiStub(key="sk-1") as stub,
        gateway_for(
            f"openai+http://{stub.authority}/v1",
            server_keys=json.dumps({stub.authority: "sk-1"}),
        ) as client,
    ):
        status, document = await ask(client, FOX | {"num_images": 2})
        assert status == 200, document
        assert document["status"] == "completed"
        assert document["model"] == "gpt-image-1"
        assert document["determinism"]["level"] == "none"
        assert "takes no seed" in document["warnings"][0]
        assert [image["width"] for image in document["images"]] == [1024, 1024]
        file = base64.b64decode(document["images"][1]["b64_json"])
        async with client.get(document["images"][1]["url"]) as answer:
            assert await answer.read() == file
            assert answer.headers["Content-Type"] == "image/png"
        # One call for both: no seed tells them apart.
        assert stub.bodies == [
            {
                "model": "gpt-image-1",
                "prompt": "a fox",
                "size": "1024x1024",
                "output_format": "png",
                "n": 2,
            }
        ]


async def test_models_say_what_openai_cannot_do() -> None:
    async with (
        OpenAiStub() as stub,
        gateway_for(f"openai+http://{stub.authority}/v1") as client,
    ):
        listed = await models(client)
        # Not those that paint nothing.
        assert list(listed) == ["gpt-image-1"]
        features = listed["gpt-image-1"]["features"]
        for name in ("seed", "negative_prompt", "guidance_scale", "previews"):
            assert features[name] is False
        assert features["cancel"] is features["progress"] is False
        assert listed["gpt-image-1"]["sizes"]["only_native"] is True


async def test_what_openai_cannot_do_is_refused_by_name_and_never_sent() -> None:
    async with (
        OpenAiStub() as stub,
        gateway_for(f"openai+http://{stub.authority}/v1") as client,
    ):
        for name, value in {
            "seed": 7,
            "negative_prompt": "rain",
            "guidance_scale": 3.0,
            "num_inference_steps": 20,
            "determinism": "exact",
            "sampler": "euler",
            "image": "AAAA",
            "provenance": False,
            "safety_check": False,
            "loras": [{"id": "x"}],
        }.items():
            status, document = await ask(client, FOX | {name: value})
            assert (status, document["param"]) == (422, name), document
        status, document = await ask(client, FOX | {"width": 1536, "height": 1536})
        assert (status, document["param"]) == (422, "width")
        assert stub.bodies == []


async def test_vllm_omni_gets_its_own_fields_and_a_seed_for_each_image() -> None:
    async with (
        OpenAiStub("Qwen/Qwen-Image", fields=OF_VLLM_OMNI) as stub,
        gateway_for(
            f"vllm-omni+http://{stub.authority}/v1?model=qwen=Qwen/Qwen-Image&steps=8"
        ) as client,
    ):
        asked = FOX | {
            "model": "qwen",
            "seed": 7,
            "num_images": 2,
            "negative_prompt": "rain",
            "guidance_scale": 3.5,
            "width": 640,
            "height": 512,
            "output_format": "png",
        }
        status, document = await ask(client, asked)
        assert status == 200, document
        assert [image["seed"] for image in document["images"]] == [7, 8]
        assert document["determinism"]["level"] == "seed"
        assert document["parameters"]["num_inference_steps"] == 8
        sent = sorted(stub.bodies, key=lambda body: int(body["seed"]))
        assert sent[0] == {
            "model": "Qwen/Qwen-Image",
            "prompt": "a fox",
            "negative_prompt": "rain",
            "size": "640x512",
            "n": 1,
            "response_format": "b64_json",
            "output_format": "png",
            "num_inference_steps": 8,
            "guidance_scale": 3.5,
            "seed": 7,
        }
        assert sent[1]["seed"] == 8


async def test_localai_gets_the_negative_prompt_behind_a_bar() -> None:
    async with (
        OpenAiStub("sd", "llama", fields=OF_LOCALAI) as stub,
        gateway_for(f"localai+http://{stub.authority}/v1?model=sd") as client,
    ):
        status, document = await ask(client, FOX | {"negative_prompt": "rain"})
        assert status == 200, document
        assert stub.bodies[0]["prompt"] == "a fox|rain"
        status, document = await ask(client, {"prompt": "a fox | no rain"})
        assert (status, document["param"]) == (422, "prompt")
        assert len(stub.bodies) == 1


async def test_another_size_than_asked_for_is_said() -> None:
    async with (
        OpenAiStub() as stub,
        gateway_for(f"openai+http://{stub.authority}/v1") as client,
    ):
        stub.size = (1536, 1024)
        _, document = await ask(client, FOX)
        assert document["images"][0]["width"] == 1536
        assert any("1536 x 1024" in warning for warning in document["warnings"])


async def test_errors_are_told_in_our_words() -> None:
    async with (
        OpenAiStub() as stub,
        gateway_for(f"openai+http://{stub.authority}/v1") as client,
    ):
        for (status, body), (expected, code) in {
            (400, "moderation_blocked"): (422, "content_refused"),
            (400, "unknown_parameter"): (422, "invalid_request"),
            (429, "rate_limit_exceeded"): (503, "upstream_unavailable"),
            (429, "insufficient_quota"): (503, "upstream_unavailable"),
            (500, "server_error"): (500, "engine_failed"),
            (403, "forbidden"): (503, "upstream_unavailable"),
        }.items():
            stub.refusal = (status, openai_error("No.", code=body), {})
            got, document = await ask(client, FOX)
            assert (got, document["code"]) == (expected, code), (body, document)


async def test_a_wrong_key_is_seen_before_anything_is_painted() -> None:
    async with (
        OpenAiStub(key="right") as stub,
        gateway_for(
            f"openai+http://:wrong@{stub.authority}/v1",
        ) as client,
    ):
        replica = await replica_when(client, state="unhealthy")
        assert "does not take the gateway's key" in replica["detail"]
        # Of the key itself nothing is said.
        assert replica["url"] == f"openai+http://{stub.authority}/v1"
        status, _ = await ask(client, FOX)
        assert status == 503
        assert stub.bodies == []


async def test_what_is_no_picture_is_no_picture() -> None:
    async with (
        OpenAiStub() as stub,
        gateway_for(f"openai+http://{stub.authority}/v1") as client,
    ):
        for data in (
            [{"b64_json": base64.b64encode(b"GIF89a").decode()}],
            [{"url": "http://169.254.169.254/"}],
            [],
            None,
        ):
            stub.refusal = (200, {"created": 1, "data": data}, {})
            status, document = await ask(client, FOX)
            assert (status, document["code"]) == (500, "engine_failed")


async def test_events_come_as_from_a_server_of_ours() -> None:
    async with (
        OpenAiStub() as stub,
        gateway_for(f"openai+http://{stub.authority}/v1") as client,
    ):
        accept = {"Accept": "text/event-stream"}
        async with client.post("/generate", json=FOX, headers=accept) as answer:
            text = (await answer.read()).decode()
        names = [
            line.removeprefix("event: ")
            for line in text.splitlines()
            if line.startswith("event: ")
        ]
        assert [name for name in names if name != "queued"] == [
            *("snapshot", "started", "image", "completed")
        ]
        assert stub.arrived.is_set()


async def test_a_broken_connection_is_not_paid_for_twice() -> None:
    async with (
        OpenAiStub() as stub,
        gateway_for(f"openai+http://{stub.authority}/v1") as client,
    ):
        stub.breaks_off = True
        status, _ = await ask(client, FOX)
        assert status == 502
        assert len(stub.bodies) == 1


async def test_who_leaves_hangs_up_there_too() -> None:
    async with (
        OpenAiStub() as stub,
        gateway_for(f"openai+http://{stub.authority}/v1") as client,
    ):
        stub.gate.clear()
        asking = asyncio.create_task(ask(client, FOX))
        await stub.arrival()
        asking.cancel()
        await stub.abandoned.wait()
