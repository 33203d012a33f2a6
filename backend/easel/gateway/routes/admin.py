"""`/admin/*`: what an operator asks of a running gateway."""

from fastapi import APIRouter
from starlette.responses import Response

from easel.contract.replicas import DrainDocument
from easel.gateway.admission.door import Door
from easel.gateway.drain import Drain


def admin_router(drain: Drain, door: Door, *, drain_delay_s: float) -> APIRouter:
    router = APIRouter(tags=["operation"])

    @router.post(
        "/admin/drain",
        operation_id="drain",
        summary="Take nothing new: before a stop, so that no request is lost.",
        response_model=DrainDocument,
    )
    async def begin_drain() -> Response:
        drain.drain()
        inside = door.state()
        document = DrainDocument(
            state=drain.state,
            safe_to_stop_in_s=drain_delay_s,
            in_flight=inside.inside,
            waiting=inside.waiting,
        )
        return Response(document.model_dump_json(), media_type="application/json")

    return router
