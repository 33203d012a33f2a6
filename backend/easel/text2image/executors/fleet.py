"""What a fleet executor needs of a cluster. No cluster's library is named here."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from easel.contract.models import ModelDocument
from easel.text2image.executors.replica_messages import Facts, Item, PaintOrder


class FleetUnusable(Exception):
    """There is no such cluster. The message is one line that a person can act on."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What a front wants of all replicas together.

    Attributes:
        backlog_s: Device-seconds until all of it would be done; None if unknown.
        generations: That are not done.
    """

    backlog_s: float | None
    generations: int


class PaintStream(Protocol):
    """What a replica tells of one order.

    Any error while it is read means that the replica is lost, or was never found: what
    is wrong with an order itself comes as a `Failed` message.
    """

    def __aiter__(self) -> AsyncIterator[Item]: ...

    def cancel(self) -> None:
        """Nobody wants it any more: the replica stops at its next step."""
        ...


class Fleet(Protocol):
    """Replicas that paint. Its methods are called in one event loop."""

    async def connect(self) -> bool:
        """Wait until orders can be given.

        Returns:
            Whether there is a GPU among its machines.

        Raises:
            FleetUnusable: that will not come true.
        """
        ...

    def paint(self, order: PaintOrder) -> PaintStream:
        """Any replica will do; while there is none, the order waits for one."""
        ...

    async def pulse(self, demand: Demand) -> Sequence[Facts]:
        """Tell all replicas what is wanted of them together; how they are.

        Those that do not answer in time are left out.
        """
        ...

    async def load(self, model_id: str) -> ModelDocument:
        """On one replica at least. Raises ServiceError."""
        ...

    async def unload(self, model_id: str) -> None:
        """On all replicas. Raises ServiceError."""
        ...

    def close(self) -> None: ...
