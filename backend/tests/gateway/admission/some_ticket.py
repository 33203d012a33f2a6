from itertools import count

from easel.contract.generations import Priority
from easel.gateway.admission.tickets import Ticket

_numbers = count(1)


def some_ticket(
    caller: str = "ann",
    *,
    id: str | None = None,
    cost: float = 1.0,
    weight: float = 1.0,
    priority: Priority = "interactive",
    deadline_s: float = 300.0,
) -> Ticket:
    return Ticket(
        id=id or f"{caller}-{next(_numbers)}",
        caller=caller,
        weight=weight,
        cost=cost,
        priority=priority,
        deadline_s=deadline_s,
    )
