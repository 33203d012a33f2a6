"""What a generation asks of the server that takes it. Pure value."""

from collections.abc import Callable
from dataclasses import dataclass, field

from easel.contract.models import ModelDocument


@dataclass(frozen=True, slots=True)
class Need:
    """What a generation asks of a replica.

    Attributes:
        model: Its id; None for the replica's default.
        cost: Megapixels x steps x images x the model's weight.
        blame: Equal for generations that may fail for the same reason, such as a hash
            of the request; None: unlike any other.
        fits: Whether a model as a replica describes it can honour all of the request;
            two of one id may differ, where their servers are of different makes.
    """

    model: str | None
    cost: float
    blame: str | None = None
    fits: Callable[[ModelDocument], bool] = field(default=lambda _: True, compare=False)
