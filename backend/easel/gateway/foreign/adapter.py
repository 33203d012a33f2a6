"""What a dialect has to do for the gateway, and what it is asked with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from easel.contract.generations import Parameters
from easel.contract.models import ModelDocument


@dataclass(frozen=True, slots=True)
class Order:
    """One generation, checked against its model.

    Attributes:
        id: Of the generation.
        model: Our id of it.
        parameters: With no default left open.
        image, mask: Base64 or `data:` URLs, as the caller sent them.
        on_sent: To be called when the request is on its way: from here on somebody
            may be painting.
    """

    id: str
    model: str
    parameters: Parameters
    image: str | None
    mask: str | None
    on_sent: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Painted:
    """
    Attributes:
        file: Its bytes.
        seed: That it was painted with, where the server says so.
    """

    file: bytes
    seed: int | None = None


class Adapter(Protocol):
    """Use as a context manager. One server; any number of orders at a time."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    async def models(self) -> Sequence[ModelDocument]:
        """What it offers now; asking paints nothing and costs nothing.

        Raises:
            ServiceError: it does not answer, or not as its dialect says.
        """
        ...

    async def paint(self, order: Order) -> Sequence[Painted]:
        """The pictures, as many as asked for; cancelling hangs up.

        Raises:
            ServiceError: there are none, and why: `NoConnection` if nothing was sent,
                `QueueFull` or `Busy` if it did not take the order,
                `UpstreamUnreachable` if it broke off and somebody may have painted.
        """
        ...

    async def steps_done(self, order: Order) -> int | None:
        """Of a running order; None if it does not tell. Never raises."""
        ...

    async def stop(self, order: Order) -> None:
        """Stop the painting of this order and of no other, if that can be done.

        Never raises.
        """
        ...
