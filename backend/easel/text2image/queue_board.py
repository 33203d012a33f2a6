"""How long the queue is, for the event loop: the runner's last view, brought up to now.

The runner looks at its inbox between two steps; whoever came since is added here.
"""

import math
from dataclasses import dataclass
from typing import Protocol

from easel.contract.generations import Parameters, Priority
from easel.text2image.engine_thread.queue_view import QueueView
from easel.text2image.scheduling.cost_table import CostTable
from easel.text2image.scheduling.outline import PlannedWork
from easel.text2image.scheduling.overtaking import Arrival, Overtaking
from easel.text2image.scheduling.samples import BatchKey


class Accepted(Protocol):
    """What is looked at of an accepted generation."""

    @property
    def number(self) -> int:
        """Counts up with every one."""
        ...

    @property
    def model(self) -> str: ...

    @property
    def parameters(self) -> Parameters: ...

    @property
    def priority(self) -> Priority: ...

    @property
    def user(self) -> str: ...

    @property
    def accepted_at_s(self) -> float:
        """By the clock of the views."""
        ...


@dataclass(frozen=True, slots=True)
class _Newcomer:
    """A generation that the runner has not seen yet.

    Attributes:
        arrival: As it came.
        planned: All its images, at the turn of the last.
    """

    arrival: Arrival
    planned: PlannedWork


class QueueBoard:
    """Predicted device-seconds: of all work here, and of one more generation."""

    def __init__(self) -> None:
        self._view = QueueView(taken_at_s=0.0, last_number=0)
        self._since: dict[int, _Newcomer | None] = {}
        self._overtaking = Overtaking()

    @property
    def costs(self) -> CostTable | None:
        """What device time costs, as measured; None before the first look."""
        return self._view.costs

    def saw(self, view: QueueView) -> None:
        """The runner has looked at its queue."""
        self._view = view
        self._since = {
            number: newcomer
            for number, newcomer in self._since.items()
            if number > view.last_number
        }

    def joined(self, accepted: Accepted) -> None:
        """It was handed to the runner, which has not seen it yet."""
        newcomer = self._newcomer(accepted)
        self._since[accepted.number] = newcomer
        if newcomer is not None:
            self._overtaking.joined(newcomer.arrival)

    def left(self, number: int) -> None:
        """It ended before the runner saw it. Nothing if it is not here."""
        self._since.pop(number, None)

    def backlog_s(self, now_s: float) -> float | None:
        """Seconds until all that is here is done; None if unknown."""
        backlog_s = self._view.backlog_s
        if backlog_s is None:
            return None
        left_s = max(0.0, backlog_s - (now_s - self._view.taken_at_s))
        for newcomer in self._since.values():
            if newcomer is None:
                return None
            left_s += newcomer.arrival.work_s
        return left_s

    def eta_of_next_s(self, accepted: Accepted) -> float | None:
        """Seconds to the images of one that joins when it is accepted.

        None if unknown.
        """
        newcomer = self._newcomer(accepted)
        if newcomer is None or self.backlog_s(accepted.accepted_at_s) is None:
            return None
        arrival, outline = newcomer.arrival, self._view.outline
        own_s = self._before_s(newcomer) + arrival.work_s
        return self._overtaking.stretched_s(
            max(own_s, arrival.alone_s),
            arrival,
            ageing=outline.ageing,
            promote_after_s=outline.promote_after_s,
        )

    def _before_s(self, newcomer: _Newcomer) -> float:
        """Seconds until all who are here and come before it are done."""
        planned, outline = newcomer.planned, self._view.outline
        passed_s = newcomer.arrival.at_s - self._view.taken_at_s
        return max(0.0, outline.before_s(planned) - passed_s) + sum(
            one.planned.work_s
            for one in self._since.values()
            if one is not None and one.planned.is_before(planned)
        )

    def _newcomer(self, accepted: Accepted) -> _Newcomer | None:
        """None if its costs are unknown."""
        at_s, parameters = accepted.accepted_at_s, accepted.parameters
        steps_s = self._steps_s(accepted.model, parameters)
        alone_s = self.alone_s(accepted.model, parameters)
        work_s = self.work_s(accepted.model, parameters)
        if steps_s is None or alone_s is None or work_s is None:
            return None
        outline = self._view.outline
        account = accepted.priority, accepted.user
        aged_s = outline.aged_s(alone_s, at_s)
        before_s = sum(
            one.planned.steps_s
            for one in self._since.values()
            if one is not None
            and one.planned.account == account
            and one.planned.turn.aged_s <= aged_s
        )
        # All its images but the last are before that one.
        before_s += (parameters.num_images - 1) * steps_s
        turn = outline.turn(account, aged_s, before_s)
        return _Newcomer(
            Arrival(at_s, turn.priority_class, alone_s, work_s),
            PlannedWork(turn, account, parameters.num_images * steps_s, work_s),
        )

    def work_s(self, model: str, parameters: Parameters) -> float | None:
        """Device-seconds that a generation adds to a queue, in full batches."""
        steps_s = self._steps_s(model, parameters)
        if steps_s is None or self._view.costs is None:
            return None
        key, _ = _shape(model, parameters)
        overhead_s = self._view.costs.overhead_s(key) or 0.0
        return parameters.num_images * (steps_s + overhead_s)

    def alone_s(self, model: str, parameters: Parameters) -> float | None:
        """Seconds that it takes on an idle device; None if unknown."""
        costs = self._view.costs
        if costs is None:
            return None
        key, rows = _shape(model, parameters)
        step_s = costs.step_s(key, rows)
        if step_s is None:
            return None
        return _steps(parameters) * step_s + (costs.overhead_s(key) or 0.0)

    def _steps_s(self, model: str, parameters: Parameters) -> float | None:
        """Device-seconds of the steps of one image, in full batches."""
        costs = self._view.costs
        if costs is None:
            return None
        key, rows = _shape(model, parameters)
        cap = max(rows, costs.cap_rows(key))
        shared = 1 if parameters.determinism == "exact" else cap // rows
        step_s = costs.step_s(key, rows * shared)
        return None if step_s is None else _steps(parameters) * step_s / shared


def _shape(model: str, parameters: Parameters) -> tuple[BatchKey, int]:
    """Roughly the batch key: its text length is known to the engine alone."""
    size = parameters.native_size
    key = BatchKey(
        model=model,
        width=size.width if size else parameters.width,
        height=size.height if size else parameters.height,
    )
    return key, 2 if parameters.guidance_scale > 1 else 1


def _steps(parameters: Parameters) -> int:
    strength = 1.0 if parameters.strength is None else parameters.strength
    return max(1, math.ceil(parameters.num_inference_steps * strength))
