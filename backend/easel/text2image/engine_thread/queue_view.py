"""How the queue stands, as the engine's thread last saw it: for the event loop to read.

Immutable. Generations accepted since are not in it; `later` prices them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from easel.text2image.scheduling.cost_table import CostTable
from easel.text2image.scheduling.forecast import Forecast
from easel.text2image.scheduling.outline import Outline


class Named(Protocol):
    @property
    def id(self) -> str: ...


class Queued(Protocol):
    """What is looked at of a `Painting`."""

    @property
    def order(self) -> Named: ...

    @property
    def runs(self) -> Mapping[str, object]:
        """By the ids of its samples that are not finished."""
        ...

    @property
    def has_started(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class QueueView:
    """
    Args:
        taken_at_s: By the runner's clock.
        last_number: Of the newest painting that it knows of.
        etas: Seconds to the images by generation id; None if unknown.
        waiting: Ids of those that have not begun, the next one first.
        backlog_s: Seconds until all of it is done; None if unknown.
        costs: What device time costs.
        outline: Who is served before somebody who joins now.
    """

    taken_at_s: float
    last_number: int
    etas: Mapping[str, float | None] = field(default_factory=dict)
    waiting: tuple[str, ...] = ()
    backlog_s: float | None = 0.0
    costs: CostTable | None = None
    outline: Outline = field(default_factory=Outline)


def queue_view(
    paintings: Iterable[Queued],
    unplanned: Iterable[Queued],
    forecast: Forecast,
    costs: CostTable,
    *,
    now_s: float,
    last_number: int,
) -> QueueView:
    """What `forecast` says of samples, said of generations.

    Args:
        paintings: Whose samples are in the forecast, finished ones aside.
        unplanned: Those that wait for their model, in the order of their coming.
    """
    etas: dict[str, float | None] = {}
    places: list[tuple[int, str]] = []
    for painting in paintings:
        here = [
            forecast.places[sample_id]
            for sample_id in painting.runs
            if sample_id in forecast.places
        ]
        finishes = [place.finish_s for place in here]
        known = [finish_s for finish_s in finishes if finish_s is not None]
        all_known = len(known) == len(finishes)
        etas[painting.order.id] = max(known, default=0.0) if all_known else None
        if here and not painting.has_started:
            places.append((min(place.position for place in here), painting.order.id))
    waiting = [generation_id for _, generation_id in sorted(places)]
    later = [painting.order.id for painting in unplanned]
    return QueueView(
        taken_at_s=now_s,
        last_number=last_number,
        etas=etas | dict.fromkeys(later),
        waiting=(*waiting, *later),
        backlog_s=None if later else forecast.backlog_s,
        costs=costs,
        outline=forecast.outline,
    )
