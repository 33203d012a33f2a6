"""The real app on a real socket, in this process."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from easel.clock import Clock
from easel.contract.models import ModelDocument
from easel.text2image.app import MakeExecutor, Text2ImageApp
from easel.text2image.durability.journal import Journal
from easel.text2image.engines.base import AnyEngine, PromptCounter
from easel.text2image.engines.fake import FAKE_DOCUMENT, FakePromptCounter
from easel.text2image.engines.load_options import Progress
from easel.text2image.images.image_files import JOURNAL_NAME, ImageFiles
from easel.text2image.images.safety import SafetyChecker
from easel.text2image.settings import ServerSettings
from tests.gateway.running_gateway import serving
from tests.text2image.gated_engine import PATIENCE_S


class RunningServer:
    """The app behind uvicorn's HTTP protocol on a real socket, and a client for it."""

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
        await self.until(lambda: self.app.generations.models.device is not None)


class GivenModels:
    """Models that a test made, by id; each is loaded by calling its function."""

    def __init__(
        self,
        loads: Mapping[str, Callable[[], AnyEngine]],
        *,
        needed_bytes: Mapping[str, int] | None = None,
        limit_bytes: int = 1,
    ) -> None:
        self._loads = loads
        self._needed_bytes = needed_bytes or {}
        self._limit_bytes = limit_bytes

    def describe(self) -> Mapping[str, ModelDocument]:
        return {
            model_id: FAKE_DOCUMENT.model_copy(update={"id": model_id})
            for model_id in self._loads
        }

    def needed_bytes(self) -> Mapping[str, int]:
        return {name: self._needed_bytes.get(name, 0) for name in self._loads}

    def limit_bytes(self) -> int:
        return self._limit_bytes

    def load(self, model_id: str, progress: Progress) -> AnyEngine:
        return self._loads[model_id]()

    def prompt_counter(self, model_id: str) -> PromptCounter | None:
        return FakePromptCounter()


def make_settings(**changes: object) -> ServerSettings:
    return ServerSettings.model_validate({"model": "fake", **changes})


def make_app(
    data_dir: Path,
    load_engine: Callable[[], AnyEngine],
    *,
    models: GivenModels | None = None,
    checker: SafetyChecker | None = None,
    on_unavailable: Callable[[str], None] = lambda reason: None,
    on_drained: Callable[[], None] = lambda: None,
    clock: Clock | None = None,
    make_executor: MakeExecutor | None = None,
    **settings: object,
) -> Text2ImageApp:
    if checker is not None:
        # Its folder is read by the process only.
        settings["safety_checker"] = data_dir
    made = make_settings(**settings)
    folder = data_dir / "images"
    return Text2ImageApp(
        made,
        replica="test",
        files=ImageFiles(folder, metadata=made.metadata),
        journal=Journal(folder / JOURNAL_NAME),
        models=models or GivenModels({"fake": load_engine}),
        safety_checker=checker,
        on_unavailable=on_unavailable,
        on_drained=on_drained,
        clock=clock,
        make_executor=make_executor,
    )


@asynccontextmanager
async def serve(app: Text2ImageApp) -> AsyncIterator[RunningServer]:
    async with serving(app) as url, aiohttp.ClientSession() as http:
        yield RunningServer(app, url, http)


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
