"""The order in which those who are here are served, for somebody who would join them.

Immutable: made where the scheduler lives, and read by whoever promises a time.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

from easel.contract.generations import Priority
from easel.text2image.scheduling.batch_scheduler import (
    DEFAULT_AGEING,
    DEFAULT_PROMOTE_AFTER_S,
    Account,
    BatchScheduler,
)
from easel.text2image.scheduling.fair_share import FairShare, Standing
from easel.text2image.scheduling.samples import PRIORITIES


class Turn(NamedTuple):
    """When somebody is served: the smallest first.

    Attributes:
        priority_class: 0 is served first.
        bucket: His user's when it is his turn.
        aged_s: As the scheduler's `aged_s`.
    """

    priority_class: int
    bucket: int
    aged_s: float


@dataclass(frozen=True, slots=True)
class PlannedWork:
    """What somebody still takes of a device that is shared, in seconds.

    Attributes:
        turn: When.
        account: On which.
        steps_s: His part of the forward passes: the account is charged with it.
        work_s: With all the rest.
    """

    turn: Turn
    account: Account
    steps_s: float
    work_s: float

    def is_before(self, newcomer: "PlannedWork") -> bool:
        """A newcomer puts those behind him on his account off to later buckets."""
        mine, his = self.turn, newcomer.turn
        if self.account == newcomer.account:
            return (mine.priority_class, mine.aged_s) <= (
                his.priority_class,
                his.aged_s,
            )
        return mine <= his


def _nobody() -> dict[Priority, Standing]:
    return {priority: FairShare().standing() for priority in PRIORITIES}


@dataclass(frozen=True, slots=True)
class Outline:
    """
    Attributes:
        turns: Of all samples, by turn.
        until_s: Device-seconds until each of them is done, in the same order.
        queues: The samples of each account.
        standings: Of the users of each class.
        ageing: The scheduler's, like `promote_after_s`.
    """

    turns: tuple[Turn, ...] = ()
    until_s: tuple[float, ...] = ()
    queues: Mapping[Account, Sequence[PlannedWork]] = field(default_factory=dict)
    standings: Mapping[Priority, Standing] = field(default_factory=_nobody)
    ageing: float = DEFAULT_AGEING
    promote_after_s: float = DEFAULT_PROMOTE_AFTER_S

    def aged_s(self, work_s: float, joined_at_s: float) -> float:
        """Of a sample that joins and takes `work_s` alone; as the scheduler's."""
        return work_s + self.ageing * joined_at_s

    def turn(self, account: Account, aged_s: float, further_s: float = 0.0) -> Turn:
        """Of a sample that would join those who are here.

        Args:
            account: It runs on.
            aged_s: Its own.
            further_s: Device-seconds that its account is charged with before it,
                beside those of the outline.
        """
        priority, user = account
        queue = self.queues.get(account, ())
        own_s = sum(one.steps_s for one in queue if one.turn.aged_s <= aged_s)
        bucket = self.standings[priority].bucket(user, own_s + further_s)
        return Turn(PRIORITIES.index(priority), bucket, aged_s)

    def before_s(self, newcomer: PlannedWork) -> float:
        """Device-seconds until all who come before him are done."""
        place = bisect_right(self.turns, newcomer.turn)
        before_s = self.until_s[place - 1] if place else 0.0
        put_off_s = sum(
            one.work_s
            for one in self.queues.get(newcomer.account, ())
            if one.turn <= newcomer.turn and not one.is_before(newcomer)
        )
        return before_s - put_off_s


def outline(
    planned: Sequence[PlannedWork],
    standings: Mapping[Priority, Standing],
    scheduler: BatchScheduler,
) -> Outline:
    """
    Args:
        planned: All work of the scheduler, by turn.
        standings: The scheduler's.
        scheduler: Asked for its rules only.
    """
    queues: dict[Account, list[PlannedWork]] = {}
    for one in planned:
        queues.setdefault(one.account, []).append(one)
    return Outline(
        turns=tuple(one.turn for one in planned),
        until_s=tuple(accumulate(one.work_s for one in planned)),
        queues=queues,
        standings=standings,
        ageing=scheduler.ageing,
        promote_after_s=scheduler.promote_after_s,
    )
