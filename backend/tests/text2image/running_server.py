"""The real app on a real socket, in this process."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn

from easel.text2image.app import Text2ImageApp
from easel.text2image.engines.base import Engine
from easel.text2image.image_files import ImageFiles
from easel.text2image.settings import ServerSettings
from tests.text2image.gated_engine import PATIENCE_S


class RunningServer:
    """A real uvicorn on a real socket, and a client for it."""

    def __init__(self, app: Text2ImageApp, url: str, http: aiohttp.ClientSession):
        self.app = app
        self.url = url
        self.http = http

    async def metric(self, name: str) -> float:
        async with self.http.get(f"{self.url}/metrics") as answer:
            for line in (await answer.text()).splitlines():
                if line.startswith(f"{name} "):
                    return float(line.split()[1])
        raise KeyError(name)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let the event loop work until `condition` holds."""
        async with asyncio.timeout(PATIENCE_S):
            # Nothing to wait on: the condition may be about any part of the server.
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0)

    async def until_loaded(self) -> None:
        await self.until(lambda: self.app.generations.loaded is not None)


def make_settings(**changes: object) -> ServerSettings:
    return ServerSettings.model_validate({"model": "fake", **changes})


def make_app(
    data_dir: Path,
    load_engine: Callable[[], Engine],
    *,
    on_unavailable: Callable[[str], None] = lambda reason: None,
    on_drained: Callable[[], None] = lambda: None,
    **settings: object,
) -> Text2ImageApp:
    return Text2ImageApp(
        make_settings(**settings),
        replica="test",
        files=ImageFiles(data_dir / "images"),
        load_engine=load_engine,
        on_unavailable=on_unavailable,
        on_drained=on_drained,
    )


@asynccontextmanager
async def serve(app: Text2ImageApp) -> AsyncIterator[RunningServer]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, lifespan="on")
    server = uvicorn.Server(config)
    # Signals belong to pytest.
    serving = asyncio.create_task(server._serve([listener]))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with aiohttp.ClientSession() as http:
        running = RunningServer(app, url, http)
        await running.until(lambda: server.started)
        yield running
    server.should_exit = True
    await serving


def events_of(text: str) -> list[tuple[str, Any]]:
    """(name, data) of each event in an event stream's text."""
    events = []
    for block in text.split("\n\n"):
        fields = dict(
            line.split(": ", 1)
            for line in block.splitlines()
            if not line.startswith(":")
        )
        if fields:
            events.append((fields["event"], json.loads(fields["data"])))
    return events
