"""What those are told who are not let in."""

from collections.abc import Callable

from easel.errors import (
    DeadlineUnreachable,
    EvictedFromQueue,
    QueueFull,
    QueueTimeout,
    ServerStopping,
    ServiceError,
)
from easel.gateway.admission.occupancy import Entry, Occupancy
from easel.gateway.admission.pace import retry_after_s
from easel.gateway.admission.tickets import Ticket
from easel.gateway.upstream import TIMED_OUT, UNAVAILABLE


def refusal(
    entry: Entry,
    ticket: Ticket,
    occupancy: Occupancy,
    now_s: float,
    random: Callable[[], float],
) -> ServiceError:
    """Why this ticket, which neither entered nor waits, was refused."""
    match entry:
        case "closed":
            return ServerStopping(
                f"{UNAVAILABLE}: this gateway is being drained and takes no new "
                "generation.",
                retry_after_s=retry_after_s(None, random),
            )
        case "too_late":
            return _too_late(ticket, occupancy, now_s, random)
        case _:
            return QueueFull(
                f"{UNAVAILABLE}: {_full(occupancy)}.",
                retry_after_s=retry_after_s(occupancy.next_entry_s(now_s), random),
            )


def displaced(
    occupancy: Occupancy, now_s: float, random: Callable[[], float]
) -> ServiceError:
    """Why a ticket that waited does so no longer."""
    return EvictedFromQueue(
        f"{UNAVAILABLE}: {_full(occupancy)}, and a fairer claim took this one's place.",
        retry_after_s=retry_after_s(occupancy.next_entry_s(now_s), random),
    )


def turn_did_not_come(ticket: Ticket) -> ServiceError:
    return QueueTimeout(
        f"{TIMED_OUT}: its turn did not come within {ticket.deadline_s:.3g} s."
    )


def _too_late(
    ticket: Ticket, occupancy: Occupancy, now_s: float, random: Callable[[], float]
) -> ServiceError:
    predicted_s = occupancy.predicted_s(ticket, now_s)
    assert predicted_s is not None, "refused by a prediction"
    return DeadlineUnreachable(
        f"{UNAVAILABLE}: the generation would take about {predicted_s:.3g} s and has "
        f"{ticket.deadline_s:.3g} s.",
        # After that long so much less is waiting before it.
        retry_after_s=retry_after_s(predicted_s - ticket.deadline_s, random),
    )


def _full(occupancy: Occupancy) -> str:
    state = occupancy.state()
    return (
        f"the gateway is full (its limits are {state.max_inside} in flight and "
        f"{state.max_waiting} waiting)"
    )
