"""When each sample will have its image, if nobody else comes.

Plays the queue forward from finish to finish: in order of rank, with the shared
forward passes that the caps allow. Decides nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol

from easel.contract.generations import Priority
from easel.text2image.scheduling.batch_scheduler import Account, BatchScheduler
from easel.text2image.scheduling.cost_table import costed
from easel.text2image.scheduling.fair_share import Standing
from easel.text2image.scheduling.outline import (
    Outline,
    PlannedWork,
    Turn,
    outline,
)
from easel.text2image.scheduling.samples import BatchKey, QueuedSample


class Costs(Protocol):
    """A `CostModel` or a `CostTable`."""

    def step_s(self, key: BatchKey, rows: int) -> float | None: ...
    def overhead_s(self, key: BatchKey) -> float | None: ...
    def cap_rows(self, key: BatchKey) -> int: ...


class _Prices:
    """The same questions, each asked once: hundreds of samples have few shapes."""

    def __init__(self, costs: Costs) -> None:
        self._step_s = cache(costs.step_s)
        self._overhead_s = cache(costs.overhead_s)
        self._cap_rows = cache(costs.cap_rows)
        self._shape = cache(costed)

    def step_s(self, key: BatchKey, rows: int) -> float | None:
        return self._step_s(self._shape(key), rows)

    def overhead_s(self, key: BatchKey) -> float | None:
        return self._overhead_s(self._shape(key))

    def cap_rows(self, key: BatchKey) -> int:
        return self._cap_rows(self._shape(key))


@dataclass(frozen=True, slots=True)
class Expectation:
    """Of one sample.

    Attributes:
        position: 1 is served first.
        finish_s: Seconds from now to its image; None if unknown.
    """

    position: int
    finish_s: float | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """Of all samples.

    Attributes:
        places: By sample id.
        backlog_s: Seconds until all of it is done; None if unknown.
        outline: Of the order, for who would join; unknown costs count as nothing.
    """

    places: Mapping[str, Expectation]
    backlog_s: float | None
    outline: Outline = field(default_factory=Outline)


def forecast(scheduler: BatchScheduler, costs: Costs, now_s: float) -> Forecast:
    """Promotions and the learning of costs are left out of account."""
    prices = _Prices(costs)
    standings = scheduler.standings()
    planned = _by_turn(scheduler, prices, standings, now_s)
    order = [sample for _, sample in planned]
    finish_s = _finishes(order, scheduler, prices)
    places = {
        sample.id: Expectation(position, finish_s.get(sample.id))
        for position, sample in enumerate(order, start=1)
    }
    is_known = len(finish_s) == len(order)
    return Forecast(
        places,
        max(finish_s.values(), default=0.0) if is_known else None,
        outline([work for work, _ in planned], standings, scheduler),
    )


def _by_turn(
    scheduler: BatchScheduler,
    costs: Costs,
    standings: Mapping[Priority, Standing],
    now_s: float,
) -> list[tuple[PlannedWork, QueuedSample]]:
    """By rank, each user's samples in the buckets where he will be by then."""
    ranked = scheduler.ranked(now_s)
    rows_of: dict[BatchKey, int] = {}
    for sample in ranked:
        rows_of[sample.key] = rows_of.get(sample.key, 0) + sample.rows
    price_of = {
        key: (_row_s(costs, key, rows), costs.overhead_s(key) or 0.0)
        for key, rows in rows_of.items()
    }
    before_s: dict[Account, float] = {}
    planned = []
    for sample in ranked:
        account = sample.priority, sample.user
        served_s = before_s.get(account, 0.0)
        turn = Turn(
            scheduler.priority_class(sample, now_s),
            standings[sample.priority].bucket(sample.user, served_s),
            scheduler.aged_s(sample.id),
        )
        row_s, overhead_s = price_of[sample.key]
        steps_s = row_s * sample.rows * scheduler.remaining_steps(sample.id)
        before_s[account] = served_s + steps_s
        work = PlannedWork(turn, account, steps_s, steps_s + overhead_s)
        planned.append((work, sample))
    # Stable: whose turns are equal stay as they are ranked.
    return sorted(planned, key=lambda one: one[0].turn)


def _row_s(costs: Costs, key: BatchKey, rows: int) -> float:
    """Device-seconds of one row for one step, when all of the key share."""
    shared = min(rows, costs.cap_rows(key))
    return (costs.step_s(key, shared) or 0.0) / shared


class _Line:
    """The samples of one key that wait for their images, in order."""

    def __init__(self, cap_rows: int) -> None:
        self.cap_rows = cap_rows
        self.waiting: dict[str, QueuedSample] = {}

    def batch(self) -> tuple[list[QueuedSample], int]:
        """The first of them, and who fits beside it; and their rows."""
        room = max(self.cap_rows, next(iter(self.waiting.values())).rows)
        rows = 0
        samples: list[QueuedSample] = []
        for sample in self.waiting.values():
            if rows + sample.rows <= room:
                samples.append(sample)
                rows += sample.rows
            if rows == room:
                break
        return samples, rows


def _finishes(
    order: list[QueuedSample], scheduler: BatchScheduler, costs: Costs
) -> dict[str, float]:
    """Seconds to each image; ends before the first one whose cost is unknown."""
    steps = {sample.id: scheduler.remaining_steps(sample.id) for sample in order}
    lines: dict[BatchKey, _Line] = {}
    for sample in order:
        if sample.key not in lines:
            lines[sample.key] = _Line(costs.cap_rows(sample.key))
        lines[sample.key].waiting[sample.id] = sample
    finish_s: dict[str, float] = {}
    now_s = 0.0
    for leader in order:
        line = lines[leader.key]
        while leader.id not in finish_s:
            samples, rows = line.batch()
            step_s = costs.step_s(leader.key, rows)
            if step_s is None:
                return finish_s
            # Nothing changes until the first of them is done.
            together = min(steps[sample.id] for sample in samples)
            now_s += together * step_s
            for sample in samples:
                steps[sample.id] -= together
                if not steps[sample.id]:
                    now_s += costs.overhead_s(sample.key) or 0.0
                    finish_s[sample.id] = now_s
                    del line.waiting[sample.id]
    return finish_s
