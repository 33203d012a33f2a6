"""Fleets and traffic for tests: they say only what they are about."""

from collections.abc import Sequence
from dataclasses import replace

from easel.planning.device import Device, affine_curve, table_of
from easel.planning.fleet import Fleet
from easel.planning.kinds import Kind
from easel.planning.traffic import Arrival, RecordedTraffic

KIND = Kind("some/model", 512, 512, steps=10, is_guided=False)


def device(
    step_s: float = 0.1,
    *,
    kind: Kind = KIND,
    max_rows: int = 1,
    efficiency: float = 0.0,
    overhead_s: float = 0.0,
    load_s: float = 0.0,
    models: Sequence[str] = (),
) -> Device:
    """One image at a time, unless more rows are allowed."""
    curve = affine_curve(
        step_s, efficiency=efficiency, rows_an_image=kind.rows, max_rows=max_rows
    )
    names = models or (kind.model,)
    keys = [replace(kind.key, model=name) for name in names]
    table = table_of(
        dict.fromkeys(keys, curve), dict.fromkeys(keys, overhead_s), max_rows=max_rows
    )
    return Device(table, load_s=dict.fromkeys(names, load_s))


def fleet(servers: int = 1, of: Device | None = None) -> Fleet:
    """Nothing takes time but the devices."""
    return Fleet(servers, of or device(), answer_s=0.0)


def recorded(
    *times_s: float, kind: Kind = KIND, duration_s: float = 1000.0
) -> RecordedTraffic:
    return RecordedTraffic(
        tuple(Arrival(at_s, kind, "ann") for at_s in times_s), duration_s
    )
