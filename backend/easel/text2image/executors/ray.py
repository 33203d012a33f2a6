"""Engines as Ray Serve replicas: what `serve deploy deploy/ray/serve.yaml` starts.

Needs the extra `ray`. The front, which owns every generation, is `ray_fleet.py`.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from typing import Any

from pydantic import BaseModel, ConfigDict
from ray import serve

from easel.errors import ServiceError
from easel.telemetry.logs import configure_logs
from easel.text2image.executors.ray_autoscaling import (
    BACKLOG_METRIC,
    GENERATIONS_METRIC,
)
from easel.text2image.executors.ray_fleet import DEPLOYMENT
from easel.text2image.executors.replica_messages import Item, PaintOrder
from easel.text2image.executors.replica_painter import ReplicaPainter
from easel.text2image.idle_threads import let_idle_threads_sleep
from easel.text2image.models.model_catalogue import catalogue_of
from easel.text2image.settings import ServerSettings

log = logging.getLogger(__name__)

# A front that says nothing for so long wants nothing; it tells every second.
_DEMAND_GOOD_FOR_S = 5.0

# The engine looks at its stop flag between steps.
_ENGINE_STOP_S = 5.0


class EngineOptions(BaseModel):
    """`args` of the application: settings of the server by their names, and these.

    Attributes:
        models_per_replica: How many models a replica holds before the one that was
            asked for longest ago goes; left out, memory alone decides.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    models_per_replica: int | None = None

    def settings(self) -> ServerSettings:
        """Raises pydantic.ValidationError."""
        return ServerSettings.model_validate(self.model_extra or {})


class _HeldModel:
    """What Serve knows of a loaded model: it deletes the one to go."""

    def __init__(self, painter: ReplicaPainter, model_id: str) -> None:
        self._painter: ReplicaPainter | None = painter
        self._model_id = model_id

    def __del__(self) -> None:
        painter, self._painter = self._painter, None
        if painter is not None:
            # Not now if it paints: then memory decides when it goes.
            painter.unload_soon(self._model_id)


class EngineReplica:
    """One replica: an engine's thread behind Serve's calls. Its loop is Serve's."""

    async def __init__(self, settings: dict[str, Any]) -> None:  # type: ignore[misc]  # Serve awaits it
        """Return when the first model is loaded: until then nothing is sent here."""
        let_idle_threads_sleep()
        read = ServerSettings.model_validate(settings)
        configure_logs(read.log_format, read.log_level)
        self._is_multiplexed = len(read.model) > 1
        self._demands: dict[str, tuple[float, float, int]] = {}
        self._painter = ReplicaPainter(
            serve.get_replica_context().replica_id.unique_id,
            catalogue_of(read),
            max_batch_rows=read.max_batch_rows,
        )
        await self._painter.start()

    async def paint(self, order: dict[str, Any]) -> AsyncIterator[Item]:
        """`PaintOrder` in, messages and pieces of pictures out."""
        read = PaintOrder.model_validate(order)
        if self._is_multiplexed:
            await self.held(read.model)
        async for item in self._painter.paint(read):
            yield item

    async def pulse(
        self, front: str, backlog_s: float | None, generations: int
    ) -> dict[str, Any]:
        """A front tells what it wants of all replicas; answers with `Facts`."""
        now_s = time.monotonic()
        self._demands[front] = (now_s, backlog_s or 0.0, generations)
        return self._painter.facts().model_dump()

    async def load(self, model_id: str) -> dict[str, Any]:
        """The model's document, or the problem."""
        try:
            if self._is_multiplexed:
                await self.held(model_id)
            document = await self._painter.load(model_id)
        except ServiceError as error:
            return {"problem": error.problem("").model_dump()}
        return {"document": document.model_dump()}

    async def unload(self, model_id: str) -> dict[str, Any]:
        """The same."""
        try:
            document = await self._painter.unload(model_id)
        except ServiceError as error:
            return {"problem": error.problem("").model_dump()}
        return {"document": document.model_dump()}

    async def held(self, model_id: str) -> _HeldModel:
        """Begin to load it; the order itself waits until it is there."""
        await self._painter.load(model_id)
        return _HeldModel(self._painter, model_id)

    async def record_autoscaling_stats(self) -> dict[str, float]:
        """What each front wants of all replicas; Serve's autoscaler asks."""
        oldest_s = time.monotonic() - _DEMAND_GOOD_FOR_S
        stats: dict[str, float] = {}
        for front, (told_at_s, backlog_s, generations) in self._demands.items():
            is_good = told_at_s >= oldest_s
            stats[BACKLOG_METRIC + front] = backlog_s if is_good else 0.0
            stats[GENERATIONS_METRIC + front] = float(generations) if is_good else 0.0
        return stats

    async def check_health(self) -> None:
        """Serve replaces a replica whose device hangs or has failed."""
        if (why := self._painter.why_unhealthy()) is not None:
            raise RuntimeError(why)

    async def __del__(self) -> None:
        """Serve awaits it when the replica stops."""
        await asyncio.to_thread(self._painter.finish, _ENGINE_STOP_S)


def app_builder(args: dict[str, Any]) -> Any:
    """The application of engines; `args` as `EngineOptions` says.

    Raises:
        pydantic.ValidationError: a setting cannot be honoured.
    """
    options = EngineOptions.model_validate(args)
    settings = options.settings()
    deployment = serve.deployment(name=DEPLOYMENT)(_engine_class(options))
    return deployment.bind(settings.model_dump(mode="json"))


def _engine_class(options: EngineOptions) -> type[EngineReplica]:
    """Serve's record of what a replica holds is bound to a class."""
    limit = options.models_per_replica or -1

    class Engine(EngineReplica):
        held = serve.multiplexed(max_num_models_per_replica=limit)(EngineReplica.held)

    return Engine
