"""How the tiers say that they are well: the answers of the health routes."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from easel.contract.models import Runtime


class EndedGenerations(BaseModel):
    """Generations that ended on a text-to-image server, and what came of them."""

    model_config = ConfigDict(frozen=True)

    completed: int = Field(ge=0)
    failed: int = Field(
        ge=0,
        description="By a fault of the service; cancelled ones are not among them.",
    )
    images: int = Field(ge=0, description="Of the completed ones.")


class GenerationSeconds(BaseModel):
    """From acceptance by the server to the last image: its queue included."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    p50: float = Field(ge=0, description="Half of the completed ones took no longer.")
    p95: float = Field(ge=0, description="95 of 100 took no longer.")


class RecentGenerations(EndedGenerations):
    """The last ten minutes of a text-to-image server, or of several together.

    Asynchronous generations are counted as all others are, when they end.
    """

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    window_s: float = Field(
        ge=0, description="What it tells of: 600, or less since the server's start."
    )
    generation_seconds: GenerationSeconds | None = Field(
        description="Null while none was completed."
    )
    last_minute: EndedGenerations


class ServerHealth(BaseModel):
    """`GET /health` of a text-to-image server."""

    model_config = ConfigDict(frozen=True)

    status: Literal["healthy", "loading", "stopping", "unhealthy"]
    model_loaded: bool
    cuda_available: bool
    replica: str = Field(description="Part of every generation id of this server.")
    model: str = Field(description="The model that it serves, or is loading.")
    device: str | None = Field(description="`cpu`, `cuda`, …; null while loading.")
    runtime: Runtime | None = Field(
        default=None,
        description="What computes: `torch`, or `onnx` without it; null while loading.",
    )
    queued: int = Field(ge=0)
    running: int = Field(ge=0)
    backlog_s: float | None = Field(
        description="Predicted seconds of accepted work; null if unknown."
    )
    recent: RecentGenerations | None = Field(
        default=None, description="Older servers leave it out."
    )
    version: str


class UpstreamHealth(BaseModel):
    """What a gateway knows of its text-to-image server, reached or not."""

    model_config = ConfigDict(frozen=True, extra="allow")

    status: Literal["healthy", "loading", "stopping", "unhealthy", "unreachable"]
    model_loaded: bool
    cuda_available: bool
    detail: str | None = Field(default=None, description="Why it is not healthy.")


class QueueDocument(BaseModel):
    """A gateway's generations, all its workers together."""

    model_config = ConfigDict(frozen=True)

    in_flight: int = Field(ge=0, description="Passed on and not ended.")
    max_in_flight: int = Field(ge=1)
    waiting: int = Field(ge=0)
    max_waiting: int = Field(ge=0)


class StoreDocument(BaseModel):
    """Where a gateway keeps keys, limits, usage and idempotency."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["sqlite", "redis"]
    status: Literal["available", "unavailable"]


# Busy is not unhealthy: it works, and has more to do.
ReplicaState = Literal["starting", "ready", "busy", "draining", "unhealthy"]


class ReplicaDocument(BaseModel):
    """What a gateway knows of one of its text-to-image servers."""

    model_config = ConfigDict(frozen=True)

    url: str = Field(description="Without the credentials that it may hold.")
    id: str | None = Field(
        description="Part of every generation id of it; null until it has said so."
    )
    state: ReplicaState
    models: tuple[str, ...] = Field(description="Ids, the default first.")
    backlog_s: float | None = Field(
        description="Predicted seconds of work there; null if unknown."
    )
    outstanding: int = Field(
        ge=0, description="Generations that this gateway process waits for."
    )
    seconds_per_cost_unit: float | None = Field(
        description="As learned: megapixels x steps x images x the model's weight are "
        "the unit; null until a generation was answered."
    )
    detail: str | None = Field(description="Why it is neither ready nor busy.")
    device: str | None = Field(default=None, description="Null until it has said so.")
    version: str | None = Field(default=None, description="Null until it has said so.")
    queued: int | None = Field(
        default=None, ge=0, description="Generations that wait there; null if not told."
    )
    running: int | None = Field(
        default=None, ge=0, description="Generations being painted; null if not told."
    )
    recent: RecentGenerations | None = Field(
        default=None, description="Null while it is away, or if it does not tell."
    )


class GatewayHealth(BaseModel):
    """`GET /health` of a gateway: 200 as long as the gateway itself runs."""

    model_config = ConfigDict(frozen=True)

    status: Literal["healthy", "degraded"]
    gateway: Literal["running", "draining", "stopping"]
    text2image_server: UpstreamHealth
    auth: Literal["open", "keys"] = Field(
        description="`open`: anybody may ask; `keys`: an API key is needed."
    )
    queue: QueueDocument
    store: StoreDocument
    replicas: tuple[ReplicaDocument, ...]
    recent: RecentGenerations | None = Field(
        default=None,
        description="Of all servers that tell, together; null if none does. Counts are "
        "sums. A time is one that a server told: servers of half (95 of 100) of the "
        "completed generations told no longer ones.",
    )
    version: str


class DrainDocument(BaseModel):
    """The answer of `POST /admin/drain`: who asks again sees how far it is."""

    model_config = ConfigDict(frozen=True)

    state: Literal["running", "draining", "stopping"]
    safe_to_stop_in_s: float = Field(
        ge=0, description="What load balancers need to see that `/readyz` is gone."
    )
    in_flight: int = Field(ge=0, description="Generations passed on and not ended.")
    waiting: int = Field(ge=0, description="Generations in the queue.")


class Liveness(BaseModel):
    """`GET /livez`: the process answers."""

    model_config = ConfigDict(frozen=True)

    status: Literal["alive"] = "alive"


class Readiness(BaseModel):
    """`GET /readyz`: 200 when a generation would be taken now, else a 503 problem."""

    model_config = ConfigDict(frozen=True)

    status: Literal["ready"] = "ready"
