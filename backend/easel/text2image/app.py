"""Puts the text-to-image server together: routes, generations, executor, files."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from fastapi import FastAPI

from easel import __version__
from easel.clock import Clock, MonotonicClock
from easel.contract.replicas import ServerHealth
from easel.telemetry.metrics import metrics_text
from easel.text2image.durability.journal import Journal
from easel.text2image.durability.journaling import Journaling
from easel.text2image.engine_thread.runner import EngineRunner, ModelSource
from easel.text2image.engine_thread.step_watch import StepWatch
from easel.text2image.executors.executor import Executor
from easel.text2image.generations import Generations
from easel.text2image.images.image_delivery import ImageDelivery
from easel.text2image.images.image_files import ImageFiles
from easel.text2image.images.safety import SafetyChecker
from easel.text2image.kept_generations import KeptGenerations
from easel.text2image.metrics import ServerMetrics
from easel.text2image.prompt_counting import PromptCounting
from easel.text2image.routes.costs import costs_router
from easel.text2image.routes.generate import generate_router
from easel.text2image.routes.generations import generations_router
from easel.text2image.routes.health import health_router
from easel.text2image.routes.models import models_router
from easel.text2image.scheduling.cost_model import CostModel
from easel.text2image.settings import ServerSettings
from easel.web.body_limit import BodyLimit
from easel.web.edge import Edge
from easel.web.head_requests import HeadRequests
from easel.web.openapi import contract_openapi
from easel.web.operation_routes import operation_router
from easel.web.problems import install_problem_handlers
from easel.web.random_seed import random_seed

log = logging.getLogger(__name__)

# Encoding a 1024 px PNG takes 80 to 160 ms of a core (measured).
_ENCODER_THREADS = 2

# The engine looks at its stop flag between steps; a step of a large model takes 1 s.
_ENGINE_STOP_S = 5.0

_SWEEP_S = 60.0


# Given what runs a call on the event loop, and a clock: what paints elsewhere.
MakeExecutor = Callable[[Callable[..., object], Clock], Executor]


class Text2ImageApp(FastAPI):
    """The app, and the two things its process must be able to tell it.

    Without a `make_executor` it paints in a thread of its own.
    """

    def __init__(
        self,
        settings: ServerSettings,
        *,
        replica: str,
        files: ImageFiles,
        journal: Journal,
        models: ModelSource,
        safety_checker: SafetyChecker | None = None,
        on_unavailable: Callable[[str], None],
        on_drained: Callable[[], None] = lambda: None,
        clock: Clock | None = None,
        make_executor: MakeExecutor | None = None,
    ) -> None:
        super().__init__(
            title="Easel text-to-image server",
            version=__version__,
            description="Paints images from prompts with the models that it holds.",
            lifespan=_lifespan,
            docs_url=None,
            redoc_url=None,
        )
        self._settings = settings
        self._on_drained = on_drained
        self._draining: asyncio.Task[None] | None = None
        self._encoders = ThreadPoolExecutor(_ENCODER_THREADS, "encoder")
        self._loop: asyncio.AbstractEventLoop | None = None
        clock = clock or MonotonicClock()
        metrics = ServerMetrics()
        metrics.watch_disk(files.root)
        watch = StepWatch()
        self._executor: Executor = (
            EngineRunner(
                models,
                self._post,
                clock,
                costs=CostModel(max_rows=settings.max_batch_rows),
                watch=watch,
            )
            if make_executor is None
            else make_executor(self._post, clock)
        )
        self._counting = PromptCounting(models.prompt_counter)
        self._files = files
        self._journaling = Journaling(journal, files.root)
        kept = KeptGenerations(
            self._discard,
            clock,
            ttl_s=settings.image_ttl_s,
            max_ended=settings.max_kept,
        )
        self.generations = Generations(
            replica=replica,
            executor=self._executor,
            kept=kept,
            delivery=ImageDelivery(
                files,
                self._encoders,
                checker=safety_checker,
                policy=settings.safety,
                make_room=kept.make_room,
            ),
            journaling=self._journaling,
            watch=watch,
            clock=clock,
            metrics=metrics,
            random_seed=random_seed,
            settings=settings,
            on_unavailable=on_unavailable,
        )
        self._add_routes(metrics)
        install_problem_handlers(self)
        self.openapi = contract_openapi(self, ServerHealth)  # type: ignore[method-assign]  # FastAPI's documented way
        self.add_middleware(BodyLimit, limit_bytes=settings.max_body_bytes)
        self.add_middleware(HeadRequests)
        self.add_middleware(
            Edge, metrics=metrics.http, clock=clock, extra_headers=self._load_headers
        )

    def begin_stop(self) -> None:
        """A stop signal came; called in a signal handler."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._start_draining)

    def _start_draining(self) -> asyncio.Task[None]:
        if self._draining is None:
            self._draining = asyncio.ensure_future(self._drain())
        return self._draining

    async def _drain(self) -> None:
        """Let what runs finish within its grace, while it can still be asked for."""
        self.generations.begin_stop()
        try:
            async with asyncio.timeout(self._settings.shutdown_grace_s):
                await self.generations.present.until_idle()
        except TimeoutError:
            self.generations.give_up()
        self._on_drained()

    def _add_routes(self, metrics: ServerMetrics) -> None:
        self.include_router(generate_router(self.generations))
        self.include_router(generations_router(self.generations))
        self.include_router(models_router(self.generations.models, self._counting))
        self.include_router(health_router(self.generations, self._settings.model[0]))
        self.include_router(costs_router(self.generations))
        self.include_router(
            operation_router(
                not_ready=self.generations.readiness.why_not,
                metrics=lambda: metrics_text(metrics.registry),
            )
        )

    def _post(self, call: Callable[..., object], *arguments: object) -> None:
        """Run on the event loop, from any thread."""
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(call, *arguments)
        except RuntimeError:
            log.debug("the event loop has ended; nobody is left to tell")

    def _discard(self, generation_id: str) -> None:
        """What a forgotten generation left on disk."""
        self._encoders.submit(self._files.discard, generation_id)
        self._journaling.forget([generation_id])

    def _load_headers(self) -> Mapping[str, str]:
        """What a gateway's balancer wants to know, on every answer."""
        headers = {"X-Easel-Replica": self.generations.replica}
        backlog_s = self.generations.backlog_s
        if backlog_s is not None:
            headers["X-Easel-Backlog-Seconds"] = f"{backlog_s:.2f}"
        return headers

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While inside, the executor paints."""
        self._loop = asyncio.get_running_loop()
        await self.generations.recover()
        await asyncio.to_thread(self._files.discard_except, self.generations.known())
        self._executor.start(self.generations)
        sweeping = asyncio.create_task(self._sweep())
        try:
            yield
        finally:
            sweeping.cancel()
            await self._start_draining()
            await asyncio.to_thread(self._executor.finish, _ENGINE_STOP_S)
            await self.generations.present.until_written()
            await asyncio.to_thread(self._encoders.shutdown)
            await asyncio.to_thread(self._counting.close)
            await asyncio.to_thread(self._journaling.close)
            self._files.close()

    async def _sweep(self) -> None:
        """Old images go in time, whether somebody asks for something or not."""
        while True:
            await asyncio.sleep(min(_SWEEP_S, self._settings.image_ttl_s))
            self.generations.forget_old()


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    assert isinstance(app, Text2ImageApp)
    async with app.running():
        yield
