"""The one shape of every error: a problem document (RFC 9457)."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

PROBLEM_MEDIA_TYPE = "application/problem+json"


class ErrorCode(StrEnum):
    """Stable, machine-readable names; clients may switch on them."""

    INVALID_JSON = "invalid_json"
    INVALID_REQUEST = "invalid_request"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    LINK_EXPIRED = "link_expired"
    NOT_ACCEPTABLE = "not_acceptable"
    BODY_TOO_LARGE = "body_too_large"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    GENERATION_NOT_FOUND = "generation_not_found"
    IMAGE_NOT_FOUND = "image_not_found"
    MODEL_NOT_FOUND = "model_not_found"
    MODEL_IN_USE = "model_in_use"
    CONTENT_REFUSED = "content_refused"
    GENERATION_CANCELLED = "generation_cancelled"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    RATE_LIMITED = "rate_limited"
    TOO_MANY_CONCURRENT = "too_many_concurrent"
    QUOTA_EXCEEDED = "quota_exceeded"
    EVICTED_FROM_QUEUE = "evicted_from_queue"
    DEADLINE_UNREACHABLE = "deadline_unreachable"
    QUEUE_TIMEOUT = "queue_timeout"
    STORE_UNAVAILABLE = "store_unavailable"
    QUEUE_FULL = "queue_full"
    MODEL_FAILED = "model_failed"
    MODEL_LOADING = "model_loading"
    SERVER_STOPPING = "server_stopping"
    OUT_OF_MEMORY = "out_of_memory"
    STORAGE_FULL = "storage_full"
    ENGINE_HUNG = "engine_hung"
    ENGINE_FAILED = "engine_failed"
    UPSTREAM_UNREACHABLE = "upstream_unreachable"
    UPSTREAM_TIMEOUT = "upstream_timeout"
    UPSTREAM_UNAVAILABLE = "upstream_unavailable"
    INTERNAL_ERROR = "internal_error"


class Problem(BaseModel):
    """An error, as `application/problem+json` and as the data of a `failed` event."""

    model_config = ConfigDict(frozen=True)

    type: str = Field(description="A URI reference that names the kind of problem.")
    title: str = Field(description="The kind of problem in a few words.")
    status: int = Field(ge=400, le=599, description="The HTTP status code.")
    detail: str = Field(description="What went wrong this time, and the limit it met.")
    code: ErrorCode
    request_id: str = Field(description="Quote it when you report the problem.")
    param: str | None = Field(default=None, description="The field that is wrong.")
    retry_after_s: float | None = Field(
        default=None, ge=0, description="When trying again makes sense, in seconds."
    )
