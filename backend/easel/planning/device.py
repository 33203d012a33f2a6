"""What a device takes for its work: measured by a server, or told by hand."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from easel.contract.costs import CostsDocument
from easel.planning.kinds import Kind
from easel.text2image.scheduling.cost_model import CostModel
from easel.text2image.scheduling.cost_table import CostTable, Curve, at_rows
from easel.text2image.scheduling.row_cap import MIN_MEASUREMENTS
from easel.text2image.scheduling.samples import BatchKey

# More than enough steps for the search of the knee to come to its end.
_MOST_LESSONS = 200


class UnknownTimes(ValueError):
    """Nothing is known of a model; says of which."""


@dataclass(frozen=True, slots=True)
class Device:
    """All devices of a fleet are alike.

    Attributes:
        table: Seconds of steps and of the rest, and how many rows are best.
        turn_s: What each step takes beside the device: who is next, places, news.
        encode_share: Of what an image takes beside its steps, the part before them.
        load_s: Seconds until a model that is not on the device is there.
        models_at_once: How many fit on it.
    """

    table: CostTable
    turn_s: float = 0.0
    encode_share: float = 0.1
    load_s: Mapping[str, float] = field(default_factory=dict)
    models_at_once: int = 1

    def step_s(self, key: BatchKey, rows: int) -> float:
        """Raises UnknownTimes."""
        step_s = self.table.step_s(key, rows)
        if step_s is None:
            raise UnknownTimes(f"no step times are known of the model {key.model!r}")
        return step_s

    def overhead_s(self, key: BatchKey) -> float:
        return self.table.overhead_s(key) or 0.0

    def work_s(self, kind: Kind) -> float:
        """Device-seconds of one generation in full batches: the least it can take.

        Raises:
            UnknownTimes: of its model.
        """
        cap = max(kind.rows, self.table.cap_rows(kind.key))
        shared = cap // kind.rows
        step_s = (self.step_s(kind.key, shared * kind.rows) + self.turn_s) / shared
        return kind.images * (kind.steps * step_s + self.overhead_s(kind.key))

    def images_at_once(self, kind: Kind) -> int:
        """Of a full batch."""
        return max(1, self.table.cap_rows(kind.key) // kind.rows)

    def costs(self) -> CostModel:
        """What a server has learnt after a busy day; it learns on."""
        costs = CostModel(start_rows=1, max_rows=self.table.max_rows)
        for key, curve in self.table.curves.items():
            for rows, step_s in curve:
                for _ in range(MIN_MEASUREMENTS + 1):
                    costs.learn_step(key, rows, step_s)
            _search(costs, key, self.step_s)
        for key, overhead_s in self.table.overheads.items():
            costs.learn_overhead(key, overhead_s)
        return costs


def table_of(
    curves: Mapping[BatchKey, Curve],
    overheads: Mapping[BatchKey, float],
    *,
    max_rows: int,
    caps: Mapping[BatchKey, int] | None = None,
) -> CostTable:
    """
    Args:
        curves: Seconds of a step by rows, growing.
        overheads: Seconds of all but the steps, for one image.
        max_rows: The operator's limit.
        caps: The rows that a batch may have, where a server has found them; the
            search that it would make finds the others.
    """
    known = dict(caps or {})
    for key in curves:
        if key not in known:
            known[key] = _found_cap(key, curves, max_rows)
    capped = {key: min(rows, max_rows) for key, rows in known.items()}
    return CostTable(
        curves=dict(curves),
        overheads=dict(overheads),
        caps=capped,
        knees=capped,
        ceilings={},
        start_rows=min(2, max_rows),
        max_rows=max_rows,
    )


def _found_cap(key: BatchKey, curves: Mapping[BatchKey, Curve], max_rows: int) -> int:
    """What the server's own search ends with."""
    costs = CostModel(start_rows=1, max_rows=max_rows)
    _search(costs, key, lambda key, rows: at_rows(curves[key], rows))
    return costs.cap_rows(key)


def _search(
    costs: CostModel, key: BatchKey, step_s: Callable[[BatchKey, int], float]
) -> None:
    """Full batches, until the knee is found."""
    for _ in range(_MOST_LESSONS):
        if key in costs.snapshot().knees:
            return
        rows = costs.cap_rows(key)
        costs.learn_step(key, rows, step_s(key, rows))


def affine_curve(
    step_s: float, *, efficiency: float, rows_an_image: int, max_rows: int
) -> Curve:
    """Seconds of a step, where each further image adds an equal part of the first.

    Args:
        step_s: For one image.
        efficiency: 1: a batch takes as long as one image; 0: as all of them one by one.
        rows_an_image: 2 with guidance.
        max_rows: Of the largest batch.
    """
    most = max(2, max_rows // rows_an_image)
    return tuple(
        (images * rows_an_image, step_s * (1 + (1 - efficiency) * (images - 1)))
        for images in (1, most)
    )


def measured_table(document: CostsDocument, *, max_rows: int | None) -> CostTable:
    """What a server has measured.

    Text length and number format are left aside: of two curves of one model and size
    the one with more points is taken. A point that was measured seldom may be far too
    slow; since fewer rows are never slower, none is slower than one of more rows.

    Raises:
        UnknownTimes: it has measured nothing yet.
    """
    if not document.costs:
        raise UnknownTimes("the server has measured nothing yet; let it paint first")
    curves: dict[BatchKey, Curve] = {}
    overheads: dict[BatchKey, float] = {}
    caps: dict[BatchKey, int] = {}
    for shape in sorted(document.costs, key=lambda one: len(one.step_seconds)):
        key = BatchKey(shape.model, shape.width, shape.height)
        points = {point.rows: point.seconds for point in shape.step_seconds}
        curves[key] = never_falling(tuple(sorted(points.items())))
        if shape.overhead_seconds is not None:
            overheads[key] = shape.overhead_seconds
        if shape.cap_rows is not None:
            caps[key] = shape.cap_rows
    most = max_rows or document.max_rows or max(caps.values(), default=32)
    return table_of(curves, overheads, max_rows=most, caps=caps)


def never_falling(curve: Curve) -> Curve:
    """No point slower than one of more rows."""
    least_s, points = inf, []
    for rows, step_s in reversed(curve):
        least_s = min(least_s, step_s)
        points.append((rows, least_s))
    return tuple(reversed(points))


def unknown_models(device: Device, kinds: Iterable[Kind]) -> Sequence[str]:
    """Models that are asked for, of which the device knows no time."""
    known = {key.model for key in device.table.curves}
    return tuple(dict.fromkeys(k.model for k in kinds if k.model not in known))
