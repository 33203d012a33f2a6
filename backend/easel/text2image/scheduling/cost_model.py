"""What device time costs here: learnt from every step, used by all who plan.

One thread learns; the others read the frozen `CostTable` of a snapshot.
"""

from easel.text2image.scheduling.cost_table import CostTable, Curve, costed
from easel.text2image.scheduling.row_cap import RowCap, StepEstimate
from easel.text2image.scheduling.samples import BatchKey

DEFAULT_START_ROWS = 2
DEFAULT_MAX_ROWS = 64

# Arbitrary sizes must not fill the memory; the key that ran longest ago is forgotten.
MAX_KEYS = 256

# Encoding and decoding are measured once a sample, so each measurement counts more
# than that of a step.
_OVERHEAD_LEARNING_RATE = 0.25


class CostModel:
    """Times and row caps by batch key, whoever the samples belong to."""

    def __init__(
        self,
        *,
        start_rows: int = DEFAULT_START_ROWS,
        max_rows: int = DEFAULT_MAX_ROWS,
    ) -> None:
        if min(start_rows, max_rows) < 1:
            raise ValueError("a batch has at least one row")
        self._steps: dict[BatchKey, dict[int, StepEstimate]] = {}
        self._row_caps: dict[BatchKey, RowCap] = {}
        self._overhead_measurements: dict[BatchKey, int] = {}
        self._by_last_use: dict[BatchKey, None] = {}
        self._curves: dict[BatchKey, Curve] = {}
        self._overheads: dict[BatchKey, float] = {}
        self._caps: dict[BatchKey, int] = {}
        self._knees: dict[BatchKey, int] = {}
        self._ceilings: dict[BatchKey, int] = {}
        self._table = CostTable(
            curves=self._curves,
            overheads=self._overheads,
            caps=self._caps,
            knees=self._knees,
            ceilings=self._ceilings,
            start_rows=start_rows,
            max_rows=max_rows,
        )

    def learn_step(
        self, key: BatchKey, rows: int, step_s: float, *, wanted_more: bool = False
    ) -> None:
        """Take in one step.

        Args:
            key: Of the batch.
            rows: Of the batch.
            step_s: How long its forward pass took.
            wanted_more: Whether samples of this key had to be left out of it.
        """
        key = costed(key)
        self._make_room_for(key)
        estimates = self._steps.setdefault(key, {})
        estimates.setdefault(rows, StepEstimate()).learn(step_s)
        if key not in self._row_caps:
            self._row_caps[key] = RowCap(
                start_rows=self._table.first_cap_rows(key),
                max_rows=self._table.max_rows,
            )
        row_cap = self._row_caps[key]
        row_cap.learned(estimates, rows, wanted_more=wanted_more)
        self._tabulate(key, row_cap)

    def learn_overhead(self, key: BatchKey, overhead_s: float) -> None:
        """Take in what one sample took besides its steps.

        The first of a key is replaced by the second: it paid for the warm-up.
        """
        key = costed(key)
        self._make_room_for(key)
        seen = self._overhead_measurements.get(key, 0)
        self._overhead_measurements[key] = seen + 1
        known_s = self._overheads.get(key, overhead_s)
        rate = 1.0 if seen < 2 else max(1 / seen, _OVERHEAD_LEARNING_RATE)
        self._overheads[key] = known_s + rate * (overhead_s - known_s)

    def out_of_memory(self, key: BatchKey, rows: int) -> int:
        """Never again so many rows of this key; the new cap.

        A sample that does not fit alone is for the caller to fail: the cap is 1 at
        least.
        """
        key = costed(key)
        halved = max(1, rows // 2)
        self._ceilings[key] = min(halved, self._ceilings.get(key, halved))
        return self._table.cap_rows(key)

    def step_s(self, key: BatchKey, rows: int) -> float | None:
        return self._table.step_s(key, rows)

    def overhead_s(self, key: BatchKey) -> float | None:
        return self._table.overhead_s(key)

    def sample_s(self, key: BatchKey, rows: int, steps: int) -> float | None:
        return self._table.sample_s(key, rows, steps)

    def cap_rows(self, key: BatchKey) -> int:
        return self._table.cap_rows(key)

    def snapshot(self) -> CostTable:
        """All predictions as of now, for any thread."""
        return CostTable(
            curves=self._curves.copy(),
            overheads=self._overheads.copy(),
            caps=self._caps.copy(),
            knees=self._knees.copy(),
            ceilings=self._ceilings.copy(),
            start_rows=self._table.start_rows,
            max_rows=self._table.max_rows,
        )

    def _tabulate(self, key: BatchKey, row_cap: RowCap) -> None:
        curve = tuple(
            (rows, estimate.step_s)
            for rows, estimate in sorted(self._steps[key].items())
            if estimate.step_s is not None
        )
        if curve:
            self._curves[key] = curve
        self._caps[key] = row_cap.rows
        if row_cap.knee_rows is None:
            self._knees.pop(key, None)
        else:
            self._knees[key] = row_cap.knee_rows

    def _make_room_for(self, key: BatchKey) -> None:
        """Keep the keys in the order of their last use, and only so many."""
        self._by_last_use.pop(key, None)
        self._by_last_use[key] = None
        if len(self._by_last_use) <= MAX_KEYS:
            return
        oldest = next(iter(self._by_last_use))
        for learnt in (
            self._by_last_use,
            self._steps,
            self._row_caps,
            self._overhead_measurements,
            self._curves,
            self._overheads,
            self._caps,
            self._knees,
        ):
            learnt.pop(oldest, None)
