"""The client of the field, unmodified, over a real socket."""

import asyncio
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from easel.errors import QueueFull
from tests.gateway.facades.automatic1111.automatic1111_app import (
    WebUIApi,
    webui_for,
)
from tests.gateway.facades.automatic1111.served_server import (
    STEPS,
    ServedServer,
    colour_of,
)

pytestmark = pytest.mark.component


def colours(result: Any) -> list[tuple[int, int, int]]:
    return [image.getpixel((0, 0)) for image in result.images]


async def test_txt2img_paints_what_was_asked(
    webui: WebUIApi, server: ServedServer
) -> None:
    result = await asyncio.to_thread(
        webui.txt2img,
        prompt="a fox <lora:fur:0.5>",
        negative_prompt="owls",
        seed=1003,
        cfg_scale=7,
        steps=12,
        width=640,
        height=384,
        sampler_name="DPM++ 2M",
        scheduler="Karras",
        batch_size=2,
    )
    [request] = server.requests
    assert request.model_dump(exclude_unset=True) == {
        "prompt": "a fox",
        "negative_prompt": "owls",
        "model": "fox",
        "width": 640,
        "height": 384,
        "num_inference_steps": 12,
        "guidance_scale": 7.0,
        "seed": 1003,
        "num_images": 2,
        "sampler": "dpmpp_2m_karras",
        "loras": ({"id": "fur", "scale": 0.5},),
    }
    assert colours(result) == [colour_of(1003), colour_of(1004)]
    assert result.image.info["parameters"].startswith("a fox <lora:fur:0.5>")
    info = result.info
    assert info["all_seeds"] == [1003, 1004]
    assert info["all_prompts"] == ["a fox <lora:fur:0.5>"] * 2
    assert info["negative_prompt"] == "owls"
    assert (info["sampler_name"], info["steps"], info["cfg_scale"]) == (
        *("DPM++ 2M", 12),
        7.0,
    )
    assert (info["width"], info["height"]) == (640, 384)
    assert info["sd_model_name"] == "fox"
    assert info["warnings"] == ["Painted small and enlarged."]
    assert result.parameters["prompt"] == "a fox <lora:fur:0.5>"
    assert result.parameters["restore_faces"] is False


async def test_a_call_with_nothing_but_a_prompt(
    webui: WebUIApi, server: ServedServer
) -> None:
    """All that `webuiapi` sends unasked is understood."""
    result = await asyncio.to_thread(webui.txt2img, prompt="a fox")
    [request] = server.requests
    assert request.sampler == "euler_ancestral"
    assert request.num_inference_steps == 20
    assert result.info["seed"] == request.seed


async def test_many_images_are_one_call(webui: WebUIApi, server: ServedServer) -> None:
    result = await asyncio.to_thread(
        webui.txt2img, prompt="a fox", seed=70, batch_size=3, n_iter=2
    )
    assert [(each.seed, each.num_images) for each in server.requests] == [
        (70, 4),
        (74, 2),
    ]
    assert result.info["all_seeds"] == [70, 71, 72, 73, 74, 75]
    assert colours(result) == [colour_of(seed) for seed in range(70, 76)]
    assert len(result.info["infotexts"]) == 6


async def test_img2img_starts_from_an_image(
    webui: WebUIApi, server: ServedServer
) -> None:
    result = await asyncio.to_thread(
        webui.img2img,
        images=[Image.new("RGB", (8, 8), (200, 100, 0))],
        mask_image=Image.new("L", (8, 8), 255),
        prompt="a fox",
        denoising_strength=0.6,
        seed=5,
    )
    [request] = server.requests
    assert request.strength == 0.6
    assert request.image is not None
    assert request.image.startswith("data:image/png;base64,")
    assert request.mask is not None
    assert result.info["denoising_strength"] == 0.6
    assert result.parameters["init_images"] is None
    assert colours(result) == [colour_of(5)]


