"""How the tiers say that they are well: the answers of the health routes."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class ServerHealth(BaseModel):
    """`GET /health` of a text-to-image server."""

    model_config = ConfigDict(frozen=True)

    status: Literal["healthy", "loading", "stopping", "unhealthy"]
    model_loaded: bool
    cuda_available: bool
    replica: str = Field(description="Part of every generation id of this server.")
    model: str = Field(description="The model that it serves, or is loading.")
    device: str | None = Field(description="`cpu`, `cuda`, …; null while loading.")
    queued: int = Field(ge=0)
    running: int = Field(ge=0)
    backlog_s: float | None = Field(
        description="Predicted seconds of accepted work; null if unknown."
    )
    version: str


class UpstreamHealth(BaseModel):
    """What a gateway knows of its text-to-image server, reached or not."""

    model_config = ConfigDict(frozen=True, extra="allow")

    status: Literal["healthy", "loading", "stopping", "unhealthy", "unreachable"]
    model_loaded: bool
    cuda_available: bool
    detail: str | None = Field(default=None, description="Why it is not healthy.")


class GatewayHealth(BaseModel):
    """`GET /health` of a gateway: 200 as long as the gateway itself runs."""

    model_config = ConfigDict(frozen=True)

    status: Literal["healthy", "degraded"]
    gateway: Literal["running", "stopping"]
    text2image_server: UpstreamHealth
    version: str


class Liveness(BaseModel):
    """`GET /livez`: the process answers."""

    model_config = ConfigDict(frozen=True)

    status: Literal["alive"] = "alive"


class Readiness(BaseModel):
    """`GET /readyz`: 200 when a generation would be taken now, else a 503 problem."""

    model_config = ConfigDict(frozen=True)

    status: Literal["ready"] = "ready"
