"""The gateway that one would write in ten minutes: FastAPI and httpx.

The contender that `overhead` measures ours against. Runs in an environment with
fastapi, httpx and uvicorn: `uvicorn naive_gateway:app`.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx  # type: ignore[import-not-found]  # of the other environment
from fastapi import FastAPI, Request, Response
from pydantic import BaseModel

UPSTREAM = os.environ["UPSTREAM_URL"]


class GenerationBody(BaseModel):
    prompt: str
    width: int = 512
    height: int = 512
    seed: int | None = None


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with httpx.AsyncClient(timeout=300) as client:
        app.state.client = client
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/health")
async def health() -> dict[str, Any]:
    return {"status": "healthy"}


@app.post("/generate")
async def generate(body: GenerationBody, request: Request) -> Response:
    client: httpx.AsyncClient = request.app.state.client
    answer = await client.post(f"{UPSTREAM}/generate", json=body.model_dump())
    return Response(
        answer.content,
        answer.status_code,
        media_type=answer.headers.get("content-type"),
    )