async def test_progress_while_it_paints(webui: WebUIApi, server: ServedServer) -> None:
    idle = await asyncio.to_thread(webui.get_progress)
    assert (idle["progress"], idle["state"]["job_count"]) == (0.0, 0)
    server.gate.clear()
    painting = asyncio.create_task(
        asyncio.to_thread(webui.txt2img, prompt="a fox", steps=STEPS)
    )
    await server.until_running()
    progress = await asyncio.to_thread(webui.get_progress)
    assert progress["progress"] == 2 / STEPS
    assert progress["eta_relative"] == 1.5
    assert progress["state"]["sampling_step"] == 2
    assert progress["state"]["sampling_steps"] == STEPS
    assert progress["state"]["job_count"] == 1
    assert progress["current_image"].startswith("/9j/")  # a JPEG file
    server.gate.set()
    await painting
    await asyncio.to_thread(webui.util_wait_for_ready)


async def test_interrupt_answers_with_what_is_done(
    webui: WebUIApi, server: ServedServer
) -> None:
    server.gate.clear()
    server.finishes_first = 1
    painting = asyncio.create_task(
        asyncio.to_thread(webui.txt2img, prompt="a fox", seed=9, n_iter=6)
    )
    await server.until_asked(2)
    await server.until_running()
    assert await asyncio.to_thread(webui.interrupt) == {}
    result = await painting
    assert colours(result) == [colour_of(seed) for seed in range(9, 13)]
    assert result.info["all_seeds"] == [9, 10, 11, 12]
    assert server.running == []


async def test_interrupt_is_about_the_callers_own_work(
    webui: WebUIApi, base_url: str, server: ServedServer
) -> None:
    server.gate.clear()
    painting = asyncio.create_task(asyncio.to_thread(webui.txt2img, prompt="a fox"))
    await server.until_running()
    async with webui_for(base_url, "sk-owl") as other:
        seen = await asyncio.to_thread(other.get_progress)
        assert seen["state"]["job_count"] == 0
        await asyncio.to_thread(other.interrupt)
        await asyncio.to_thread(other.skip)
    assert len(server.running) == 1
    assert not server.abandoned.is_set()
    server.gate.set()
    assert len((await painting).images) == 1


async def test_skip_gives_up_the_batch_that_is_painted(
    webui: WebUIApi, server: ServedServer
) -> None:
    server.gate.clear()
    painting = asyncio.create_task(
        asyncio.to_thread(webui.txt2img, prompt="a fox", seed=1, n_iter=5)
    )
    await server.until_running(2)
    assert await asyncio.to_thread(webui.skip) is None
    assert len(server.cancelled_ids) == 1
    skipped = server.held[server.cancelled_ids[0]].call.request
    server.gate.set()
    seeds = (await painting).info["all_seeds"]
    assert skipped.seed not in seeds
    assert len(seeds) == 5 - skipped.num_images


async def test_the_chosen_model_is_the_callers_own(
    webui: WebUIApi, base_url: str, server: ServedServer
) -> None:
    names = await asyncio.to_thread(webui.util_get_model_names)
    assert names == ["flow", "fox"]
    assert await asyncio.to_thread(webui.util_get_current_model) == "fox"
    await asyncio.to_thread(webui.util_set_model, "flow")
    assert await asyncio.to_thread(webui.util_get_current_model) == "flow"
    async with webui_for(base_url, "sk-owl") as other:
        assert await asyncio.to_thread(other.util_get_current_model) == "fox"
    await asyncio.to_thread(webui.txt2img, prompt="a fox", sampler_name="Euler")
    [request] = server.requests
    assert request.model == "flow"
    assert request.sampler == "flow_match_euler"
    assert request.guidance_scale is None


