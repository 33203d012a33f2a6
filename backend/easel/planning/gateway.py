"""One gateway in simulated time: the door, the choice of a server, a second try.

The door's decisions, the queue, what is known of servers, the choice between them and
the budget of retries are the real ones.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from random import Random

from easel.contract.models import ModelDocument
from easel.gateway.admission.fair_queue import FairQueue
from easel.gateway.admission.occupancy import Occupancy
from easel.gateway.admission.tickets import Ticket
from easel.gateway.replicas import choice
from easel.gateway.replicas.error_ejection import Trial
from easel.gateway.replicas.known_replica import KnownReplica
from easel.gateway.replicas.load_times import LoadTimes
from easel.gateway.replicas.need import Need
from easel.gateway.replicas.workload import Outstanding
from easel.gateway.retry_budget import RetryBudget
from easel.planning.generation import Generation, Reason
from easel.planning.kinds import model_document
from easel.planning.server import SimulatedServer
from easel.planning.timeline import Timeline

# All of its workers share one door.
_WORKER = "only"

# Between two looks at servers that load their first model, as a journey takes them.
_LOOK_AGAIN_S = 0.5


@dataclass(frozen=True, slots=True)
class GatewayLimits:
    """The gateway's settings of the same names."""

    max_concurrent_requests: int = 10
    max_queue: int = 40
    request_timeout: float = 300.0
    retry_budget: float = 0.1


class Link(KnownReplica):
    """A server as one gateway knows it."""

    def __init__(
        self,
        server: SimulatedServer,
        timeline: Timeline,
        load_times: LoadTimes,
        fastest: Callable[[], float | None],
    ) -> None:
        super().__init__(
            server.name, clock=timeline, load_times=load_times, fastest=fastest
        )
        self.server = server
        self._timeline = timeline
        self._documents: dict[str, ModelDocument] = {}

    def probe(self) -> None:
        """It answers at once, or not at all."""
        now_s, server = self._timeline.now(), self.server
        verdict = server.verdict
        self.told.saw_start(
            is_loading=verdict == "loading", is_over=verdict == "healthy"
        )
        self.standing.probed(verdict, asked_at_s=now_s)
        if verdict == "healthy":
            self.workload.told(server.backlog_s, as_of_s=now_s)
            self.told.saw(
                tuple(self._document(name) for name in server.states),
            )

    def _document(self, model: str) -> ModelDocument:
        known, state = self._documents.get(model), self.server.states[model]
        if known is None:
            known = model_document(model)
        if known.state != state:
            known = known.model_copy(update={"state": state})
        self._documents[model] = known
        return known


@dataclass(slots=True)
class _Sent:
    """A generation at a server."""

    link: Link
    work: Outstanding
    trial: Trial


