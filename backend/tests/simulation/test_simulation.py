"""The scheduler under load, with fixed seeds, against simpler servers."""

from collections.abc import Iterator
from itertools import count, pairwise
from random import Random
from statistics import mean

import pytest

from easel.text2image.scheduling.batch_scheduler import BatchScheduler
from easel.text2image.scheduling.cost_model import CostModel
from easel.text2image.scheduling.samples import BatchKey, QueuedSample
from tests.simulation.simulated_server import (
    Outcome,
    RequestBatching,
    StepTime,
    poisson,
    scheduler_for,
    simulate,
)
from tests.simulation.some_sample import LARGE, SMALL, WIDE, some_sample

KEYS = [SMALL, WIDE, LARGE]
LOAD = 0.7
SHORT_STEPS = 4


def light(key: BatchKey, rows: int) -> float:
    """A small model: three quarters of a single row's step are fixed cost."""
    return 0.03 + 0.01 * rows * key.pixels / SMALL.pixels


def compute_bound(key: BatchKey, rows: int) -> float:
    """A large model: batching gives nothing."""
    return 0.04 * rows * key.pixels / SMALL.pixels


def mixed(random: Random, place: int, joined_at_s: float) -> QueuedSample:
    return some_sample(
        f"sample {place}",
        random.choice((SMALL, SMALL, WIDE)),
        steps=random.choice([SHORT_STEPS] * 8 + [20, 50]),
        user=f"user {random.randrange(20)}",
        joined_at_s=joined_at_s,
    )


def at_load(step_time: StepTime, seed: int, samples: int = 600) -> list[QueuedSample]:
    """Poisson arrivals that keep a server of one at a time busy 70 % of the time."""
    alone_s = step_time(SMALL, 1) * mean([SHORT_STEPS] * 8 + [20, 50])
    return poisson(Random(seed), LOAD / alone_s, samples, mixed)


def is_short(sample: QueuedSample) -> bool:
    return sample.steps == SHORT_STEPS


@pytest.mark.parametrize("step_time", [light, compute_bound])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_short_requests_wait_a_third_as_long_as_first_come_first_served(
    step_time: StepTime, seed: int
) -> None:
    arrivals = at_load(step_time, seed)
    fifo = simulate(RequestBatching(max_rows=1), arrivals, step_time)
    ours = simulate(scheduler_for(step_time, KEYS), arrivals, step_time)
    assert ours.p95_s(is_short) * 3 <= fifo.p95_s(is_short)
    assert mean(ours.latencies_s()) < mean(fifo.latencies_s())
    # As many images in as long, and not on the long ones' account.
    assert ours.end_s <= fifo.end_s + 1e-6
    assert ours.idle_while_wanted == 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_joining_at_each_step_beats_batches_that_wait_for_their_longest(
    seed: int,
) -> None:
    arrivals = at_load(light, seed)
    batching = simulate(RequestBatching(max_rows=16), arrivals, light)
    ours = simulate(scheduler_for(light, KEYS), arrivals, light)
    assert ours.p95_s(is_short) * 2 <= batching.p95_s(is_short)
    assert mean(ours.latencies_s()) < mean(batching.latencies_s())


def test_under_overload_batches_grow_to_the_knee() -> None:
    burst = [some_sample(f"sample {place}", steps=20) for place in range(64)]
    fifo = simulate(RequestBatching(max_rows=1), burst, light)
    ours = simulate(scheduler_for(light, KEYS), burst, light)
    assert ours.mean_rows == 16
    assert ours.end_s < fifo.end_s / 3


def test_without_gain_from_batching_equal_jobs_run_one_after_the_other() -> None:
    """Eight jobs of ten seconds: 45 s on average, where sharing would make it 80 s.

    Once, after 500 steps that had to leave somebody out, two rows are tried again.
    """
    burst = [some_sample(f"sample {place}", steps=250) for place in range(8)]
    ours = simulate(scheduler_for(compute_bound, KEYS), burst, compute_bound)
    assert mean(ours.latencies_s()) == pytest.approx(45.0, rel=0.002)
    assert max(ours.latencies_s()) == pytest.approx(80.0, rel=0.002)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_noise_makes_equal_jobs_of_two_sizes_take_no_turns(seed: int) -> None:
    random = Random(seed)

    def noisy(key: BatchKey, rows: int) -> float:
        return 0.04 * rows * max(0.5, random.gauss(1, 0.1))

    burst = [some_sample(f"job {i}", (SMALL, WIDE)[i % 2], steps=50) for i in range(10)]
    outcome = simulate(scheduler_for(noisy, [SMALL, WIDE]), burst, noisy)
    leaders = [batch.samples[0].id for batch in outcome.batches]
    changes = sum(one != other for one, other in pairwise(leaders))
    assert changes == len(burst) - 1


def test_a_server_that_knows_nothing_learns_while_it_works() -> None:
    def with_warm_up(seen: set[tuple[BatchKey, int]]) -> StepTime:
        def step_time(key: BatchKey, rows: int) -> float:
            is_first = (key, rows) not in seen
            seen.add((key, rows))
            return light(key, rows) + (5.0 if is_first else 0.0)

        return step_time

    costs = CostModel()
    burst = [some_sample(f"sample {place}", steps=20) for place in range(128)]
    outcome = simulate(BatchScheduler(costs), burst, with_warm_up(set()))
    assert costs.cap_rows(SMALL) == 16
    assert len(outcome.finished_s) == 128


def flooded(*, ben: QueuedSample) -> Outcome:
    """Ann has had the server for a while and still has most of 200 samples there."""
    flood = [some_sample(f"ann {i}", LARGE, steps=30, user="ann") for i in range(200)]
    return simulate(scheduler_for(light, KEYS), [*flood, ben], light)


@pytest.mark.parametrize("key", [SMALL, LARGE])
@pytest.mark.parametrize("steps", [4, 20, 40])
def test_a_flood_delays_another_user_by_two_quanta_at_most(
    key: BatchKey, steps: int
) -> None:
    ben = some_sample("ben", key, steps=steps, user="ben", joined_at_s=37.0)
    outcome = flooded(ben=ben)
    assert outcome.end_s > 250
    # He shares his forward passes, if anybody has the same size.
    slowest_step_s = light(key, 4 if key == LARGE else 1)
    assert outcome.latency_s("ben") <= 2 * 2.0 + steps * slowest_step_s


def test_background_work_finishes_beside_endless_interactive_work() -> None:
    """Interactive work alone would fill the device one and a half times."""

    def endless() -> Iterator[QueuedSample]:
        yield some_sample(
            "background", WIDE, steps=50, priority="background", user="ben"
        )
        alone_s = compute_bound(SMALL, 1) * 20
        for place in count():
            yield some_sample(
                f"interactive {place}",
                steps=20,
                user=f"user {place % 10}",
                joined_at_s=place * alone_s / 1.5,
            )

    scheduler = scheduler_for(compute_bound, KEYS)
    outcome = simulate(scheduler, endless(), compute_bound, until_s=400)
    assert 120 < outcome.latency_s("background") < 180


def test_background_work_uses_every_pause() -> None:
    def with_pauses() -> Iterator[QueuedSample]:
        yield some_sample("background", WIDE, steps=50, priority="background")
        for place in range(30):
            yield some_sample(f"interactive {place}", joined_at_s=place * 0.8)

    scheduler = scheduler_for(compute_bound, KEYS)
    outcome = simulate(scheduler, with_pauses(), compute_bound)
    assert outcome.idle_while_wanted == 0
    assert outcome.latency_s("background") < 5.0
    assert max(outcome.latencies_s(lambda one: one.id != "background")) < 0.5
