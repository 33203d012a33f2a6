"""One generation as the gateway is asked for it, by whichever API."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from easel.contract.generations import GenerationRequest
from easel.gateway.access.callers import Caller
from easel.gateway.access.joint_delivery import JointDelivery
from easel.gateway.admission.tickets import Place
from easel.gateway.upstream import UpstreamAnswer


@dataclass(frozen=True, slots=True)
class GenerationCall:
    """
    Attributes:
        request: What to paint.
        caller: For whom.
        accept: The form of the answer, as the native API's `Accept` header.
        prefer: As the native API's `Prefer` header.
        idempotency_key: Of the caller.
        webhook: Where to tell how an asynchronous one ended.
        may_reuse: Whether an equal one that has run before may answer it.
        joint: With the other generations of one answer; not for those with a key,
            which are found again.
    """

    request: GenerationRequest
    caller: Caller
    accept: str = "application/json"
    prefer: str | None = None
    idempotency_key: str | None = None
    webhook: str | None = None
    may_reuse: bool = True
    joint: JointDelivery | None = None


OnPlace = Callable[[Place], None]
OnAssigned = Callable[[str], Awaitable[None]]


class Dispatch(Protocol):
    """Limits, queue, replica, deadline, retry, charge: all that an answer takes."""

    def open(
        self,
        call: GenerationCall,
        *,
        on_place: OnPlace | None = None,
        on_assigned: OnAssigned | None = None,
    ) -> AbstractAsyncContextManager[UpstreamAnswer]:
        """Status and headers of the answer are there, its body is on its way.

        The answer is one to pass on: 2xx, or the server's own refusal of the request
        as a problem document. Leaving the block early, or being cancelled, hangs up
        and so stops the generation, unless it is asynchronous or has an idempotency
        key. The deadline holds until the block is left.

        Args:
            call: What is asked.
            on_place: Told where the generation stands while it waits here.
            on_assigned: Told the generation's id before it is sent to a replica, each
                time that it is.

        Raises:
            ServiceError: there is no answer; the error says why.
        """
        ...

    async def document(self, call: GenerationCall) -> bytes:
        """The whole JSON answer of a completed generation, images in base64.

        Raises:
            ServiceError: also for the server's own refusals.
        """
        ...

    def ask(
        self,
        caller: Caller,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
    ) -> AbstractAsyncContextManager[UpstreamAnswer]:
        """Anything about a generation that exists: `/generations/{id}…`.

        Raises:
            GenerationNotFound: no such generation of this caller.
            ServiceError: its replica does not answer.
        """
        ...
