"""One generation's way through the gateway: from its call to a server's answer."""

import itertools
import os
from contextlib import AbstractAsyncContextManager, ExitStack
from types import TracebackType
from typing import Self

from easel.errors import (
    QueueTimeout,
    ServerStopping,
    ServiceError,
    StoreUnavailable,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from easel.gateway.access.accounts import Charge
from easel.gateway.access.permissions import check_model
from easel.gateway.admission.tickets import Passage, Ticket
from easel.gateway.call_needs import flight_key, need_of, pinned, upstream_request
from easel.gateway.calls import GenerationCall, OnAssigned, OnPlace
from easel.gateway.counted_answer import CountedAnswer
from easel.gateway.deadline import Deadline
from easel.gateway.flights import Flight, FlightKey
from easel.gateway.generation_ids import new_generation_id
from easel.gateway.parts import Parts
from easel.gateway.refusals import Busy, Starting, no_server
from easel.gateway.replicas.asking import ask
from easel.gateway.replicas.pool import Replica
from easel.gateway.servable import change, servable
from easel.gateway.upstream import (
    CANNOT_CONNECT,
    TIMED_OUT,
    NoConnection,
    UpstreamAnswer,
    UpstreamRequest,
)
from easel.telemetry.request_notes import note
from easel.telemetry.tracing import asking
from easel.web.preferences import read_preferences
from easel.web.random_seed import random_seed
from easel.web.tier_headers import CACHE_HEADER

# The server that was chosen before the door is still the best one right after it.
_CHOICE_HOLDS_S = 0.02

# Ids of tickets differ between all workers of a gateway, by their process ids: whatever
# is made here is the same in all of them, since they fork afterwards.
_numbers = itertools.count()

# A load balancer has another gateway by then, or this one has been replaced.
_ELSEWHERE_S = 5.0


class Journey:
    """Use as a context manager around `answer` and all that is done with it."""

    def __init__(
        self,
        parts: Parts,
        call: GenerationCall,
        deadline: Deadline,
        on_assigned: OnAssigned | None,
    ) -> None:
        self._parts = parts
        self._call = call
        self._deadline = deadline
        self._on_assigned = on_assigned
        self._is_asynchronous = read_preferences(call.prefer).responds_async
        self._request = pinned(call.request, parts.pool)
        self._need = need_of(parts, self._request, call.caller)
        self._key: FlightKey | None = None
        self._flight: Flight | None = None
        self._seed = 0
        self._chosen: Replica | None = None
        self._chosen_at_s = 0.0
        # It goes on when its caller has left, and is settled when it has ended.
        self._is_followed = self._is_asynchronous or call.idempotency_key is not None
        self._followed_id: str | None = None
        self._is_first = False
        self._is_retry = False
        self.has_left_queue = False
        self._queue_ms = 0.0
        self._stack = ExitStack()
        self.is_delivered = False
        # And not refused, found, or left for later: it took what such a one takes.
        self.was_painted = False

    @property
    def cost(self) -> float:
        return self._need.cost

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        return self._stack.__exit__(exc_type, exc, traceback)

    async def begin(self) -> None:
        """Whether it may be asked at all, and was asked before.

        Raises:
            ServerStopping: the gateway takes nothing new.
            Forbidden: the caller's key is not for the model.
            IdempotencyKeyReused, StoreUnavailable: see `Flights.find`.
        """
        drain = self._parts.drain
        if drain.has_begun:
            raise ServerStopping(
                f"The gateway is {drain.state}.", retry_after_s=_ELSEWHERE_S
            )
        caller = self._call.caller
        if caller.models is not None:
            model = self._request.model or self._parts.pool.default_model or ""
            check_model(caller, model)
        self._key = flight_key(
            self._call,
            ttl_s=self._parts.cache_ttl_s,
            is_shared=self._parts.cache_is_shared,
            is_asynchronous=self._is_asynchronous,
        )
        if self._key is not None:
            self._flight = await self._found(self._key)
        if self._flight is not None:
            self._seed = self._flight.seed
        elif self._request.seed is not None:
            self._seed = self._request.seed
        else:
            self._seed = random_seed()

    async def until_servable(self, on_place: OnPlace | None) -> None:
        """While its model loads everywhere: outside of the door, in nobody's way.

        Raises:
            ServiceError: no server can take it, nor will one soon.
        """
        self._chosen = await servable(self._parts, self._need, self._ticket, on_place)
        self._chosen_at_s = self._parts.clock.now()

    def at_the_door(
        self, on_place: OnPlace | None
    ) -> AbstractAsyncContextManager[Passage]:
        """Inside it may be passed on."""
        return self._parts.door.pass_through(self._ticket(), on_place=on_place)

    async def answer(self, charge: Charge) -> UpstreamAnswer:
        """To be called once, inside of the door. Raises as `Dispatch.open`."""
        self.has_left_queue = True
        parts = self._parts
        waited_s = parts.clock.now() - self._chosen_at_s
        parts.metrics.waited(self._request.priority, waited_s)
        self._queue_ms = round(waited_s * 1000, 1)
        parts.budget.asked()
        if waited_s > _CHOICE_HOLDS_S:
            self._chosen = None
        return await self._from_a_replica(charge)

    def too_late(self) -> ServiceError:
        """What to say when the deadline has passed."""
        if self.has_left_queue:
            return UpstreamTimeout(TIMED_OUT)
        return QueueTimeout(f"{TIMED_OUT}: no server was ready to take it in time.")

    # Before a server is asked

    def _ticket(self) -> Ticket:
        """An answer that exists costs next to nothing."""
        caller = self._call.caller
        return Ticket(
            id=f"{os.getpid()}-{next(_numbers)}",
            caller=caller.id,
            weight=caller.weight,
            cost=self._need.cost if self._flight is None else 0.0,
            priority=self._request.priority,
            deadline_s=self._deadline.remaining_s,
        )

    async def _found(self, key: FlightKey) -> Flight | None:
        try:
            return await self._parts.flights.find(key)
        except StoreUnavailable:
            if key.is_promise:
                raise
            return None

    # Asking servers

    async def _from_a_replica(self, charge: Charge) -> UpstreamAnswer:
        pool = self._parts.pool
        if self._key is not None and any(one.id is None for one in pool.replicas):
            # A process that has just begun must know whose flights are whose.
            await pool.probe()
        tried: set[str] = set()
        last: ServiceError | None = None
        while True:
            replica = self._next(tried)
            if replica is None:
                await self._unfollow(charge)
                raise last or no_server(self._parts.pool, self._need.model)
            with replica.expects(self._need):
                replica = await self._assign(replica)
                await self._announce(charge)
            try:
                answer = await self._open(replica)
            except Starting as refusal:
                last = refusal
                await change(self._parts.pool)
                if self._parts.pool.may_become_ready(self._need) is None:
                    tried.add(replica.url)
            except (NoConnection, Busy) as refusal:
                last = refusal
                tried.add(replica.url)
                # Who said so a moment ago need not say it again to everybody.
                tried.update(
                    one.url for one in self._parts.pool.replicas if one.is_full
                )
            except UpstreamUnreachable as fault:
                last = fault
                tried.add(replica.url)
                if self._is_retry or not self._may_try_again(replica, tried):
                    raise
                self._is_retry = True
            else:
                if not await self._is_an_old_failure(answer):
                    return await self._counted(answer, charge)
                self._flight = None

    def _next(self, tried: set[str]) -> Replica | None:
        chosen, self._chosen = self._chosen, None
        return (
            self._owner(self._flight, tried)
            or chosen
            or self._parts.pool.choose(self._need, excluding=frozenset(tried))
        )

    def _owner(self, flight: Flight | None, tried: set[str]) -> Replica | None:
        if flight is None:
            return None
        replica = self._parts.pool.owner_of(flight.id)
        if replica is None or replica.url in tried:
            return None
        return None if replica.state == "unhealthy" else replica

    async def _assign(self, replica: Replica) -> Replica:
        """Give it an id; where it runs then, for others may have begun the same."""
        pool, key, flight = self._parts.pool, self._key, self._flight
        self._is_first = False
        if flight is not None and pool.owner_of(flight.id) is replica:
            return replica
        if replica.id is None:
            await pool.probe()
        if replica.id is None:
            if self._is_followed:
                # It could not be found again.
                raise NoConnection(CANNOT_CONNECT)
            self._flight = None
            return replica
        mark = key.fingerprint if key else ""
        new = Flight(new_generation_id(replica.id), self._seed, mark)
        stands = new if key is None else await self._standing(key, new)
        owner = replica if stands.id == new.id else pool.owner_of(stands.id)
        if owner is None:
            stands, owner = new, replica
        self._is_first = stands.id == new.id
        self._flight, self._seed = stands, stands.seed
        return owner

    async def _standing(self, key: FlightKey, new: Flight) -> Flight:
        flights = self._parts.flights
        try:
            if self._flight is None:
                return await flights.begin(key, new)
            return await flights.replace(key, self._flight, new)
        except StoreUnavailable:
            if key.is_promise:
                raise
            return new

    async def _announce(self, charge: Charge) -> None:
        if self._is_followed and self._is_first:
            await self._follow(charge)
        if self._flight is not None and self._on_assigned is not None:
            await self._on_assigned(self._flight.id)

    async def _follow(self, charge: Charge) -> None:
        """Before it is sent: whatever becomes of us, it is settled and told of."""
        assert self._flight is not None
        call, flight = self._call, self._flight
        await charge.hand_over(flight.id)
        await self._parts.followups.begin(flight.id, call.caller, webhook=call.webhook)
        if self._followed_id is not None:
            await self._parts.followups.forget(self._followed_id)
        self._followed_id = flight.id

    async def _unfollow(self, charge: Charge) -> None:
        """No server took it."""
        if self._followed_id is not None:
            await charge.take_back()
            await self._parts.followups.forget(self._followed_id)

    async def _open(self, replica: Replica) -> UpstreamAnswer:
        with ExitStack() as attempt:
            attempt.enter_context(asking(replica.name, self._need.model))
            attempt.enter_context(replica.sends(self._need))
            sent_at_s = self._parts.clock.now()
            answer = await ask(replica, self._upstream_request(), need=self._need)
            self._parts.metrics.first_byte(self._parts.clock.now() - sent_at_s)
            attempt.callback(answer.close)
            self._stack.push(attempt.pop_all())
        return answer

    def _upstream_request(self) -> UpstreamRequest:
        body = self._request.model_copy(update={"seed": self._seed})
        return upstream_request(
            self._call,
            body.model_dump_json(exclude_unset=True).encode(),
            generation_id=self._flight.id if self._flight else None,
            timeout_s=None if self._is_asynchronous else self._deadline.remaining_s,
            is_retry=self._is_retry,
        )

    def _may_try_again(self, replica: Replica, tried: set[str]) -> bool:
        """Elsewhere, or where it broke off before a byte of its answer."""
        other = self._parts.pool.choose(self._need, excluding=frozenset(tried))
        # What a server may have journaled it runs again itself.
        if other is not None and not self._is_asynchronous:
            self._chosen = other
            return self._takes_retry()
        # Under the same id nothing can be done twice.
        self._chosen = replica
        return self._flight is not None and self._takes_retry()

    def _takes_retry(self) -> bool:
        if self._parts.budget.take():
            self._parts.metrics.retried()
            return True
        self._parts.metrics.retry_budget_exhausted()
        return False

    async def _is_an_old_failure(self, answer: UpstreamAnswer) -> bool:
        """Whether the answer is how somebody else's try ended: then it is not ours.

        A failure is told to those who waited for it, and remembered for nobody.
        """
        if answer.status < 400 or self._key is None or self._flight is None:
            return False
        try:
            await self._parts.flights.forget(self._key, self._flight)
        except StoreUnavailable:
            return False
        return answer.header(CACHE_HEADER) == "hit"

    async def _counted(self, answer: UpstreamAnswer, charge: Charge) -> UpstreamAnswer:
        found = answer.header(CACHE_HEADER) or "miss"
        note(
            caller=self._call.caller.id,
            generation=self._flight.id if self._flight else None,
            model=self._request.model,
            prompt_chars=len(self._request.prompt),
            queue_ms=self._queue_ms,
            cache=found,
        )
        self._parts.metrics.reused(found)
        if answer.status >= 400:
            await self._unfollow(charge)
        self.was_painted = answer.status == 200 and found == "miss"
        images = self._request.num_images if self.was_painted else 0

        def delivered() -> None:
            self.is_delivered = True
            charge.delivered(images)
            self._parts.metrics.delivered(images, self._need.cost if images else 0.0)

        return CountedAnswer(answer, delivered)
