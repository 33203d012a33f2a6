"""Asks one text-to-image server how it is and what it has."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Literal

from pydantic import ValidationError

from easel.contract.models import ModelDocument, ModelList
from easel.contract.replicas import ServerHealth, UpstreamHealth
from easel.errors import UpstreamFault
from easel.gateway.replicas.replica_health import Verdict
from easel.gateway.upstream import TIMED_OUT, UpstreamClient, UpstreamRequest

log = logging.getLogger(__name__)

# A server that is painting still answers in milliseconds.
PROBE_TIMEOUT_S = 1.0

_HEALTH_BYTES = 64 * 1024
_MODELS_BYTES = 4 * 2**20

_HEADERS = {"Accept": "application/json"}
_HEALTH = UpstreamRequest("GET", "/health", headers=_HEADERS, is_probe=True)
_MODELS = UpstreamRequest("GET", "/models", headers=_HEADERS, is_probe=True)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a probe found.

    Attributes:
        verdict: For the state of the server.
        health: For who asks the gateway.
        server: The whole document, where the server is one of ours.
        models: None if it did not say.
    """

    verdict: Verdict
    health: UpstreamHealth
    server: ServerHealth | None = None
    models: tuple[ModelDocument, ...] | None = None


async def ask(upstream: UpstreamClient) -> Finding:
    """Takes two seconds at most; never raises for what a server does."""
    try:
        status, document = await _get(upstream, _HEALTH, _HEALTH_BYTES)
    except UpstreamFault as fault:
        return Finding("silent", _not_well("unreachable", fault.detail))
    except TimeoutError:
        return Finding("silent", _not_well("unreachable", TIMED_OUT))
    try:
        health = UpstreamHealth.model_validate_json(document)
    except ValidationError:
        return Finding(
            "unhealthy",
            _not_well(
                "unhealthy",
                f"TEXT2IMAGE_SERVER_URL answers with status {status}, "
                "but not like a text-to-image server.",
            ),
        )
    return Finding(
        verdict="silent" if health.status == "unreachable" else health.status,
        health=health,
        server=_server(document),
        models=await _models(upstream) if health.status == "healthy" else None,
    )


def _server(document: bytes) -> ServerHealth | None:
    """Others may say no more than the guide asks for."""
    try:
        return ServerHealth.model_validate_json(document)
    except ValidationError:
        return None


async def _models(upstream: UpstreamClient) -> tuple[ModelDocument, ...] | None:
    """What it cannot say now, the last answer says."""
    try:
        _, document = await _get(upstream, _MODELS, _MODELS_BYTES)
        return ModelList.model_validate_json(document).models
    except (UpstreamFault, TimeoutError, ValidationError) as error:
        log.debug("no list of models: %s", type(error).__name__)
        return None


async def _get(
    upstream: UpstreamClient, request: UpstreamRequest, limit_bytes: int
) -> tuple[int, bytes]:
    async with asyncio.timeout(PROBE_TIMEOUT_S), upstream.open(request) as answer:
        return answer.status, await answer.read(limit_bytes)


def _not_well(
    status: Literal["unhealthy", "unreachable"], detail: str
) -> UpstreamHealth:
    return UpstreamHealth(
        status=status, model_loaded=False, cuda_available=False, detail=detail
    )
