"""Who is next, and when everyone is done, on several devices that paint alike. Pure.

The order is that of the batch scheduler, which a replica follows between its steps,
too: here it decides who is sent to a replica at all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from easel.text2image.engine_thread.painting import Painting
from easel.text2image.engine_thread.queue_view import QueueView
from easel.text2image.engines.base import SampleSpec
from easel.text2image.scheduling.batch_scheduler import Batch, BatchScheduler
from easel.text2image.scheduling.cost_table import CostTable
from easel.text2image.scheduling.forecast import forecast
from easel.text2image.scheduling.samples import BatchKey, QueuedSample


class MeasuredElsewhere:
    """Costs that replicas measure: what happens here teaches nothing."""

    def __init__(self, table: CostTable) -> None:
        self.table = table

    def step_s(self, key: BatchKey, rows: int) -> float | None:
        return self.table.step_s(key, rows)

    def overhead_s(self, key: BatchKey) -> float | None:
        return self.table.overhead_s(key)

    def cap_rows(self, key: BatchKey) -> int:
        return self.table.cap_rows(key)

    def learn_step(
        self, key: BatchKey, rows: int, step_s: float, *, wanted_more: bool = False
    ) -> None:
        pass

    def out_of_memory(self, key: BatchKey, rows: int) -> int:
        return self.table.cap_rows(key)


class _Shared:
    """The same, on a device as fast as all of them together."""

    def __init__(self, table: CostTable, devices: int) -> None:
        self._table = table
        self._devices = devices

    def step_s(self, key: BatchKey, rows: int) -> float | None:
        step_s = self._table.step_s(key, rows)
        return None if step_s is None else step_s / self._devices

    def overhead_s(self, key: BatchKey) -> float | None:
        overhead_s = self._table.overhead_s(key)
        return None if overhead_s is None else overhead_s / self._devices

    def cap_rows(self, key: BatchKey) -> int:
        return self._table.cap_rows(key)


class FleetQueue:
    """Every generation that is not finished, at a replica or not yet."""

    def __init__(self, table: CostTable) -> None:
        self._costs = MeasuredElsewhere(table)
        self._scheduler = BatchScheduler(self._costs)
        self._samples: dict[str, list[QueuedSample]] = {}
        self._steps: dict[str, int] = {}
        self._last_number = 0

    @property
    def table(self) -> CostTable:
        return self._costs.table

    def learn(self, table: CostTable) -> None:
        self._costs.table = table

    def join(self, painting: Painting, missing: Iterable[int]) -> None:
        """From its first step; `missing` are the positions of its images to paint."""
        self._last_number = max(self._last_number, painting.number)
        samples = [_queued(painting, painting.specs[index]) for index in missing]
        self._samples[painting.order.id] = samples
        self._steps[painting.order.id] = 0
        for sample in samples:
            self._scheduler.join(sample)

    def leave(self, generation_id: str) -> int:
        """The steps that it still needed. Nothing if it is not here."""
        left = 0
        for sample in self._samples.pop(generation_id, ()):
            if sample.id in self._scheduler:
                left += self._scheduler.remaining_steps(sample.id)
            self._scheduler.leave(sample.id)
        self._steps.pop(generation_id, None)
        return left

    def stepped(
        self, generation_id: str, step: int, *, rows: int, seconds: float, now_s: float
    ) -> None:
        """All its images have made `step` steps, the last in a pass of so many rows."""
        behind = step - self._steps.get(generation_id, step)
        if behind <= 0:
            return
        self._steps[generation_id] = step
        for sample in self._samples[generation_id]:
            batch = Batch(sample.key, (sample,), max(rows, sample.rows))
            for _ in range(behind):
                if sample.id in self._scheduler:
                    self._scheduler.stepped(batch, seconds, now_s)

    def ranked(self, now_s: float) -> list[str]:
        """Ids of the generations that need steps, the next one first."""
        owner = {
            sample.id: generation_id
            for generation_id, samples in self._samples.items()
            for sample in samples
        }
        ranked = self._scheduler.ranked(now_s)
        return list(dict.fromkeys(owner[sample.id] for sample in ranked))

    def work_s(self, now_s: float) -> float | None:
        """Device-seconds of all that is here; None if unknown."""
        return forecast(self._scheduler, self._costs, now_s).backlog_s

    def view(self, now_s: float, *, devices: int, begun: set[str]) -> QueueView:
        """
        Args:
            devices: That paint; at least 1.
            begun: Ids of generations of which a replica has made a step.
        """
        seen = forecast(self._scheduler, _Shared(self.table, devices), now_s)
        etas: dict[str, float | None] = {}
        places: list[tuple[int, str]] = []
        for generation_id, samples in self._samples.items():
            here = [sample for sample in samples if sample.id in seen.places]
            finishes = [seen.places[sample.id].finish_s for sample in here]
            etas[generation_id] = self._eta_s(here, finishes)
            if here and generation_id not in begun:
                place = min(seen.places[sample.id].position for sample in here)
                places.append((place, generation_id))
        return QueueView(
            taken_at_s=now_s,
            last_number=self._last_number,
            etas=etas,
            waiting=tuple(generation_id for _, generation_id in sorted(places)),
            backlog_s=seen.backlog_s,
            costs=self.table,
            outline=seen.outline,
        )

    def _eta_s(
        self, samples: list[QueuedSample], finishes: list[float | None]
    ) -> float | None:
        """However many devices there are, an image is painted on one of them."""
        known = [finish_s for finish_s in finishes if finish_s is not None]
        alone = [self._alone_s(sample) for sample in samples]
        if len(known) < len(finishes) or None in alone:
            return None
        return max([*known, *(each for each in alone if each is not None)], default=0.0)

    def _alone_s(self, sample: QueuedSample) -> float | None:
        left = self._scheduler.remaining_steps(sample.id)
        return self.table.sample_s(sample.key, sample.rows, left)


def no_costs(max_rows: int) -> CostTable:
    """Of a fleet of which nothing is known yet."""
    nothing: Mapping[BatchKey, int] = {}
    return CostTable(
        curves={},
        overheads={},
        caps=nothing,
        knees=nothing,
        ceilings=nothing,
        start_rows=min(2, max_rows),
        max_rows=max_rows,
    )


def _queued(painting: Painting, spec: SampleSpec) -> QueuedSample:
    """Roughly: text length and number format are known to the engine alone."""
    strength = 1.0 if spec.source is None else spec.source.strength
    key = BatchKey(model=painting.model, width=spec.width, height=spec.height)
    return QueuedSample(
        id=spec.id,
        key=replace(key, alone=spec.id) if spec.is_exact else key,
        rows=2 if spec.guidance_scale > 1 else 1,
        steps=max(1, round(spec.num_inference_steps * strength)),
        priority=painting.priority,
        user=painting.user,
        joined_at_s=painting.accepted_at_s,
    )
