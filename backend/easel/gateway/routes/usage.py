"""`GET /v1/usage`: what the calling key has used."""

from fastapi import APIRouter, Request

from easel.gateway.access.accounts import Accounts
from easel.gateway.access.callers import caller_of
from easel.gateway.access.usage_document import Usage


def usage_router(accounts: Accounts) -> APIRouter:
    router = APIRouter(tags=["usage"])

    @router.get(
        "/v1/usage",
        operation_id="getUsage",
        summary="What the calling key has used, and may still use today.",
    )
    async def usage(request: Request) -> Usage:
        return await accounts.usage(caller_of(request.scope))

    return router
