"""The front's way to the replicas: a handle of Ray Serve. Needs the extra `ray`."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from typing import Any

import ray
from ray import serve
from ray.serve.exceptions import DeploymentUnavailableError, RayServeException

from easel.contract.errors import Problem
from easel.contract.models import ModelDocument
from easel.errors import error_of
from easel.text2image.executors.fleet import Demand, FleetUnusable, PaintStream
from easel.text2image.executors.replica_messages import Facts, PaintOrder

log = logging.getLogger(__name__)

APPLICATION = "easel"
DEPLOYMENT = "Engine"

_LOOK_FOR_APPLICATION_S = 1.0
_ANSWER_S = 3.0


class RayFleet:
    """
    Args:
        address: Of the cluster; this process must run on one of its nodes.
        front: Name of this server, unique among those of the cluster.
        is_multiplexed: Whether orders go where their model is, as there are several.
    """

    def __init__(self, address: str, front: str, *, is_multiplexed: bool) -> None:
        self._address = address
        self._front = front
        self._is_multiplexed = is_multiplexed
        self._handle: Any = None
        self._facts: Sequence[Facts] = ()

    async def connect(self) -> bool:
        """Waits for the application; raises FleetUnusable without a cluster."""
        try:
            await asyncio.to_thread(
                ray.init,
                self._address,
                namespace=APPLICATION,
                configure_logging=False,
                log_to_driver=False,
            )
        except (ConnectionError, ValueError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            raise FleetUnusable(
                f"no Ray cluster at {self._address}: {reason}"
            ) from error
        has_told = False
        while (handle := await asyncio.to_thread(_find_handle)) is None:
            if not has_told:
                log.warning(
                    "the cluster has no application %r; waiting for: "
                    "serve deploy deploy/ray/serve.yaml",
                    APPLICATION,
                )
                has_told = True
            await asyncio.sleep(_LOOK_FOR_APPLICATION_S)
        self._handle = handle
        return float(ray.cluster_resources().get("GPU", 0)) > 0

    def paint(self, order: PaintOrder) -> PaintStream:
        handle = self._for_model(order.model).options(stream=True)
        stream: PaintStream = handle.paint.remote(order.model_dump())
        return stream

    async def pulse(self, demand: Demand) -> Sequence[Facts]:
        """While a replica does not answer, what was known before."""
        call = self._handle.broadcast(
            "pulse", self._front, demand.backlog_s, demand.generations
        )
        try:
            answers = await call.results_async(
                timeout_s=_ANSWER_S, return_exceptions=True
            )
        except DeploymentUnavailableError:
            # There is no replica.
            self._facts = ()
        except TimeoutError:
            log.info("a replica does not answer")
        except Exception as error:
            if not ray.is_initialized():
                raise FleetUnusable("the connection to the cluster is lost") from error
            # Orders say for themselves whether replicas take them.
            log.warning("the replicas cannot be asked: %s", type(error).__name__)
        else:
            self._facts = [
                Facts.model_validate(answer)
                for answer in answers
                if isinstance(answer, dict)
            ]
        return self._facts

    async def load(self, model_id: str) -> ModelDocument:
        return _document(await self._for_model(model_id).load.remote(model_id))

    async def unload(self, model_id: str) -> None:
        call = self._handle.broadcast("unload", model_id)
        with contextlib.suppress(DeploymentUnavailableError):
            for answer in await call.results_async(timeout_s=_ANSWER_S):
                _document(answer)

    def close(self) -> None:
        if ray.is_initialized():
            ray.shutdown()

    def _for_model(self, model_id: str) -> Any:
        if not self._is_multiplexed:
            return self._handle
        return self._handle.options(multiplexed_model_id=model_id)


def _find_handle() -> Any:
    """None while there is no such application."""
    try:
        return serve.get_deployment_handle(DEPLOYMENT, APPLICATION)
    except (RayServeException, KeyError):
        # Serve does not run, or has no such deployment (yet).
        return None


def _document(answer: dict[str, Any]) -> ModelDocument:
    """Raises ServiceError: what the replica could not do."""
    if "problem" in answer:
        raise error_of(Problem.model_validate(answer["problem"]))
    return ModelDocument.model_validate(answer["document"])
