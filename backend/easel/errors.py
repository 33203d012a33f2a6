"""Errors the service raises on purpose.

    ServiceError
    ├── CallerError                   the caller must change the request
    │   ├── InvalidJson          400
    │   ├── Unauthorized         401  no key, or one that does not hold
    │   ├── Forbidden            403  the key may not do this
    │   ├── NotFound             404
    │   │   ├── GenerationNotFound
    │   │   ├── ImageNotFound
    │   │   └── ModelNotFound
    │   ├── MethodNotAllowed     405
    │   ├── NotAcceptable        406
    │   ├── GenerationCancelled  409
    │   ├── ModelInUse           409
    │   ├── LinkExpired          410  a signed link that was good for its time
    │   ├── BodyTooLarge         413
    │   ├── UnsupportedMediaType 415
    │   ├── InvalidRequest       422
    │   ├── IdempotencyKeyReused 422  the key came with another body before
    │   ├── ContentRefused       422
    │   ├── RateLimited          429  the caller's own rate
    │   ├── TooManyConcurrent    429  the caller's own generations in flight
    │   └── QuotaExceeded        429  the caller's own images of the day
    ├── ServerFault                   this server could not do it
    │   ├── InternalError        500
    │   ├── EngineFailed         500
    │   ├── QueueFull            503  try again after `retry_after_s`
    │   ├── ModelLoading         503  try again after `retry_after_s`
    │   ├── ModelFailed          503  it could not be loaded
    │   ├── EngineHung           503  try again elsewhere, or later
    │   ├── ServerStopping       503  try again elsewhere, or later
    │   ├── OutOfMemory          503  a smaller request may fit
    │   └── StorageFull          507
    ├── GatewayFault                  this gateway cannot do it now
    │   ├── EvictedFromQueue     503  a fairer claim took its place in the queue
    │   ├── DeadlineUnreachable  503  it would not be done in time
    │   ├── StoreUnavailable     503  keys and limits cannot be looked up
    │   └── QueueTimeout         504  its time passed before its turn came
    └── UpstreamFault                 a gateway's view of its server
        ├── UpstreamUnreachable  502
        ├── UpstreamUnavailable  503
        └── UpstreamTimeout      504

Anything else that escapes is a bug: it is logged with its traceback and the
caller gets a bare `internal_error`.
"""

from typing import ClassVar

from easel.contract.errors import ErrorCode, Problem


