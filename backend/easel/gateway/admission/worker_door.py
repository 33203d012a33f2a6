"""One worker's side of the door: its tickets wait here, whoever lets them in.

The decisions are `Occupancy`'s. Where that is kept is left to the two kinds of door.
"""

import asyncio
import logging
import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from types import TracebackType
from typing import TypeVar

from easel.clock import Clock
from easel.errors import ServiceError, StoreUnavailable
from easel.gateway.admission.door import DoorState
from easel.gateway.admission.occupancy import Occupancy
from easel.gateway.admission.refusals import displaced, refusal, turn_did_not_come
from easel.gateway.admission.tickets import Passage, Place, Ticket
from easel.gateway.admission.waiter import Waiter
from easel.gateway.calls import OnPlace

log = logging.getLogger(__name__)

# Between two looks at what time has changed while somebody waits: places, and what
# another worker's death or a lost message kept from us.
_LOOK_S = 0.5

_Result = TypeVar("_Result")
# What is done with the occupancy, at a time.
_Act = Callable[[Occupancy, float], _Result]


class WorkerDoor(ABC):
    """A `Door`; everything in here runs on the event loop and never awaits halfway."""

    def __init__(self, worker: str, clock: Clock, random: Callable[[], float]) -> None:
        self._worker = worker
        self._clock = clock
        self._random = random
        self._waiters: dict[str, Waiter] = {}
        # What could not be written yet. It is never given up: places would be lost.
        self._owed: list[_Act[None]] = []
        self._next_look: asyncio.TimerHandle | None = None
        self._has_gone = False

    @abstractmethod
    def _changing(self) -> AbstractContextManager[Occupancy]:
        """The occupancy, ours alone until the block is left; then it is kept.

        Raises:
            StoreUnavailable: nothing has changed.
        """

    @abstractmethod
    def _as_it_is(self) -> Occupancy:
        """To look at only. Raises StoreUnavailable."""

    @abstractmethod
    def _sweep(self, occupancy: Occupancy, now_s: float) -> None:
        """Take out the dead."""

    def state(self) -> DoorState:
        return self._as_it_is().state()

    @property
    def is_closed(self) -> bool:
        return self._as_it_is().is_closed

    def close(self) -> None:
        """Let nobody else in or into the queue; who waits is still let in.

        Raises:
            StoreUnavailable: it is not closed.
        """

        def close(occupancy: Occupancy, now_s: float) -> None:
            occupancy.is_closed = True

        self._change(close)

    def set_limits(self, max_inside: int, max_waiting: int) -> None:
        """From now on. Who is inside or waits already is not affected by lower ones.

        Raises:
            StoreUnavailable: they are as they were.
        """
        self._change(
            lambda occupancy, now_s: occupancy.set_limits(
                max_inside, max_waiting, now_s
            )
        )

    def pass_through(
        self, ticket: Ticket, *, on_place: OnPlace | None = None
    ) -> "_Passing":
        """See `Door.pass_through`."""
        return _Passing(self, ticket, on_place)

    def look(self) -> None:
        """See what time has changed. It is called twice a second while tickets wait."""

        def survey(occupancy: Occupancy, now_s: float) -> dict[str, Place]:
            self._sweep(occupancy, now_s)
            if any(waiter.wants_places for waiter in self._waiters.values()):
                return occupancy.places(now_s)
            return {}

        try:
            places = self._change(survey)
        except StoreUnavailable as error:
            log.warning("the queue's state cannot be written: %s", error.__cause__)
            return
        now_s = self._clock.now()
        for ticket_id, waiter in list(self._waiters.items()):
            if ticket_id in places:
                waiter.stands_at(places[ticket_id], now_s)

    async def enter(self, ticket: Ticket, on_place: OnPlace | None) -> float:
        """When it was let in; `leave` must follow. Raises as `pass_through`."""

        def arrive(
            occupancy: Occupancy, now_s: float
        ) -> float | ServiceError | dict[str, Place]:
            if not occupancy.has_place:
                self._sweep(occupancy, now_s)
            entry = occupancy.enter(ticket, self._worker, now_s)
            if entry == "inside":
                return now_s
            if entry == "waiting":
                return occupancy.places(now_s) if on_place else {}
            return refusal(entry, ticket, occupancy, now_s, self._random)

        outcome = self._change(arrive)
        if isinstance(outcome, ServiceError):
            raise outcome
        if isinstance(outcome, float):
            return outcome
        return await self._wait(ticket, Waiter(on_place), outcome.get(ticket.id))

    async def _wait(self, ticket: Ticket, waiter: Waiter, place: Place | None) -> float:
        self._waiters[ticket.id] = waiter
        self._look_later()
        endless = math.isinf(ticket.deadline_s)
        try:
            if place is not None:
                waiter.stands_at(place, self._clock.now())
            async with asyncio.timeout(None if endless else ticket.deadline_s):
                outcome = await waiter.outcome()
        except BaseException as error:
            self._give_up(ticket, waiter)
            if isinstance(error, TimeoutError):
                raise turn_did_not_come(ticket) from None
            raise
        if isinstance(outcome, ServiceError):
            raise outcome
        return outcome

    def _give_up(self, ticket: Ticket, waiter: Waiter) -> None:
        """The wait was broken off, perhaps in the moment in which it was over."""
        if waiter.verdict is None:
            del self._waiters[ticket.id]
            self._owe(
                lambda occupancy, now_s: occupancy.withdraw(ticket, self._worker, now_s)
            )
        elif not isinstance(waiter.verdict, ServiceError):
            self.leave(ticket, waiter.verdict, is_lesson=False)

    def leave(self, ticket: Ticket, entered_at_s: float, *, is_lesson: bool) -> None:
        """Free its place.

        Args:
            ticket: As it was entered with.
            entered_at_s: When it was let in.
            is_lesson: Whether it took what such a ticket takes.
        """
        took_s = self._clock.now() - entered_at_s if is_lesson else None
        self._owe(
            lambda occupancy, now_s: occupancy.leave(
                self._worker, ticket.cost, entered_at_s, now_s, took_s=took_s
            )
        )

    def _owe(self, act: _Act[None]) -> None:
        """Do it now, or as soon as it can be done."""
        self._owed.append(act)
        self._catch_up()

    def _catch_up(self) -> None:
        """Write what is owed and read what there is for us, now or a little later."""
        try:
            self._change(_nothing)
        except StoreUnavailable:
            self._look_later()

    def _change(self, act: _Act[_Result]) -> _Result:
        """Raises StoreUnavailable: nothing has changed, here or elsewhere."""
        now_s = self._clock.now()
        with self._changing() as occupancy:
            for owed in self._owed:
                owed(occupancy, now_s)
            result = act(occupancy, now_s)
            verdicts = occupancy.take_verdicts(self._worker)
        self._owed.clear()
        for ticket_id, entered_at_s in verdicts.items():
            verdict = (
                displaced(occupancy, now_s, self._random)
                if entered_at_s is None
                else entered_at_s
            )
            self._waiters.pop(ticket_id).tell(verdict)
        return result

    def _look_later(self) -> None:
        if self._next_look or self._has_gone:
            return
        if self._waiters or self._owed:
            loop = asyncio.get_running_loop()
            self._next_look = loop.call_later(_LOOK_S, self._look_again)

    def _go(self) -> None:
        """Nothing can be shared from now on."""
        self._has_gone = True
        if self._next_look is not None:
            self._next_look.cancel()

    def _look_again(self) -> None:
        self._next_look = None
        try:
            self.look()
        finally:
            self._look_later()


class _Passing(AbstractAsyncContextManager[Passage]):
    """No generator: every generation passes here, and those are slow to begin."""

    def __init__(
        self, door: WorkerDoor, ticket: Ticket, on_place: OnPlace | None
    ) -> None:
        self._door = door
        self._ticket = ticket
        self._on_place = on_place
        self._passage = Passage()
        self._entered_at_s = 0.0

    async def __aenter__(self) -> Passage:
        self._entered_at_s = await self._door.enter(self._ticket, self._on_place)
        return self._passage

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        is_lesson = exc_type is None and self._passage.is_typical
        self._door.leave(self._ticket, self._entered_at_s, is_lesson=is_lesson)


def _nothing(occupancy: Occupancy, now_s: float) -> None:
    """There is only something owed, or something to be told."""
