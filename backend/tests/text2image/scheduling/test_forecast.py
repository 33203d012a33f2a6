from dataclasses import replace
from random import Random
from statistics import median

import pytest

from easel.text2image.scheduling.batch_scheduler import BatchScheduler
from easel.text2image.scheduling.cost_model import CostModel
from easel.text2image.scheduling.forecast import Forecast, forecast
from easel.text2image.scheduling.samples import BatchKey, QueuedSample
from tests.simulation.simulated_server import Outcome, simulate, taught
from tests.simulation.some_sample import LARGE, SMALL, WIDE, some_sample

KEYS = [SMALL, WIDE, LARGE]
OVERHEAD_S = 0.2


def step_time(key: BatchKey, rows: int) -> float:
    return (0.03 + 0.01 * rows) * key.pixels / SMALL.pixels


def foretold_and_true(samples: list[QueuedSample]) -> tuple[Forecast, Outcome]:
    costs = taught(step_time, KEYS)
    for key in KEYS:
        costs.learn_overhead(key, OVERHEAD_S)
    scheduler = BatchScheduler(costs)
    for sample in samples:
        scheduler.join(sample)
    foretold = forecast(scheduler, costs.snapshot(), 0.0)
    outcome = simulate(scheduler, [], step_time, overhead_s=OVERHEAD_S)
    return foretold, outcome


def errors(foretold: Forecast, outcome: Outcome) -> list[float]:
    """Of each finish time, relative to the truth."""
    found = []
    for sample_id, true_s in outcome.finished_s.items():
        finish_s = foretold.places[sample_id].finish_s
        assert finish_s is not None
        found.append(abs(finish_s - true_s) / true_s)
    return found


def mixed(random: Random, place: int) -> QueuedSample:
    return some_sample(
        f"sample {place}",
        random.choice(KEYS),
        rows=random.choice((1, 2)),
        steps=random.choice((4, 4, 20, 50)),
        priority=random.choice(("interactive", "interactive", "batch")),
        user=f"user {place % 5}",
    )


def test_nothing_here_is_done_at_once() -> None:
    foretold = forecast(BatchScheduler(CostModel()), CostModel(), 0.0)
    assert (foretold.places, foretold.backlog_s) == ({}, 0.0)
    assert foretold.outline.turns == ()


def test_one_alone_takes_its_steps_and_the_rest() -> None:
    foretold, _ = foretold_and_true([some_sample("a", steps=10)])
    assert foretold.places["a"].position == 1
    assert foretold.places["a"].finish_s == pytest.approx(10 * 0.04 + OVERHEAD_S)
    assert foretold.backlog_s == foretold.places["a"].finish_s


@pytest.mark.parametrize("count", [5, 40, 200])
def test_equal_samples_finish_when_foretold(count: int) -> None:
    samples = [some_sample(f"sample {place}", steps=20) for place in range(count)]
    foretold, outcome = foretold_and_true(samples)
    assert max(errors(foretold, outcome)) < 0.1
    assert foretold.backlog_s == pytest.approx(outcome.end_s, rel=0.1)


@pytest.mark.parametrize("seed", range(5))
def test_mixed_samples_of_several_users_finish_about_when_foretold(seed: int) -> None:
    random = Random(seed)
    foretold, outcome = foretold_and_true([mixed(random, i) for i in range(100)])
    assert median(errors(foretold, outcome)) < 0.25
    assert foretold.backlog_s == pytest.approx(outcome.end_s, rel=0.1)


def test_positions_follow_the_turns_of_users() -> None:
    """Ann has flooded the queue; Ben's one sample is not behind all of hers."""
    flood = [some_sample(f"ann {i}", steps=50, user="ann") for i in range(200)]
    foretold, _ = foretold_and_true(
        [*flood, some_sample("ben", WIDE, steps=50, user="ben", joined_at_s=0.5)]
    )
    assert foretold.places["ben"].position < 40
    positions = sorted(place.position for place in foretold.places.values())
    assert positions == list(range(1, 202))


def test_who_runs_alone_shares_nothing_in_the_forecast_either() -> None:
    alone = [
        some_sample(name, replace(SMALL, alone=name), steps=10) for name in ("a", "b")
    ]
    foretold, _ = foretold_and_true(alone)
    assert foretold.backlog_s == pytest.approx(2 * (10 * 0.04 + OVERHEAD_S))


def test_behind_an_unknown_cost_nothing_is_promised() -> None:
    costs = taught(step_time, KEYS)
    scheduler = BatchScheduler(costs)
    scheduler.join(some_sample("known", steps=1))
    unknown = BatchKey("another/model", 512, 512)
    scheduler.join(some_sample("unknown", unknown, steps=10))
    scheduler.join(some_sample("behind", LARGE, steps=200, joined_at_s=30))
    foretold = forecast(scheduler, costs, 30.0)
    assert foretold.places["known"].finish_s == pytest.approx(0.04)
    assert foretold.places["unknown"].finish_s is None
    assert foretold.places["behind"].finish_s is None
    assert foretold.backlog_s is None