class ServiceError(Exception):
    """Base class: one subclass per `ErrorCode`, with its HTTP status beside it."""

    code: ClassVar[ErrorCode]
    http_status: ClassVar[int]
    title: ClassVar[str]

    def __init__(
        self,
        detail: str,
        *,
        param: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.param = param
        self.retry_after_s = retry_after_s

    def problem(self, request_id: str) -> Problem:
        """This error as the document that goes on the wire."""
        return Problem(
            type=f"urn:easel:problem:{self.code}",
            title=self.title,
            status=self.http_status,
            detail=self.detail,
            code=self.code,
            request_id=request_id,
            param=self.param,
            retry_after_s=self.retry_after_s,
        )


class CallerError(ServiceError):
    """The caller must change the request."""


class InvalidJson(CallerError):
    code = ErrorCode.INVALID_JSON
    http_status = 400
    title = "The body is not JSON"


class Unauthorized(CallerError):
    code = ErrorCode.UNAUTHORIZED
    http_status = 401
    title = "No valid API key"


class Forbidden(CallerError):
    code = ErrorCode.FORBIDDEN
    http_status = 403
    title = "Not allowed"


class NotFound(CallerError):
    code = ErrorCode.NOT_FOUND
    http_status = 404
    title = "Not found"


class GenerationNotFound(NotFound):
    code = ErrorCode.GENERATION_NOT_FOUND
    title = "No such generation"


class ImageNotFound(NotFound):
    code = ErrorCode.IMAGE_NOT_FOUND
    title = "No such image"


class ModelNotFound(NotFound):
    code = ErrorCode.MODEL_NOT_FOUND
    title = "No such model"


class MethodNotAllowed(CallerError):
    code = ErrorCode.METHOD_NOT_ALLOWED
    http_status = 405
    title = "Method not allowed"


class NotAcceptable(CallerError):
    code = ErrorCode.NOT_ACCEPTABLE
    http_status = 406
    title = "No such answer format"


class GenerationCancelled(CallerError):
    code = ErrorCode.GENERATION_CANCELLED
    http_status = 409
    title = "The generation was cancelled"


class LinkExpired(CallerError):
    code = ErrorCode.LINK_EXPIRED
    http_status = 410
    title = "The link has expired"


class BodyTooLarge(CallerError):
    code = ErrorCode.BODY_TOO_LARGE
    http_status = 413
    title = "The body is too large"


class UnsupportedMediaType(CallerError):
    code = ErrorCode.UNSUPPORTED_MEDIA_TYPE
    http_status = 415
    title = "Unsupported content type"


class InvalidRequest(CallerError):
    code = ErrorCode.INVALID_REQUEST
    http_status = 422
    title = "The request cannot be honoured"


class ModelInUse(CallerError):
    code = ErrorCode.MODEL_IN_USE
    http_status = 409
    title = "The model is in use"


class ContentRefused(CallerError):
    code = ErrorCode.CONTENT_REFUSED
    http_status = 422
    title = "The image was refused by the safety check"


class IdempotencyKeyReused(CallerError):
    code = ErrorCode.IDEMPOTENCY_KEY_REUSED
    http_status = 422
    title = "The Idempotency-Key belongs to another request"


class RateLimited(CallerError):
    code = ErrorCode.RATE_LIMITED
    http_status = 429
    title = "Too many requests"


class TooManyConcurrent(CallerError):
    code = ErrorCode.TOO_MANY_CONCURRENT
    http_status = 429
    title = "Too many generations at a time"


class QuotaExceeded(CallerError):
    code = ErrorCode.QUOTA_EXCEEDED
    http_status = 429
    title = "The day's images are used up"


class ServerFault(ServiceError):
    """This server could not do it."""


class InternalError(ServerFault):
    code = ErrorCode.INTERNAL_ERROR
    http_status = 500
    title = "Internal error"


class EngineFailed(ServerFault):
    code = ErrorCode.ENGINE_FAILED
    http_status = 500
    title = "The model failed"


class QueueFull(ServerFault):
    code = ErrorCode.QUEUE_FULL
    http_status = 503
    title = "The queue is full"


class ModelLoading(ServerFault):
    code = ErrorCode.MODEL_LOADING
    http_status = 503
    title = "The model is loading"


class ModelFailed(ServerFault):
    code = ErrorCode.MODEL_FAILED
    http_status = 503
    title = "The model is not available"


class EngineHung(ServerFault):
    code = ErrorCode.ENGINE_HUNG
    http_status = 503
    title = "The device does not answer"


class ServerStopping(ServerFault):
    code = ErrorCode.SERVER_STOPPING
    http_status = 503
    title = "The server is stopping"


class OutOfMemory(ServerFault):
    code = ErrorCode.OUT_OF_MEMORY
    http_status = 503
    title = "Out of memory"


class StorageFull(ServerFault):
    code = ErrorCode.STORAGE_FULL
    http_status = 507
    title = "No space left"


class GatewayFault(ServiceError):
    """This gateway cannot do it now."""


class EvictedFromQueue(GatewayFault):
    code = ErrorCode.EVICTED_FROM_QUEUE
    http_status = 503
    title = "Displaced in the queue"


class DeadlineUnreachable(GatewayFault):
    code = ErrorCode.DEADLINE_UNREACHABLE
    http_status = 503
    title = "Not possible in time"


class StoreUnavailable(GatewayFault):
    code = ErrorCode.STORE_UNAVAILABLE
    http_status = 503
    title = "The gateway's store is not available"


class QueueTimeout(GatewayFault):
    code = ErrorCode.QUEUE_TIMEOUT
    http_status = 504
    title = "Its turn did not come in time"


class UpstreamFault(ServiceError):
    """A gateway's view of its text-to-image server."""


class UpstreamUnreachable(UpstreamFault):
    code = ErrorCode.UPSTREAM_UNREACHABLE
    http_status = 502
    title = "Bad gateway"


class UpstreamUnavailable(UpstreamFault):
    code = ErrorCode.UPSTREAM_UNAVAILABLE
    http_status = 503
    title = "Service unavailable"


class UpstreamTimeout(UpstreamFault):
    code = ErrorCode.UPSTREAM_TIMEOUT
    http_status = 504
    title = "Gateway timeout"


def error_of(problem: Problem) -> ServiceError:
    """The error that a problem document was made from, in another process maybe."""
    return _BY_CODE[problem.code](
        problem.detail, param=problem.param, retry_after_s=problem.retry_after_s
    )


def _with_code(root: type[ServiceError]) -> dict[ErrorCode, type[ServiceError]]:
    found: dict[ErrorCode, type[ServiceError]] = {}
    for kind in root.__subclasses__():
        if "code" in vars(kind):
            found[kind.code] = kind
        found |= _with_code(kind)
    return found


_BY_CODE = _with_code(ServiceError)
