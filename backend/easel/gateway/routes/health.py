"""`GET /health`: both tiers at a glance, in the shape of the setup guide."""

from fastapi import APIRouter
from starlette.responses import Response

from easel import __version__
from easel.contract.replicas import GatewayHealth
from easel.gateway.drain import Drain
from easel.gateway.replica import Replica
from easel.web import native_api


def health_router(replica: Replica, drain: Drain) -> APIRouter:
    router = APIRouter()

    @router.api_route(**native_api.health_operation(GatewayHealth))
    async def health() -> Response:
        server = await replica.health()
        is_well = server.status == "healthy" and not drain.has_begun
        document = GatewayHealth(
            status="healthy" if is_well else "degraded",
            gateway="stopping" if drain.has_begun else "running",
            text2image_server=server,
            version=__version__,
        )
        # What the server did not say is left out, what it said is passed on.
        return Response(
            document.model_dump_json(exclude_unset=True),
            media_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    return router
