"""What the gateway knows about its text-to-image server: whether it is well."""

import asyncio
from typing import Literal

from pydantic import ValidationError

from easel.clock import Clock
from easel.contract.replicas import UpstreamHealth
from easel.errors import UpstreamFault
from easel.gateway.upstream import TIMED_OUT, Upstream, UpstreamRequest

# A probe must answer before the caller's own patience ends (Kubernetes: 1 s by
# default, Docker: 30 s), and a server that is painting still answers in milliseconds.
_PROBE_S = 2.0

# Many load balancers may ask at once; the server is asked once.
_FRESH_S = 1.0

_ANSWER_BYTES = 64 * 1024

_PROBE = UpstreamRequest("GET", "/health", headers={"Accept": "application/json"})


class Replica:
    def __init__(self, upstream: Upstream, clock: Clock) -> None:
        self._upstream = upstream
        self._clock = clock
        self._asking = asyncio.Lock()
        self._health: UpstreamHealth | None = None
        self._asked_at = 0.0

    async def health(self) -> UpstreamHealth:
        """How the server is, or was at most a second ago."""
        async with self._asking:
            if self._health is None or self._age_s() >= _FRESH_S:
                self._health = await self._ask()
                self._asked_at = self._clock.now()
            return self._health

    def _age_s(self) -> float:
        return self._clock.now() - self._asked_at

    async def _ask(self) -> UpstreamHealth:
        try:
            async with (
                asyncio.timeout(_PROBE_S),
                self._upstream.open(_PROBE) as answer,
            ):
                document = await answer.read(_ANSWER_BYTES)
        except UpstreamFault as fault:
            return _not_well("unreachable", fault.detail)
        except TimeoutError:
            return _not_well("unreachable", TIMED_OUT)
        try:
            return UpstreamHealth.model_validate_json(document)
        except ValidationError:
            return _not_well(
                "unhealthy",
                f"TEXT2IMAGE_SERVER_URL answers with status {answer.status}, "
                "but not like a text-to-image server.",
            )


def _not_well(
    status: Literal["unhealthy", "unreachable"], detail: str
) -> UpstreamHealth:
    return UpstreamHealth(
        status=status, model_loaded=False, cuda_available=False, detail=detail
    )
