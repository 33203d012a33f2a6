"""`webuiapi`, unmodified, through the whole gateway to a real text-to-image server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PIL import Image

from easel.gateway.app import create_app
from tests.gateway.facades.automatic1111.automatic1111_app import WebUIApi, webui_for
from tests.gateway.running_gateway import gateway_settings, serving
from tests.text2image.gated_engine import GatedEngine
from tests.text2image.running_server import RunningServer, make_app, serve

pytestmark = pytest.mark.component

STEPS = 5


@pytest.fixture
def gated() -> GatedEngine:
    return GatedEngine()


@pytest.fixture
async def server(tmp_path: Path, gated: GatedEngine) -> AsyncIterator[RunningServer]:
    app = make_app(tmp_path / "server", lambda: gated, shutdown_grace_s=0)
    async with serve(app) as running:
        await running.until_loaded()
        yield running
        # What a test left running may end, or the stop would wait for it.
        gated.allow(1000)


@asynccontextmanager
async def a_worker(folder: Path, server: RunningServer) -> AsyncIterator[WebUIApi]:
    """Of a gateway whose workers share `folder`."""
    settings = gateway_settings(text2image_server_url=server.url, data_dir=folder)
    async with (
        serving(create_app(settings)) as base_url,
        webui_for(base_url) as api,
    ):
        api.default_sampler = "Euler"
        api.default_steps = STEPS
        yield api


@pytest.fixture
async def webui(tmp_path: Path, server: RunningServer) -> AsyncIterator[WebUIApi]:
    async with a_worker(tmp_path, server) as api:
        yield api


async def test_txt2img_and_its_png_info(webui: WebUIApi, gated: GatedEngine) -> None:
    gated.allow(100)
    result = await asyncio.to_thread(
        webui.txt2img, prompt="a fox", seed=7, batch_size=2, n_iter=3
    )
    assert len(result.images) == 6
    assert result.info["all_seeds"] == [7, 8, 9, 10, 11, 12]
    assert result.info["sampler_name"] == "Euler"
    assert result.info["steps"] == STEPS
    told = await asyncio.to_thread(webui.png_info, result.images[4])
    assert told.info == result.info["infotexts"][4]
    assert told.parameters["Seed"] == "11"


async def test_img2img_with_a_mask(webui: WebUIApi, gated: GatedEngine) -> None:
    gated.allow(100)
    result = await asyncio.to_thread(
        webui.img2img,
        images=[Image.new("RGB", (512, 512), (200, 100, 0))],
        mask_image=Image.linear_gradient("L").resize((512, 512)),
        inpainting_mask_invert=1,
        prompt="a fox",
        denoising_strength=0.5,
    )
    assert len(result.images) == 1
    assert result.info["denoising_strength"] == 0.5
    [spec] = gated.begun
    assert spec.source is not None
    assert spec.source.mask is not None
    assert spec.source.mask.getpixel((0, 0)) == 255


async def test_progress_and_interrupt(
    webui: WebUIApi, server: RunningServer, gated: GatedEngine
) -> None:
    painting = asyncio.create_task(asyncio.to_thread(webui.txt2img, prompt="a fox"))
    gated.allow(2)
    await server.until(lambda: gated.asked == 3)
    progress = await asyncio.to_thread(webui.get_progress)
    assert progress["progress"] == 2 / STEPS
    assert progress["state"]["sampling_step"] == 2
    assert progress["state"]["job_count"] == 1
    # Previews are made for those who ask; the next step brings the first.
    gated.allow(1)
    while not (await asyncio.to_thread(webui.get_progress))["current_image"]:
        pass
    await asyncio.to_thread(webui.interrupt)
    assert (await painting).images == []
    gated.allow(1)
    await server.until(lambda: len(gated.ended) == 1)
    assert gated.asked == 4
    await asyncio.to_thread(webui.util_wait_for_ready)


async def test_another_worker_sees_and_interrupts(
    webui: WebUIApi, tmp_path: Path, server: RunningServer, gated: GatedEngine
) -> None:
    painting = asyncio.create_task(asyncio.to_thread(webui.txt2img, prompt="a fox"))
    gated.allow(2)
    await server.until(lambda: gated.asked == 3)
    async with a_worker(tmp_path, server) as other:
        progress = await asyncio.to_thread(other.get_progress)
        assert progress["state"]["sampling_step"] == 2
        await asyncio.to_thread(other.interrupt)
        assert (await painting).images == []
        await asyncio.to_thread(other.util_wait_for_ready)


async def test_models_options_and_samplers(webui: WebUIApi) -> None:
    assert await asyncio.to_thread(webui.util_get_model_names) == ["fake"]
    assert await asyncio.to_thread(webui.util_get_sampler_names) == ["Euler"]
    await asyncio.to_thread(webui.util_set_model, "fake")
    assert await asyncio.to_thread(webui.util_get_current_model) == "fake"


async def test_errors_of_server_and_gateway(webui: WebUIApi) -> None:
    with pytest.raises(RuntimeError, match="width: 100 is not a multiple") as refused:
        await asyncio.to_thread(webui.txt2img, prompt="a fox", width=100)
    assert refused.value.args[0] == 422
    with pytest.raises(RuntimeError, match="No route") as missing:
        await asyncio.to_thread(webui.custom_post, "nothing", baseurl=True)
    assert missing.value.args[0] == 404
