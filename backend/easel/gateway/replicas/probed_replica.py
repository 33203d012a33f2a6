"""One text-to-image server as the pool knows it."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from yarl import URL

from easel.clock import Clock
from easel.contract.replicas import (
    ReplicaDocument,
    ReplicaState,
    ServerHealth,
    UpstreamHealth,
)
from easel.gateway.replicas.health_probe import PROBE_TIMEOUT_S, Finding, ask
from easel.gateway.replicas.known_replica import KnownReplica
from easel.gateway.replicas.load_times import LoadTimes
from easel.gateway.replicas.pool import Need
from easel.gateway.replicas.replica_health import PROBE_SOON_S
from easel.gateway.upstream import CANNOT_CONNECT, UpstreamAnswer, UpstreamClient
from easel.web.tier_headers import BACKLOG_HEADER, CACHE_HEADER, REPLICA_HEADER

# A probe that took much longer than it may says that this process was held up.
_HELD_UP_S = 1.5 * PROBE_TIMEOUT_S

# Of servers that this URL led to before, oldest first out.
_FORMER_IDS = 8

_NOT_ASKED = UpstreamHealth(
    status="unreachable",
    model_loaded=False,
    cuda_available=False,
    detail="It has not been asked yet.",
)


@dataclass(slots=True, eq=False)
class _Sent:
    """A generation that was sent, and how its answer begins."""

    status: int | None = None
    is_new: bool = True

    @property
    def has_worked(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def was_painted(self) -> bool:
        """From begin to end, while it was waited for."""
        return self.status == 200 and self.is_new


class ProbedReplica(KnownReplica):
    """
    Args:
        url: As configured; may hold credentials.
        upstream: The client of the server there.
        clock: Of all measurements.
        load_times: Shared by the pool.
        fastest: Seconds for a unit of cost of the fastest server of the pool.
        changed: Called when it may be chosen where it could not before, or not any
            more where it could, or when its models or its id are others.
    """

    def __init__(
        self,
        url: str,
        *,
        upstream: UpstreamClient,
        clock: Clock,
        load_times: LoadTimes,
        fastest: Callable[[], float | None],
        changed: Callable[["ProbedReplica"], None],
    ) -> None:
        super().__init__(url, clock=clock, load_times=load_times, fastest=fastest)
        self.upstream = upstream
        self.id: str | None = None
        self.former_ids: deque[str] = deque(maxlen=_FORMER_IDS)
        # Set when the next probe should not wait for its time.
        self.wants_probe = asyncio.Event()
        self._clock = clock
        self._changed = changed
        self._health = _NOT_ASKED
        # With `_health`, where the server is one of ours.
        self._server: ServerHealth | None = None
        self._queued = 0
        self._sent: dict[int, _Sent] = {}
        self._asking = asyncio.Lock()
        self._asked_at: float | None = None
        self._shown = self._what_shows()

    @property
    def name(self) -> str:
        """The URL without credentials, for logs and documents."""
        return str(URL(self._url).with_user(None)).rstrip("/")

    @property
    def state(self) -> ReplicaState:
        work = self.workload
        has_work = bool(
            work.outstanding or work.backlog_s or work.is_full or self._queued
        )
        return self.standing.state(has_work=has_work)

    @property
    def health(self) -> UpstreamHealth:
        return self._health

    @property
    def backlog_s(self) -> float | None:
        return self.workload.backlog_s

    def document(self) -> ReplicaDocument:
        state = self.state
        is_well = state in ("ready", "busy")
        server = self._server
        return ReplicaDocument(
            url=self.name,
            id=self.id,
            state=state,
            models=tuple(model.id for model in self.models),
            backlog_s=self.backlog_s,
            outstanding=self.workload.outstanding,
            seconds_per_cost_unit=self.workload.pace.learned,
            detail=None if is_well else self._why_not_well(),
            device=server.device if server else None,
            version=server.version if server else None,
            queued=server.queued if server else None,
            running=server.running if server else None,
            recent=server.recent if server else None,
        )

    # What happens to it

    @contextmanager
    def expects(self, need: Need) -> Iterator[None]:
        """See `Replica.expects`."""
        one = self.workload.begin(need.cost, seconds_per_unit=self.seconds_per_unit())
        try:
            yield
        finally:
            self.workload.end(one, teaches=False)

    @contextmanager
    def sends(self, need: Need) -> Iterator[None]:
        """See `Replica.sends`. Whoever leaves early teaches nothing."""
        sent = self._sent[id(need)] = _Sent()
        trial = self.standing.errors.begin()
        one = self.workload.begin(need.cost, seconds_per_unit=self.seconds_per_unit())
        is_whole = False
        try:
            yield
            is_whole = True
        finally:
            self._sent.pop(id(need), None)
            self.workload.end(one, teaches=is_whole and sent.was_painted)
            self.standing.errors.end(trial, has_worked=is_whole and sent.has_worked)
            self._show()

    def answered(self, answer: UpstreamAnswer, *, need: Need | None = None) -> None:
        """See `Replica.answered`."""
        self._learn_id(answer.header(REPLICA_HEADER))
        self._learn_backlog(answer)
        if need is not None:
            self._learn_outcome(answer, need)
        self._show()

    def failed_to_connect(self) -> None:
        """See `Replica.failed_to_connect`."""
        was_closed = self.standing.openness == "closed"
        self.standing.disconnected()
        if not was_closed:
            self.wants_probe.set()
        self._show()

    async def probe(self, *, max_age_s: float = 0.0) -> None:
        """Ask it, unless the last answer is younger than that."""
        async with self._asking:
            asked_at, now = self._asked_at, self._clock.now()
            if asked_at is not None and now - asked_at < max_age_s:
                return
            finding = await ask(self.upstream)
            self._asked_at = self._clock.now()
            if finding.verdict == "silent" and self._asked_at - now > _HELD_UP_S:
                return
            self._learn_finding(finding, asked_at_s=now)
            self._show()

    # What is learned from that

    def _learn_finding(self, finding: Finding, *, asked_at_s: float) -> None:
        self.told.saw_start(
            is_loading=finding.verdict == "loading",
            is_over=finding.verdict == "healthy",
        )
        self.standing.probed(finding.verdict, asked_at_s=asked_at_s)
        is_first = self._health is _NOT_ASKED
        if is_first or finding.verdict != "silent" or self.standing.is_out:
            self._health = finding.health
            self._server = finding.server
        if finding.server is not None:
            self._learn_id(finding.server.replica)
            self._queued = finding.server.queued
            self.workload.told(finding.server.backlog_s, as_of_s=asked_at_s)
        if finding.models is not None:
            self.told.saw(finding.models)

    def _learn_id(self, replica_id: str | None) -> None:
        if replica_id is None or replica_id == self.id:
            return
        if self.id is not None:
            self.former_ids.append(self.id)
        self.id = replica_id

    def _learn_backlog(self, answer: UpstreamAnswer) -> None:
        """Only a server that says who it is leaves the backlog out on purpose."""
        if answer.header(REPLICA_HEADER) is None:
            return
        backlog_s = _seconds(answer.header(BACKLOG_HEADER))
        self.workload.told(backlog_s, as_of_s=self._clock.now())

    def _learn_outcome(self, answer: UpstreamAnswer, need: Need) -> None:
        sent = self._sent.get(id(need))
        if sent is not None:
            sent.status = answer.status
            sent.is_new = answer.header(CACHE_HEADER) in (None, "miss")
        match answer.status:
            case 429 | 503:
                self.refused(_seconds(answer.header("Retry-After")))
                self._ask_why()
            case 507:
                pass
            case status if status >= 500:
                self.standing.errors.failed(need.blame)

    def _ask_why(self) -> None:
        """Whether it is full or stops or loads is in its health, a probe away."""
        asked_at = self._asked_at
        if asked_at is None or self._clock.now() - asked_at >= PROBE_SOON_S:
            self.wants_probe.set()

    # What is shown of it

    def _why_not_well(self) -> str:
        if self.standing.errors.is_ejected:
            return "It answered several generations with errors."
        if self.standing.is_doubted:
            return CANNOT_CONNECT
        if self._health.status == "healthy":
            return "It comes and goes: it must be well for longer."
        return self._health.detail or self._health.status

    def _what_shows(self) -> tuple[object, ...]:
        standing = self.standing
        return (
            self.id,
            standing.openness,
            standing.is_doubted,
            standing.is_loading,
            self.told.documents,
        )

    def _show(self) -> None:
        shows = self._what_shows()
        has_changed = shows != self._shown
        # Also where it is equal: what is the same object is compared at once.
        self._shown = shows
        if has_changed:
            self._changed(self)


def _seconds(text: str | None) -> float | None:
    """A header's number; None if it is none."""
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None
