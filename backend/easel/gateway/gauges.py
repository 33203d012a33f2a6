"""Keeps the gauges of the metrics true.

They are set once a second rather than with every request, and rather than when they
are read: under several workers whoever answers `/metrics` knows only what the others
have written down.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from easel.errors import StoreUnavailable
from easel.gateway.access.key_book import KeyBook
from easel.gateway.admission.door import Door
from easel.gateway.metrics import GatewayMetrics
from easel.gateway.replicas.pool import ReplicaPool
from easel.gateway.store.base import Store
from easel.telemetry.disk import disk_bytes

log = logging.getLogger(__name__)

_INTERVAL_S = 1.0
# What changes slowly, or is asked of the disk or the store.
_SLOW_INTERVAL_S = 5.0


@asynccontextmanager
async def kept_gauges(
    metrics: GatewayMetrics,
    door: Door,
    pool: ReplicaPool,
    *,
    store: Store,
    keys: KeyBook,
    data_dir: Path,
) -> AsyncIterator[None]:
    """While inside."""
    keeping = [
        asyncio.create_task(_keep(metrics, door, pool, store)),
        asyncio.create_task(_keep_slow(metrics, keys, data_dir)),
    ]
    try:
        yield
    finally:
        for task in keeping:
            task.cancel()
        await asyncio.gather(*keeping, return_exceptions=True)


async def _keep_slow(metrics: GatewayMetrics, keys: KeyBook, data_dir: Path) -> None:
    while True:
        # For want of an answer we act as closed, and so it is shown.
        metrics.opened(await keys.mode() == "open")
        # In a thread: a disk that hangs must not take the event loop along.
        metrics.disk(await asyncio.to_thread(disk_bytes, data_dir))
        await asyncio.sleep(_SLOW_INTERVAL_S)


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
