"""Decides which samples share the next step.

Whose turn it is: priority class, then fair share of the device, then least remaining
work with ageing. The first of that order leads; samples of its batch key fill the
forward pass up to the measured knee. Owned by one thread; knows no engine.
"""

from dataclasses import dataclass
from heapq import heapify, heappop
from typing import Protocol

from easel.contract.generations import Priority
from easel.text2image.scheduling.cost_table import costed
from easel.text2image.scheduling.fair_share import FairShare, Standing
from easel.text2image.scheduling.samples import PRIORITIES, BatchKey, QueuedSample

# A sample whose model was never measured is compared by its size, as if by a GPU that
# takes a quarter of a second for a step of 512 x 512.
_UNMEASURED_S_PER_PIXEL = 1e-6

# Seconds of work that a second of waiting outweighs. Simulated at 70 % load without
# any gain from batching, the 95th percentile of short samples is 1.6 to 5.6 times as
# long with 0.25, and that of the long ones at most a fifth shorter.
DEFAULT_AGEING = 0.1

DEFAULT_PROMOTE_AFTER_S = 60.0

_CLASSES = {priority: place for place, priority in enumerate(PRIORITIES)}

# On which the fair share of the device is kept: a class and a user.
Account = tuple[Priority, str]

# Class, fair-share bucket, `aged_s`, time of joining, id: smallest first.
Rank = tuple[int, int, float, float, str]


class LearningCosts(Protocol):
    """A `CostModel`, or what is measured elsewhere."""

    def step_s(self, key: BatchKey, rows: int) -> float | None: ...
    def overhead_s(self, key: BatchKey) -> float | None: ...
    def cap_rows(self, key: BatchKey) -> int: ...
    def learn_step(
        self, key: BatchKey, rows: int, step_s: float, *, wanted_more: bool = False
    ) -> None: ...
    def out_of_memory(self, key: BatchKey, rows: int) -> int: ...


@dataclass(frozen=True, slots=True)
class Batch:
    """Samples of one key that make a step together; the first leads."""

    key: BatchKey
    samples: tuple[QueuedSample, ...]
    rows: int


@dataclass(slots=True)
class _Cost:
    """Of one sample alone: shared by all of one shape and number of rows."""

    step_s: float = 0.0
    overhead_s: float = 0.0
    samples: int = 0


@dataclass(slots=True)
class _Place:
    """A sample that is here."""

    sample: QueuedSample
    remaining_steps: int
    cost: _Cost


