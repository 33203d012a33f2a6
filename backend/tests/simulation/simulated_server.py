"""A server in simulated time: arrivals and true step times in, finish times out."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from statistics import quantiles
from typing import Protocol

from easel.text2image.scheduling.batch_scheduler import Batch, BatchScheduler
from easel.text2image.scheduling.cost_model import CostModel
from easel.text2image.scheduling.samples import BatchKey, QueuedSample

StepTime = Callable[[BatchKey, int], float]
"""True seconds of a step of so many rows."""


class Policy(Protocol):
    """Who runs next: `BatchScheduler`, or what it is compared with."""

    def __len__(self) -> int: ...
    def join(self, sample: QueuedSample) -> None: ...
    def next_batch(self, now_s: float) -> Batch | None: ...
    def stepped(
        self, batch: Batch, step_s: float, now_s: float
    ) -> tuple[QueuedSample, ...]: ...


class RequestBatching:
    """Batches that are made once and run until their longest sample is done.

    With `max_rows` 1 it is first come, first served, one at a time.
    """

    def __init__(self, max_rows: int) -> None:
        self._max_rows = max_rows
        self._waiting: list[QueuedSample] = []
        self._running: Batch | None = None
        self._remaining_steps = 0

    def __len__(self) -> int:
        return len(self._waiting) + (len(self._running.samples) if self._running else 0)

    def join(self, sample: QueuedSample) -> None:
        self._waiting.append(sample)

    def next_batch(self, now_s: float) -> Batch | None:
        if self._running is None and self._waiting:
            self._running = self._gather(self._waiting[0].key)
            self._remaining_steps = max(one.steps for one in self._running.samples)
        return self._running

    def stepped(
        self, batch: Batch, step_s: float, now_s: float
    ) -> tuple[QueuedSample, ...]:
        self._remaining_steps -= 1
        if self._remaining_steps:
            return ()
        self._running = None
        return batch.samples

    def _gather(self, key: BatchKey) -> Batch:
        rows = 0
        samples: list[QueuedSample] = []
        for sample in [one for one in self._waiting if one.key == key]:
            if not samples or rows + sample.rows <= self._max_rows:
                samples.append(sample)
                rows += sample.rows
                self._waiting.remove(sample)
        return Batch(key, tuple(samples), rows)


@dataclass
class Outcome:
    """What came of a simulation. Times in seconds since its start."""

    samples: dict[str, QueuedSample] = field(default_factory=dict)
    finished_s: dict[str, float] = field(default_factory=dict)
    batches: list[Batch] = field(default_factory=list)
    busy_s: float = 0.0
    idle_while_wanted: int = 0

    @property
    def end_s(self) -> float:
        return max(self.finished_s.values())

    @property
    def mean_rows(self) -> float:
        return sum(batch.rows for batch in self.batches) / len(self.batches)

    def latency_s(self, sample_id: str) -> float:
        return self.finished_s[sample_id] - self.samples[sample_id].joined_at_s

    def latencies_s(
        self, wanted: Callable[[QueuedSample], bool] = lambda _: True
    ) -> list[float]:
        return [self.latency_s(one.id) for one in self.samples.values() if wanted(one)]

    def p95_s(self, wanted: Callable[[QueuedSample], bool]) -> float:
        return quantiles(self.latencies_s(wanted), n=20)[-1]


def simulate(
    policy: Policy,
    arrivals: Iterable[QueuedSample],
    step_time: StepTime,
    *,
    overhead_s: float = 0.0,
    costs: CostModel | None = None,
    until_s: float = float("inf"),
) -> Outcome:
    """Run until all is done, or `until_s`.

    Args:
        policy: Under test; empty, or holding what is to be run first.
        arrivals: Each joins at its `joined_at_s`, or after the step that runs then.
        step_time: The truth that the policy has to learn.
        overhead_s: After its last step each sample holds the device for so long.
        costs: Taught the overheads.
        until_s: Arrivals may be endless.
    """
    outcome, now_s = Outcome(), 0.0
    coming = iter(arrivals)
    following = next(coming, None)
    while now_s < until_s:
        while following is not None and following.joined_at_s <= now_s:
            policy.join(following)
            outcome.samples[following.id] = following
            following = next(coming, None)
        batch = policy.next_batch(now_s)
        if batch is None:
            outcome.idle_while_wanted += len(policy) > 0
            if following is None:
                break
            now_s = following.joined_at_s
            continue
        step_s = step_time(batch.key, batch.rows)
        now_s += step_s
        outcome.busy_s += step_s
        outcome.batches.append(batch)
        for sample in policy.stepped(batch, step_s, now_s):
            now_s += overhead_s
            outcome.busy_s += overhead_s
            outcome.finished_s[sample.id] = now_s
            if costs is not None:
                costs.learn_overhead(sample.key, overhead_s)
    return outcome


def poisson(
    random: Random,
    rate: float,
    count: int,
    sample: Callable[[Random, int, float], QueuedSample],
) -> list[QueuedSample]:
    """Open-loop arrivals, `rate` a second: `sample(random, place, joined_at_s)`."""
    now_s, arrivals = 0.0, []
    for place in range(count):
        now_s += random.expovariate(rate)
        arrivals.append(sample(random, place, now_s))
    return arrivals


def taught(step_time: StepTime, keys: Iterable[BatchKey]) -> CostModel:
    """A cost model that has found every knee already, as after a busy day."""
    costs = CostModel()
    for key in keys:
        for rows in (1, 2):
            for _ in range(4):
                costs.learn_step(key, rows, step_time(key, rows))
        for _ in range(40):
            rows = costs.cap_rows(key)
            costs.learn_step(key, rows, step_time(key, rows))
    return costs


def scheduler_for(step_time: StepTime, keys: Iterable[BatchKey]) -> BatchScheduler:
    return BatchScheduler(taught(step_time, keys))