async def test_a_call_may_name_its_model(webui: WebUIApi, server: ServedServer) -> None:
    await asyncio.to_thread(
        webui.txt2img,
        prompt="a fox",
        sampler_name="Euler",
        override_settings={"sd_model_checkpoint": "flow"},
    )
    assert server.requests[0].model == "flow"
    assert await asyncio.to_thread(webui.util_get_current_model) == "fox"


async def test_the_lists_that_a_client_asks_for(webui: WebUIApi) -> None:
    def lists() -> dict[str, Any]:
        return {
            "samplers": webui.util_get_sampler_names(),
            "schedulers": webui.util_get_scheduler_names(),
            "loras": [each["name"] for each in webui.get_loras()],
            "upscalers": [each["name"] for each in webui.get_upscalers()],
            "nothing": [
                webui.get_latent_upscale_modes(),
                webui.get_sd_vae(),
                webui.get_hypernetworks(),
                webui.get_face_restorers(),
                webui.get_realesrgan_models(),
                webui.get_prompt_styles(),
            ],
            "embeddings": webui.get_embeddings(),
            "scripts": webui.get_scripts(),
            "flags": webui.get_cmd_flags(),
            "memory": set(webui.get_memory()),
            "refreshed": webui.refresh_checkpoints(),
        }

    assert await asyncio.to_thread(lists) == {
        "samplers": ["DDIM", "DPM++ 2M", "Euler", "Euler a", "PLMS", "UniPC"],
        "schedulers": ["automatic", "karras", "uniform"],
        "loras": ["fur"],
        "upscalers": ["None"],
        "nothing": [[]] * 6,
        "embeddings": {"loaded": {}, "skipped": {}},
        "scripts": {"txt2img": [], "img2img": []},
        "flags": {"api": True},
        "memory": {"ram", "cuda"},
        "refreshed": None,
    }


async def test_png_info_of_an_image_that_was_painted_here(webui: WebUIApi) -> None:
    painted = await asyncio.to_thread(
        webui.txt2img, prompt="a fox", seed=12, width=640, sampler_name="DDIM"
    )
    result = await asyncio.to_thread(webui.png_info, painted.image)
    assert result.info == painted.image.info["parameters"]
    assert result.parameters["Prompt"] == "a fox"
    assert result.parameters["Sampler"] == "DDIM"
    assert result.parameters["Seed"] == "12"
    assert result.parameters["Size-1"] == "640"
    assert result.parameters["Model"] == "fox"


async def test_png_info_of_an_image_that_says_nothing(webui: WebUIApi) -> None:
    silent = Image.new("RGB", (2, 2))
    silent.info["comment"] = str(PngImagePlugin.iTXt("grün", "de", "Kommentar"))
    result = await asyncio.to_thread(webui.png_info, silent)
    assert result.info == ""
    assert result.json["items"] == {"comment": "grün"}
    assert result.parameters == {}


async def test_what_cannot_be_had_is_an_error(
    webui: WebUIApi, server: ServedServer
) -> None:
    with pytest.raises(RuntimeError, match="restore_faces") as refused:
        await asyncio.to_thread(webui.txt2img, prompt="a fox", restore_faces=True)
    assert refused.value.args[0] == 422
    server.refusals = [QueueFull("Ten are waiting.", retry_after_s=4.2)]
    with pytest.raises(RuntimeError, match="Ten are waiting") as full:
        await asyncio.to_thread(webui.txt2img, prompt="a fox")
    assert full.value.args[0] == 503
    with pytest.raises(RuntimeError, match="does not do that") as missing:
        await asyncio.to_thread(webui.extra_single_image, Image.new("RGB", (2, 2)))
    assert missing.value.args[0] == 501


async def test_a_wrong_password_is_an_error(base_url: str) -> None:
    async with webui_for(base_url, "sk-nobody") as stranger:
        with pytest.raises(RuntimeError, match="API key") as refused:
            await asyncio.to_thread(stranger.txt2img, prompt="a fox")
    assert refused.value.args[0] == 401