class BatchScheduler:
    """All samples that still need steps.

    After a step its samples have less work left, so whoever runs keeps his place
    before his equals: jobs of one kind finish one after the other, cap by cap, rather
    than all together at the end.
    """

    def __init__(
        self,
        costs: LearningCosts,
        *,
        quantum_s: float = 2.0,
        ageing: float = DEFAULT_AGEING,
        promote_after_s: float = DEFAULT_PROMOTE_AFTER_S,
    ) -> None:
        """
        Args:
            costs: Asked for times and caps, and taught by every step.
            quantum_s: Device-seconds by which a user may be ahead before others of
                his class take their turn.
            ageing: Seconds of work that a second of waiting outweighs, above 0.
            promote_after_s: A sample rises by a class each time it has waited so long.
        """
        if ageing <= 0:
            raise ValueError("without ageing, long work may wait forever")
        self.ageing = ageing
        self.promote_after_s = promote_after_s
        self._costs = costs
        self._places: dict[str, _Place] = {}
        self._by_key: dict[BatchKey, dict[str, _Place]] = {}
        # A share for each class: who waits in a lower one saves up no claim there.
        self._shares = {priority: FairShare(quantum_s) for priority in PRIORITIES}
        self._samples_of: dict[Account, int] = {}
        self._alone: dict[tuple[BatchKey, int], _Cost] = {}

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, sample_id: str) -> bool:
        return sample_id in self._places

    def join(self, sample: QueuedSample) -> None:
        """Raises ValueError if its id is here already, or it needs no step or row."""
        if sample.id in self._places:
            raise ValueError(f"sample {sample.id} is here already")
        if sample.steps < 1 or sample.rows < 1:
            raise ValueError(f"sample {sample.id} has nothing to compute")
        self._shares[sample.priority].activate(sample.user)
        account = sample.priority, sample.user
        self._samples_of[account] = self._samples_of.get(account, 0) + 1
        shape = costed(sample.key), sample.rows
        cost = self._alone.setdefault(shape, _Cost())
        if not cost.samples:
            self._price(shape, cost)
        cost.samples += 1
        place = _Place(sample, sample.steps, cost)
        self._places[sample.id] = place
        self._by_key.setdefault(sample.key, {})[sample.id] = place

    def leave(self, sample_id: str) -> None:
        """It is finished, cancelled or has failed. Nothing if it is not here."""
        place = self._places.pop(sample_id, None)
        if place is None:
            return
        sample = place.sample
        del self._by_key[sample.key][sample_id]
        if not self._by_key[sample.key]:
            del self._by_key[sample.key]
        place.cost.samples -= 1
        if not place.cost.samples:
            del self._alone[costed(sample.key), sample.rows]
        account = sample.priority, sample.user
        self._samples_of[account] -= 1
        if not self._samples_of[account]:
            del self._samples_of[account]
            self._shares[sample.priority].deactivate(sample.user)

    def next_batch(self, now_s: float) -> Batch | None:
        """Who makes the next step; None only if nobody is here. Changes nothing."""
        if not self._places:
            return None
        ranks = self._ranks(now_s)
        leader = self._places[min(ranks)[-1]].sample
        peers = self._by_key[leader.key]
        room = max(self._costs.cap_rows(leader.key), leader.rows)
        rows, samples = 0, []
        # Taken off a heap, for only as many as fit need to be in order.
        waiting = [rank for rank in ranks if rank[-1] in peers]
        heapify(waiting)
        while waiting and rows < room:
            sample = peers[heappop(waiting)[-1]].sample
            if rows + sample.rows <= room:
                samples.append(sample)
                rows += sample.rows
        return Batch(leader.key, tuple(samples), rows)

    def stepped(
        self, batch: Batch, step_s: float, now_s: float
    ) -> tuple[QueuedSample, ...]:
        """Account for a step that the batch has made.

        Args:
            batch: As it ran; who has left meanwhile is passed over.
            step_s: How long its forward pass took.
            now_s: When it ended.

        Returns:
            Those whose last step it was. They have left.
        """
        peers = self._by_key.get(batch.key, {})
        self._costs.learn_step(
            batch.key, batch.rows, step_s, wanted_more=len(peers) > len(batch.samples)
        )
        for shape, cost in self._alone.items():
            if shape[0].model == batch.key.model:
                self._price(shape, cost)
        for sample in batch.samples:
            share_s = step_s * sample.rows / batch.rows
            self._shares[sample.priority].charge(sample.user, share_s)
        return tuple(sample for sample in batch.samples if self._is_done(sample))

    def out_of_memory(self, batch: Batch) -> None:
        """The batch did not fit: its samples stay, and fewer of them run at a time."""
        self._costs.out_of_memory(batch.key, batch.rows)

    def remaining_steps(self, sample_id: str) -> int:
        """Raises KeyError if it is not here."""
        return self._places[sample_id].remaining_steps

    def ranked(self, now_s: float) -> list[QueuedSample]:
        """All who are here, the next one first."""
        return [self._places[rank[-1]].sample for rank in sorted(self._ranks(now_s))]

    def aged_s(self, sample_id: str) -> float:
        """Seconds of its work alone, and for having joined later: the least first.

        Time does not change it. Raises KeyError if it is not here.
        """
        return self._aged_s(self._places[sample_id])

    def priority_class(self, sample: QueuedSample, now_s: float) -> int:
        """0 is served first. Rises with waiting, so that nobody waits forever."""
        own = _CLASSES[sample.priority]
        if not own:
            return own
        waited_s = now_s - sample.joined_at_s
        return min(own, max(0, own - int(waited_s / self.promote_after_s)))

    def standings(self) -> dict[Priority, Standing]:
        """How the users of each class stand now."""
        return {priority: share.standing() for priority, share in self._shares.items()}

    def _ranks(self, now_s: float) -> list[Rank]:
        bucket_of = {
            (priority, user): self._shares[priority].bucket(user)
            for priority, user in self._samples_of
        }
        ranks = []
        for place in self._places.values():
            sample = place.sample
            ranks.append(
                (
                    self.priority_class(sample, now_s),
                    bucket_of[sample.priority, sample.user],
                    self._aged_s(place),
                    sample.joined_at_s,
                    sample.id,
                )
            )
        return ranks

    def _aged_s(self, place: _Place) -> float:
        cost = place.cost
        work_s = place.remaining_steps * cost.step_s + cost.overhead_s
        # Who waits gains on those who are yet to come, not on those who wait with him.
        return work_s + self.ageing * place.sample.joined_at_s

    def _is_done(self, sample: QueuedSample) -> bool:
        place = self._places.get(sample.id)
        if place is None:
            return False
        place.remaining_steps -= 1
        if place.remaining_steps:
            return False
        self.leave(sample.id)
        return True

    def _price(self, shape: tuple[BatchKey, int], cost: _Cost) -> None:
        key, rows = shape
        step_s = self._costs.step_s(key, rows)
        if step_s is None:
            step_s = _UNMEASURED_S_PER_PIXEL * key.pixels * rows
        cost.step_s = step_s
        cost.overhead_s = self._costs.overhead_s(key) or 0.0
