import json
from dataclasses import replace
from itertools import pairwise
from statistics import fmean

import pytest

from easel.planning.trace_file import WrongTrace, read_trace
from easel.planning.traffic import BURST_SHARE, Arrival, DrawnTraffic
from tests.planning.some_fleet import KIND

LONG = replace(KIND, steps=50)


def drawn(**changes: object) -> DrawnTraffic:
    traffic = DrawnTraffic(5.0, 2000.0, ((KIND, 0.75), (LONG, 0.25)))
    return replace(traffic, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "traffic",
    [
        drawn(),
        drawn(pattern="bursty", factor=5.0, burst_s=5.0),
        drawn(pattern="day", factor=1.8, day_s=500.0),
    ],
    ids=lambda traffic: traffic.pattern,
)
def test_as_many_come_as_were_asked_for(traffic: DrawnTraffic) -> None:
    arrivals = list(traffic.arrivals(seed=1))
    assert len(arrivals) == pytest.approx(5 * 2000, rel=0.08)
    assert all(one.at_s <= other.at_s for one, other in pairwise(arrivals))
    long_share = fmean(one.kind is LONG for one in arrivals)
    assert long_share == pytest.approx(0.25, rel=0.05)
    assert arrivals == list(traffic.arrivals(seed=1))
    assert arrivals != list(traffic.arrivals(seed=2))


def counts(arrivals: list[Arrival], width_s: float) -> list[int]:
    found = [0] * 2000
    for one in arrivals:
        found[int(one.at_s / width_s)] += 1
    return found[: int(2000 / width_s)]


def test_bursts_take_a_tenth_of_the_time() -> None:
    bursty = drawn(pattern="bursty", factor=8.0, burst_s=20.0)
    per_s = counts(list(bursty.arrivals(seed=3)), 1.0)
    in_bursts = sum(count > 20 for count in per_s)
    assert in_bursts / len(per_s) == pytest.approx(BURST_SHARE, rel=0.5)


def test_a_day_is_busiest_at_its_middle() -> None:
    day = drawn(pattern="day", factor=1.9, day_s=2000.0)
    tenths = counts(list(day.arrivals(seed=1)), 200.0)
    assert tenths[4] + tenths[5] > 10 * (tenths[0] + tenths[9])
    assert max(tenths) == pytest.approx(1.9 * 5 * 200, rel=0.1)


def test_a_trace_is_read_as_it_is_written() -> None:
    lines = [
        json.dumps({"at_s": 0.5, "caller": "ann"}),
        "",
        json.dumps(
            {
                "at_s": 2.0,
                "model": "other",
                "width": 1024,
                "height": 768,
                "num_inference_steps": 4,
                "num_images": 2,
                "guidance_scale": 7.5,
                "priority": "batch",
            }
        ),
    ]
    traffic = read_trace(lines, KIND)
    first, second = traffic.arrivals(seed=1)
    assert first == (0.5, KIND, "ann")
    kind = second.kind
    assert (kind.model, kind.width, kind.height, kind.steps) == ("other", 1024, 768, 4)
    assert (kind.images, kind.rows, kind.priority) == (2, 2, "batch")
    assert traffic.duration_s >= 2.0
    assert [share for _, share in traffic.mix] == [0.5, 0.5]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "there is no line in it"),
        (["{"], "line 1: is not JSON"),
        (["[1]"], "line 1: Input should be"),
        (["{}"], "line 1: at_s: Field required"),
        (['{"at_s": -1}'], r"line 1: at_s: .*greater than or equal to 0 \(got -1\)"),
        (['{"at_s": 1, "steps": 3}'], "line 1: steps: Extra inputs"),
        (
            ['{"at_s": 1}', '{"at_s": 2, "num_inference_steps": 201}'],
            r"line 2: num_inference_steps: .*200 \(got 201\)",
        ),
        (
            ['{"at_s": 2}', '{"at_s": 1}'],
            r"line 2: at_s: must not be less than the line before's 2 \(got 1\)",
        ),
    ],
)
def test_a_wrong_trace_says_where_and_why(lines: list[str], message: str) -> None:
    with pytest.raises(WrongTrace, match=message):
        read_trace(lines, KIND)
