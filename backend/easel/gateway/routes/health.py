"""`GET /health`: all tiers at a glance, in the shape of the setup guide."""

from fastapi import APIRouter
from starlette.responses import Response

from easel import __version__
from easel.contract.replicas import GatewayHealth, QueueDocument, StoreDocument
from easel.gateway.access.key_book import KeyBook
from easel.gateway.admission.door import Door
from easel.gateway.drain import Drain
from easel.gateway.replicas.overall_health import overall
from easel.gateway.replicas.pool import ReplicaPool
from easel.gateway.replicas.recent_together import recent_together
from easel.gateway.store.base import Store
from easel.web import native_api


def health_router(
    pool: ReplicaPool, door: Door, store: Store, keys: KeyBook, drain: Drain
) -> APIRouter:
    router = APIRouter()

    @router.api_route(**native_api.health_operation(GatewayHealth))
    async def health() -> Response:
        await pool.probe()
        server = overall(pool)
        is_well = server.status == "healthy" and drain.state == "running"
        inside = door.state()
        replicas = tuple(pool.documents())
        document = GatewayHealth(
            status="healthy" if is_well and store.is_available else "degraded",
            gateway=drain.state,
            text2image_server=server,
            auth=await keys.mode(),
            queue=QueueDocument(
                in_flight=inside.inside,
                max_in_flight=inside.max_inside,
                waiting=inside.waiting,
                max_waiting=inside.max_waiting,
            ),
            store=StoreDocument(
                kind=store.kind,
                status="available" if store.is_available else "unavailable",
            ),
            replicas=replicas,
            recent=recent_together(replicas),
            version=__version__,
        )
        # What the server did not say is left out, what it said is passed on.
        return Response(
            document.model_dump_json(exclude_unset=True),
            media_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    return router
