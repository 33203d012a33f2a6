"""What holds for the scheduler whoever comes, goes and runs, in any order."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)

from easel.contract.generations import Priority
from easel.text2image.scheduling.batch_scheduler import Batch, BatchScheduler
from easel.text2image.scheduling.cost_model import CostModel
from easel.text2image.scheduling.forecast import forecast
from easel.text2image.scheduling.samples import PRIORITIES, BatchKey, QueuedSample
from tests.simulation.simulated_server import scheduler_for, simulate
from tests.simulation.some_sample import LARGE, SMALL, WIDE, some_sample

KEYS = [SMALL, WIDE, LARGE, replace(SMALL, model="another/model")]


def step_time(key: BatchKey, rows: int) -> float:
    return (0.03 + 0.01 * rows) * key.pixels / SMALL.pixels


@st.composite
def samples(draw: st.DrawFn, sample_id: str = "") -> QueuedSample:
    key = draw(st.sampled_from(KEYS))
    if draw(st.integers(0, 5)) == 0:
        key = replace(key, alone=sample_id)
    return some_sample(
        sample_id,
        key,
        rows=draw(st.integers(1, 3)),
        steps=draw(st.integers(1, 12)),
        priority=draw(st.sampled_from(PRIORITIES)),
        user=draw(st.sampled_from(["ann", "ben", "cleo"])),
    )


class AnyServer(RuleBasedStateMachine):
    """Joins, steps, cancellations, full memory and passing time, as they come."""

    def __init__(self) -> None:
        super().__init__()
        self.costs = CostModel()
        self.scheduler = BatchScheduler(self.costs)
        self.steps_left: dict[str, int] = {}
        self.joined = 0
        self.now_s = 0.0

    @rule(sample=samples())
    def joins(self, sample: QueuedSample) -> None:
        name = f"sample {self.joined}"
        key = replace(sample.key, alone=name if sample.key.alone else "")
        self.joined += 1
        self.scheduler.join(replace(sample, id=name, key=key, joined_at_s=self.now_s))
        self.steps_left[name] = sample.steps

    @precondition(lambda self: self.steps_left)
    @rule(data=st.data())
    def is_cancelled(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.steps_left)))
        self.scheduler.leave(name)
        del self.steps_left[name]

    @precondition(lambda self: self.steps_left)
    @rule(data=st.data(), slower=st.floats(0.5, 5.0))
    def steps(self, data: st.DataObject, slower: float) -> None:
        batch = self.batch()
        if data.draw(st.booleans()):
            self.is_cancelled(data)
        step_s = slower * step_time(batch.key, batch.rows)
        self.now_s += step_s
        present = [one for one in batch.samples if one.id in self.steps_left]
        for sample in present:
            self.steps_left[sample.id] -= 1
        done = [one for one in present if not self.steps_left[one.id]]
        assert list(self.scheduler.stepped(batch, step_s, self.now_s)) == done
        for sample in done:
            del self.steps_left[sample.id]

    @precondition(lambda self: self.steps_left)
    @rule()
    def is_out_of_memory(self) -> None:
        batch = self.batch()
        self.scheduler.out_of_memory(batch)
        assert self.costs.cap_rows(batch.key) <= max(1, batch.rows // 2)

    @rule(seconds=st.floats(0, 100))
    def waits(self, seconds: float) -> None:
        self.now_s += seconds

    def batch(self) -> Batch:
        batch = self.scheduler.next_batch(self.now_s)
        assert batch is not None
        return batch

    @invariant()
    def works_while_anybody_is_here(self) -> None:
        batch = self.scheduler.next_batch(self.now_s)
        assert (batch is None) == (not self.steps_left)
        if batch is None:
            return
        leader = batch.samples[0]
        assert leader == self.scheduler.ranked(self.now_s)[0]
        assert {sample.key for sample in batch.samples} == {batch.key}
        assert len(set(batch.samples)) == len(batch.samples)
        assert batch.rows == sum(sample.rows for sample in batch.samples)
        assert batch.rows <= max(self.costs.cap_rows(batch.key), leader.rows)
        assert not batch.key.alone or batch.samples == (leader,)

    @invariant()
    def counts_the_steps_that_are_left(self) -> None:
        assert len(self.scheduler) == len(self.steps_left)
        for name, left in self.steps_left.items():
            assert self.scheduler.remaining_steps(name) == left

    @invariant()
    def foretells_everyone(self) -> None:
        foretold = forecast(self.scheduler, self.costs, self.now_s)
        assert foretold.places.keys() == self.steps_left.keys()
        positions = sorted(place.position for place in foretold.places.values())
        assert positions == list(range(1, len(self.steps_left) + 1))

    def teardown(self) -> None:
        for name in self.steps_left:
            self.scheduler.leave(name)
        assert is_empty(self.scheduler)


TestAnyServer = AnyServer.TestCase
TestAnyServer.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, derandomize=True
)


def is_empty(scheduler: BatchScheduler) -> bool:
    """No trace of anybody in any of its collections, those of the shares included."""
    owned = dict(vars(scheduler))
    shares = owned.pop("_shares")
    collections = [one for one in owned.values() if isinstance(one, dict)]
    assert len(collections) >= 3
    return not any(collections) and not any(len(one) for one in shares.values())


@given(st.lists(samples(), min_size=1, max_size=40))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_everyone_finishes_after_just_his_steps(drawn: list[QueuedSample]) -> None:
    burst = [
        replace(sample, id=f"sample {place}", joined_at_s=place * 0.05)
        for place, sample in enumerate(drawn)
    ]
    scheduler = BatchScheduler(CostModel())
    outcome = simulate(scheduler, burst, step_time)
    ran = Counter(one.id for batch in outcome.batches for one in batch.samples)
    assert ran == {sample.id: sample.steps for sample in burst}
    assert outcome.finished_s.keys() == ran.keys()
    assert outcome.idle_while_wanted == 0
    assert is_empty(scheduler)


@given(
    key=st.sampled_from(KEYS),
    priority=st.sampled_from(PRIORITIES),
    users=st.sampled_from([1, 7, None]),
    steps=st.integers(1, 4),
)
# A failure is small already, and shrinking it would take minutes.
@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)
def test_nobody_starves_beside_an_endless_stream_of_shorter_work(
    key: BatchKey, priority: Priority, users: int | None, steps: int
) -> None:
    """The stream fills the device by itself; `users` None: a new user each time."""

    def endless() -> Iterator[QueuedSample]:
        yield some_sample("victim", key, steps=40, priority=priority, user="victim")
        for place in count():
            user = place if users is None else place % users
            yield some_sample(
                f"shorter {place}",
                replace(WIDE, alone=str(place)),
                steps=steps,
                user=f"user {user}",
                joined_at_s=place * steps * step_time(WIDE, 1),
            )

    scheduler = scheduler_for(step_time, KEYS)
    outcome = simulate(scheduler, endless(), step_time, until_s=200)
    assert outcome.latency_s("victim") < 180
