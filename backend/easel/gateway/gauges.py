"""Keeps the gauges of the metrics true.

They are set once a second rather than with every request, and rather than when they
are read: under several workers whoever answers `/metrics` knows only what the others
have written down.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from easel.errors import StoreUnavailable
from easel.gateway.admission.door import Door
from easel.gateway.metrics import GatewayMetrics
from easel.gateway.replicas.pool import ReplicaPool
from easel.gateway.store.base import Store

log = logging.getLogger(__name__)

_INTERVAL_S = 1.0


@asynccontextmanager
async def kept_gauges(
    metrics: GatewayMetrics, door: Door, pool: ReplicaPool, store: Store
) -> AsyncIterator[None]:
    """While inside."""
    keeping = asyncio.create_task(_keep(metrics, door, pool, store))
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def _keep(
    metrics: GatewayMetrics, door: Door, pool: ReplicaPool, store: Store
) -> None:
    while True:
        try:
            metrics.stands(door.state(), is_store_available=store.is_available)
        except StoreUnavailable as error:
            log.warning("the queue's state cannot be read: %s", error)
        for document in pool.documents():
            metrics.server(document)
        await asyncio.sleep(_INTERVAL_S)
