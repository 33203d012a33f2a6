import asyncio
import logging

import pytest

from easel.clock import ManualClock
from easel.gateway.loop_watch import watched_loop


class LateSleep:
    """Sleeps as long as it is told and then some, by a clock that stands still."""

    def __init__(self, clock: ManualClock, *late_s: float) -> None:
        self._clock = clock
        self._late_s = list(late_s)
        self.has_slept = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        if not self._late_s:
            self.has_slept.set()
            await asyncio.Event().wait()
        self._clock.advance(seconds + self._late_s.pop(0))


async def test_lateness_is_observed_and_a_standstill_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = ManualClock()
    sleep = LateSleep(clock, 0.0, 0.01, 2.0)
    observed: list[float] = []
    with caplog.at_level(logging.WARNING):
        async with watched_loop(clock, observed.append, sleep=sleep):
            await sleep.has_slept.wait()
    assert observed == pytest.approx([0.0, 0.01, 2.0], abs=1e-9)
    (record,) = caplog.records
    assert record.__dict__["fields"] == {"seconds": 2.0}


async def test_the_watch_ends_with_its_block() -> None:
    clock = ManualClock()
    before = asyncio.all_tasks()
    async with watched_loop(clock, print, sleep=LateSleep(clock)):
        assert asyncio.all_tasks() != before
    assert asyncio.all_tasks() == before