class SimulatedGateway:
    """
    Args:
        timeline: On which it lives.
        servers: That it knows.
        limits: Its settings.
        random: Of its choices.
        answer_s: Seconds from the last image to the last byte, and whatever else a
            generation takes beside the device.
        ended: Told of each that is done or has failed.
    """

    def __init__(
        self,
        timeline: Timeline,
        servers: Sequence[SimulatedServer],
        limits: GatewayLimits,
        random: Random,
        *,
        answer_s: float,
        ended: Callable[[Generation], None],
    ) -> None:
        self._timeline = timeline
        self._limits = limits
        self._random = random
        self._answer_s = answer_s
        self._ended = ended
        self._door = Occupancy(
            limits.max_concurrent_requests, FairQueue(limits.max_queue)
        )
        self._budget = RetryBudget(
            timeline,
            share=limits.retry_budget,
            floor=limits.max_concurrent_requests,
        )
        load_times = LoadTimes()
        self._links = [
            Link(server, timeline, load_times, lambda: choice.fastest(self._links))
            for server in servers
        ]
        self._by_server = {link.url: link for link in self._links}
        self._needs: dict[object, Need] = {}
        self._tickets: dict[str, Generation] = {}
        self._entered: dict[Generation, Ticket] = {}
        self._sent: dict[Generation, _Sent] = {}
        self._numbers = 0
        self._next_probe: dict[str, Callable[[], None]] = {}
        for link in self._links:
            link.probe()
            self._probe_later(link, random.random() * link.standing.next_probe_in_s)

    # A generation's way

    def arrive(self, generation: Generation) -> None:
        """Until a server is found, the door passed, the server asked."""
        self._when_servable(generation)

    def _when_servable(self, generation: Generation) -> None:
        if generation.has_ended:
            return
        need = self._need(generation)
        link = choice.choose(self._links, need, self._random)
        if link is None:
            left_s = self._left_s(generation)
            if left_s <= 0:
                self._end(generation, "queue_timeout")
            elif choice.may_become_ready(self._links, need) is None:
                self._end(generation, "upstream_unreachable")
            else:
                self._timeline.after(
                    min(_LOOK_AGAIN_S, left_s), lambda: self._when_servable(generation)
                )
            return
        self._to_the_door(generation, link)

    def _to_the_door(self, generation: Generation, chosen: Link) -> None:
        self._numbers += 1
        ticket = Ticket(
            id=str(self._numbers),
            caller=generation.user,
            weight=1.0,
            cost=generation.kind.cost,
            priority=generation.priority,
            deadline_s=self._left_s(generation),
        )
        now_s = self._timeline.now()
        entry = self._door.enter(ticket, _WORKER, now_s)
        self._entered[generation] = ticket
        match entry:
            case "inside":
                self._send_in(generation, now_s, chosen)
            case "waiting":
                self._tickets[ticket.id] = generation
                self._at_deadline(generation)
            case "too_late":
                self._end(generation, "deadline_unreachable")
            case _:
                self._end(generation, "queue_full")
        self._take_verdicts()

    def _take_verdicts(self) -> None:
        while verdicts := self._door.take_verdicts(_WORKER):
            for ticket_id, entered_at_s in verdicts.items():
                generation = self._tickets.pop(ticket_id)
                if entered_at_s is None:
                    self._end(generation, "evicted_from_queue")
                else:
                    self._send_in(generation, entered_at_s)

    def _send_in(
        self, generation: Generation, entered_at_s: float, chosen: Link | None = None
    ) -> None:
        generation.entered_at_s = entered_at_s
        self._budget.asked()
        self._send(generation, chosen)

    def _send(self, generation: Generation, chosen: Link | None = None) -> None:
        """To the best server that takes it: the one chosen a moment ago, if any."""
        need = self._need(generation)
        why: Reason = "upstream_unreachable"
        while True:
            excluding = frozenset(generation.tried)
            link = chosen or choice.choose(
                self._links, need, self._random, excluding=excluding
            )
            chosen = None
            if link is None:
                self._leave_door(generation, is_lesson=False)
                self._end(generation, why)
                return
            if link.server.verdict != "healthy":
                self._disconnected(link)
                generation.tried.add(link.url)
                continue
            refused = link.server.offer(generation, self._left_s(generation))
            if refused is None:
                break
            link.workload.told(link.server.backlog_s, as_of_s=self._timeline.now())
            link.refused(refused.retry_after_s)
            why = refused.reason
            if why == "deadline_unreachable":
                # Only more time changes that, as the server says.
                self._leave_door(generation, is_lesson=False)
                self._end(generation, why)
                return
            generation.tried.add(link.url)
            generation.tried.update(one.url for one in self._links if one.is_full)
        work = link.workload.begin(need.cost, seconds_per_unit=link.seconds_per_unit())
        self._sent[generation] = _Sent(link, work, link.standing.errors.begin())
        if not self._tells_in_time(generation):
            self._at_deadline(generation)

    def _tells_in_time(self, generation: Generation) -> bool:
        """Whether it is so surely done in time that nobody need look."""
        promised_s = generation.promised_s
        return promised_s is not None and 4 * promised_s < self._left_s(generation)

    def painted(self, generation: Generation) -> None:
        """Its answer travels."""
        self._timeline.after(self._answer_s, lambda: self._answered(generation))

    def _answered(self, generation: Generation) -> None:
        sent = self._sent.get(generation)
        if sent is None or generation.has_ended:
            # Its time was over, or its server is.
            return
        del self._sent[generation]
        now_s, link = self._timeline.now(), sent.link
        link.server.delivered(generation)
        link.workload.told(link.server.backlog_s, as_of_s=now_s)
        link.workload.end(sent.work, teaches=True)
        link.standing.errors.end(sent.trial, has_worked=True)
        generation.ended_at_s = now_s
        generation.previewed_at_s = min(generation.previewed_at_s, now_s)
        self._leave_door(generation, is_lesson=True)
        self._ended(generation)

    def lost(self, server: SimulatedServer, generations: Sequence[Generation]) -> None:
        """A server died: whoever was there is painted elsewhere, or not at all."""
        mine = [one for one in generations if one in self._sent]
        link = self._by_server.get(server.name)
        if link is None or not mine:
            return
        self._disconnected(link)
        for generation in mine:
            sent = self._sent.pop(generation)
            sent.link.workload.end(sent.work, teaches=False)
            sent.link.standing.errors.end(sent.trial, has_worked=False)
            generation.tried.add(server.name)
            generation.begun_at_s = inf
            if not generation.is_retry and self._budget.take():
                generation.is_retry = True
                self._send(generation)
            else:
                self._leave_door(generation, is_lesson=False)
                self._end(generation, "upstream_unreachable")

    # Its ends

    def _at_deadline(self, generation: Generation) -> None:
        self._timeline.after(
            self._left_s(generation), lambda: self._time_is_over(generation)
        )

    def _time_is_over(self, generation: Generation) -> None:
        if generation.has_ended or self._left_s(generation) > 0:
            return
        sent = self._sent.pop(generation, None)
        if sent is None:
            ticket = self._entered[generation]
            self._tickets.pop(ticket.id, None)
            self._door.withdraw(ticket, _WORKER, self._timeline.now())
            self._end(generation, "queue_timeout")
            self._take_verdicts()
            return
        sent.link.server.cancel(generation)
        sent.link.workload.end(sent.work, teaches=False)
        sent.link.standing.errors.end(sent.trial, has_worked=False)
        self._leave_door(generation, is_lesson=False)
        self._end(generation, "upstream_timeout")

    def _leave_door(self, generation: Generation, *, is_lesson: bool) -> None:
        now_s, entered_at_s = self._timeline.now(), generation.entered_at_s
        ticket = self._entered.pop(generation)
        took_s = now_s - entered_at_s if is_lesson else None
        self._door.leave(_WORKER, ticket.cost, entered_at_s, now_s, took_s=took_s)
        self._take_verdicts()

    def _end(self, generation: Generation, reason: Reason) -> None:
        generation.failed = reason
        self._entered.pop(generation, None)
        self._ended(generation)

    # What it knows

    def _left_s(self, generation: Generation) -> float:
        passed_s = self._timeline.now() - generation.arrived_at_s
        return max(0.0, self._limits.request_timeout - passed_s)

    def _need(self, generation: Generation) -> Need:
        kind = generation.kind
        need = self._needs.get(kind)
        if need is None:
            need = self._needs[kind] = Need(kind.model, kind.cost)
        return need

    def _disconnected(self, link: Link) -> None:
        was_closed = link.standing.openness == "closed"
        link.standing.disconnected()
        if not was_closed:
            self._probe_later(link, 0.0)

    def _probe_later(self, link: Link, seconds: float) -> None:
        def probe() -> None:
            if self._next_probe.get(link.url) is not probe:
                # Another was wanted sooner.
                return
            link.probe()
            self._probe_later(link, link.standing.next_probe_in_s)

        self._next_probe[link.url] = probe
        self._timeline.after(seconds, probe)
