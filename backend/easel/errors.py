"""Errors the service raises on purpose.

    ServiceError
    ├── CallerError                   the caller must change the request
    │   ├── InvalidJson          400
    │   ├── NotFound             404
    │   │   ├── GenerationNotFound
    │   │   ├── ImageNotFound
    │   │   └── ModelNotFound
    │   ├── MethodNotAllowed     405
    │   ├── NotAcceptable        406
    │   ├── GenerationCancelled  409
    │   ├── ModelInUse           409
    │   ├── BodyTooLarge         413
    │   ├── UnsupportedMediaType 415
    │   ├── InvalidRequest       422
    │   └── ContentRefused       422
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
