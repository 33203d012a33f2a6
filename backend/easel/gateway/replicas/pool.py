"""What the rest of the gateway asks of the text-to-image servers together."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol, Self

from easel.contract.models import ModelDocument
from easel.contract.replicas import ReplicaDocument, UpstreamHealth
from easel.contract.replicas import ReplicaState as ReplicaState
from easel.gateway.replicas.need import Need as Need
from easel.gateway.upstream import UpstreamAnswer, UpstreamClient


class Replica(Protocol):
    """One text-to-image server."""

    upstream: UpstreamClient

    @property
    def url(self) -> str:
        """As configured; unique in the pool."""
        ...

    @property
    def name(self) -> str:
        """The URL without the user and password that it may hold."""
        ...

    @property
    def id(self) -> str | None:
        """Part of its generations' ids; None until it has said so."""
        ...

    @property
    def state(self) -> ReplicaState: ...

    @property
    def health(self) -> UpstreamHealth:
        """As last heard."""
        ...

    @property
    def models(self) -> Sequence[ModelDocument]:
        """As last heard; empty until then."""
        ...

    @property
    def backlog_s(self) -> float | None:
        """Predicted seconds of work there, brought up to now; None if unknown."""
        ...

    @property
    def is_full(self) -> bool:
        """It refused a moment ago, and its `Retry-After` has not passed."""
        ...

    def expects(self, need: Need) -> AbstractContextManager[None]:
        """While inside, whoever chooses next counts the generation as sent there."""
        ...

    def sends(self, need: Need) -> AbstractContextManager[None]:
        """While inside, the generation counts as outstanding there."""
        ...

    def answered(self, answer: UpstreamAnswer, *, need: Need | None = None) -> None:
        """Learn from an answer's headers: id, backlog.

        Args:
            answer: Of any request.
            need: The one given to `sends`, if it answers a generation: its errors
                count, and the time that it takes teaches.
        """
        ...

    def failed_to_connect(self) -> None:
        """Not even a connection, or it broke off: out of rotation until a probe."""
        ...


class ReplicaPool(Protocol):
    """Use as a context manager: probes run while inside."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    @property
    def replicas(self) -> Sequence[Replica]:
        """In the order of the configuration; never empty."""
        ...

    @property
    def default_model(self) -> str | None:
        """Of a request that names none: the first of the first server that answers."""
        ...

    def choose(
        self, need: Need, *, excluding: frozenset[str] = frozenset()
    ) -> Replica | None:
        """The one with the least expected finish time that has the model.

        Args:
            need: What it must be able to do.
            excluding: URLs that were tried already.

        Returns:
            None if none can take it now.
        """
        ...

    def may_become_ready(self, need: Need) -> float | None:
        """Seconds until one that has the model will be ready, as far as known.

        Returns:
            None if none is starting: waiting would be in vain.
        """
        ...

    def documents(self) -> Sequence[ReplicaDocument]:
        """All of them, for `/health` and metrics."""
        ...

    async def changed(self) -> None:
        """Return after the next change of any replica's state."""
        ...

    def owner_of(self, generation_id: str) -> Replica | None:
        """By the replica id within it; None if no replica with that id is known."""
        ...

    async def probe(self) -> None:
        """Ask all of them how they are, unless they were asked a second ago."""
        ...

    async def reconfigure(self, urls: Sequence[str]) -> None:
        """Other servers from now on; what runs on the old ones goes on."""
        ...
