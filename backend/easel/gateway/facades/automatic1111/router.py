"""The whole façade, put together."""

import json
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from easel.gateway.calls import Dispatch
from easel.gateway.facades.automatic1111.bodies import json_object, understood
from easel.gateway.facades.automatic1111.catalogue_routes import catalogue_routes
from easel.gateway.facades.automatic1111.generation_routes import generation_routes
from easel.gateway.facades.automatic1111.jobs import Jobs
from easel.gateway.facades.automatic1111.png_info import PngInfoFields, png_info
from easel.gateway.facades.automatic1111.previews import Previews
from easel.gateway.facades.automatic1111.served_models import ServedModels
from easel.gateway.replicas.pool import ReplicaPool
from easel.gateway.store.base import Store

PREFIX = "/sdapi/v1"

# The answer of one call is held in memory whole, images and all.
DEFAULT_MAX_IMAGES = 16

# Of AUTOMATIC1111, and not of this service.
_MISSING = (
    *("/extra-single-image", "/extra-batch-images", "/interrogate"),
    *("/unload-checkpoint", "/reload-checkpoint"),
)


def automatic1111_router(
    dispatch: Dispatch,
    pool: ReplicaPool,
    store: Store,
    *,
    jobs: Jobs | None = None,
    max_images: int = DEFAULT_MAX_IMAGES,
) -> APIRouter:
    """
    Args:
        dispatch: Paints.
        pool: Whose models are offered.
        store: Tells the workers of each other's calls, and keeps each caller's choice
            of a model.
        jobs: What is going on; over `store` by the clock of the day if left out.
        max_images: Most images of one call, `batch_size` times `n_iter`.
    """
    jobs = jobs or Jobs(store)
    models = ServedModels(pool, store)
    # Its description is AUTOMATIC1111's own; ours has the native API.
    router = APIRouter(prefix=PREFIX, include_in_schema=False)
    router.include_router(
        generation_routes(
            dispatch, jobs, Previews(dispatch), models, max_images=max_images
        )
    )
    router.include_router(catalogue_routes(models))

    @router.post("/png-info")
    async def read_png(request: Request) -> dict[str, Any]:
        return png_info(understood(PngInfoFields, await json_object(request)))

    for path in _MISSING:
        router.add_api_route(path, _not_implemented, methods=["POST"])
    return router


async def _not_implemented(request: Request) -> Response:
    message = f"{request.url.path}: this service does not do that."
    document = {
        "error": "NotImplementedError",
        "detail": message,
        "body": "",
        "errors": message,
    }
    return Response(
        json.dumps(document), status_code=501, media_type="application/json"
    )
