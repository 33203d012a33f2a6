"""All text-to-image servers of the gateway: probed, chosen from, found again by id."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from random import Random
from types import TracebackType
from typing import Self

from easel.clock import Clock
from easel.contract.replicas import ReplicaDocument, ReplicaState
from easel.gateway.replicas import choice
from easel.gateway.replicas.load_times import LoadTimes
from easel.gateway.replicas.pool import Need
from easel.gateway.replicas.probed_replica import ProbedReplica
from easel.gateway.upstream import Upstream, UpstreamClient

log = logging.getLogger(__name__)

# Many load balancers may ask the gateway at once; a server is asked once.
_FRESH_S = 1.0

# Return after so many seconds, or sooner when the event is set.
Pause = Callable[[float, asyncio.Event], Awaitable[None]]


async def pause(seconds: float, sooner: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(seconds):
            await sooner.wait()
    except TimeoutError:
        pass


class ProbedPool:
    """`ReplicaPool`, over HTTP. Use as a context manager: probes run while inside.

    Lives on one event loop.

    Args:
        urls: Of the servers; at least one, none twice.
        clock: Of all measurements.
        random: Decides between equals.
        pause: Between two probes of a server.
        upstream_for: The client of the server at a URL.
    """

    def __init__(
        self,
        urls: Sequence[str],
        *,
        clock: Clock,
        random: Random | None = None,
        pause: Pause = pause,
        upstream_for: Callable[[str], UpstreamClient] = Upstream,
    ) -> None:
        self._clock = clock
        self._upstream_for = upstream_for
        self._random = random or Random()
        self._pause = pause
        self._load_times = LoadTimes()
        self._change = asyncio.Event()
        self._told_of_twins: set[frozenset[str]] = set()
        self._logged: dict[str, ReplicaState] = {}
        self._stack = AsyncExitStack()
        self._open: set[str] = set()
        self._probing: dict[str, asyncio.Task[None]] = {}
        # All that ever were, by URL: what runs on one that left is still asked for.
        self._known: dict[str, ProbedReplica] = {}
        self._replicas = self._of(urls)

    async def __aenter__(self) -> Self:
        await self._begin_probing()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._end_probing(self._probing)
        self._open.clear()
        await self._stack.aclose()

    @property
    def replicas(self) -> Sequence[ProbedReplica]:
        return self._replicas

    @property
    def default_model(self) -> str | None:
        """Of the first server that answers, or else did; None until one has said."""
        return choice.default_model(self._replicas)

    def documents(self) -> list[ReplicaDocument]:
        """For `/health` and metrics."""
        return [replica.document() for replica in self._replicas]

    # Choosing

    def choose(
        self, need: Need, *, excluding: frozenset[str] = frozenset()
    ) -> ProbedReplica | None:
        """See `ReplicaPool.choose`."""
        return choice.choose(self._replicas, need, self._random, excluding=excluding)

    def may_become_ready(self, need: Need) -> float | None:
        """See `ReplicaPool.may_become_ready`."""
        return choice.may_become_ready(self._replicas, need)

    async def changed(self) -> None:
        """See `ReplicaPool.changed`; that one has more or less to do is no change."""
        await self._change.wait()

    def _fastest(self) -> float | None:
        return choice.fastest(self._replicas)

    # Finding again

    def owner_of(self, generation_id: str) -> ProbedReplica | None:
        """See `ReplicaPool.owner_of`."""
        replica_id = replica_id_of(generation_id)
        if replica_id is None:
            return None
        # Whoever has that id now, before who had it once or is no longer configured.
        current = [one for one in self._replicas if one.id == replica_id]
        former = [
            replica
            for replica in self._known.values()
            if replica_id == replica.id or replica_id in replica.former_ids
        ]
        return min(current or former, key=_is_away, default=None)

    # Probing

    async def probe(self) -> None:
        """See `ReplicaPool.probe`."""
        probes = (replica.probe(max_age_s=_FRESH_S) for replica in self._replicas)
        await asyncio.gather(*probes)

    async def reconfigure(self, urls: Sequence[str]) -> None:
        """See `ReplicaPool.reconfigure`.

        Raises:
            ValueError: no URL, or one twice; all is as it was.
        """
        self._replicas = self._of(urls)
        gone = [url for url in self._probing if url not in urls]
        await self._end_probing(gone)
        await self._begin_probing()
        self._show_change()

    def _of(self, urls: Sequence[str]) -> tuple[ProbedReplica, ...]:
        if not urls or len(set(urls)) < len(urls):
            raise ValueError("the URLs of the servers must be one or more, none twice")
        for url in urls:
            if url not in self._known:
                self._known[url] = self._new(url)
        return tuple(self._known[url] for url in urls)

    def _new(self, url: str) -> ProbedReplica:
        return ProbedReplica(
            url,
            upstream=self._upstream_for(url),
            clock=self._clock,
            load_times=self._load_times,
            fastest=self._fastest,
            changed=self._saw_change,
        )

    async def _begin_probing(self) -> None:
        for replica in self._replicas:
            if replica.url in self._probing:
                continue
            if replica.url not in self._open:
                await self._stack.enter_async_context(replica.upstream)
                self._open.add(replica.url)
            self._probing[replica.url] = asyncio.create_task(
                self._keep_probing(replica)
            )

    async def _end_probing(self, urls: Iterable[str]) -> None:
        tasks = [self._probing.pop(url) for url in list(urls)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep_probing(self, replica: ProbedReplica) -> None:
        while True:
            replica.wants_probe.clear()
            try:
                await replica.probe()
            except Exception:
                # Whatever it is, a server without probes would be out for ever.
                log.exception("the probe of %s failed", replica.name)
            await self._pause(replica.standing.next_probe_in_s, replica.wants_probe)

    # Telling

    def _saw_change(self, replica: ProbedReplica) -> None:
        self._log_state(replica)
        self._warn_of_twins(replica)
        self._show_change()

    def _show_change(self) -> None:
        """Whoever waits now is woken; who waits later, waits for the next one."""
        self._change.set()
        self._change = asyncio.Event()

    def _log_state(self, replica: ProbedReplica) -> None:
        if replica.standing.openness == "unknown":
            return
        document = replica.document()
        is_well = document.detail is None
        state: ReplicaState = "ready" if is_well else document.state
        if self._logged.get(replica.url) == state:
            return
        self._logged[replica.url] = state
        log.log(
            logging.WARNING if state == "unhealthy" else logging.INFO,
            "text-to-image server %s is %s%s",
            *(replica.name, state, "" if is_well else f": {document.detail}"),
        )

    def _warn_of_twins(self, replica: ProbedReplica) -> None:
        """Two servers with one id: their generations cannot be told apart."""
        for other in self._replicas:
            if other is replica or other.id != replica.id or replica.id is None:
                continue
            twins = frozenset({replica.url, other.url})
            if twins in self._told_of_twins:
                continue
            self._told_of_twins.add(twins)
            log.warning(
                "the text-to-image servers %s and %s have the same replica id %s: "
                "give each its own, or name a server only once",
                *(replica.name, other.name, replica.id),
            )


def replica_id_of(generation_id: str) -> str | None:
    """The replica's part of `gen_<replica id>_<ulid>`; None if it is no such id."""
    kind, _, rest = generation_id.partition("_")
    replica_id, _, _ = rest.rpartition("_")
    return replica_id if kind == "gen" and replica_id else None


def _is_away(replica: ProbedReplica) -> bool:
    return not replica.standing.has_answered
