"""How long the queue is, for the event loop: the runner's last view, brought up to now.

The runner looks at its inbox between two steps; whoever came since is added here.
"""

import math

from easel.contract.generations import Parameters
from easel.text2image.engine_thread.queue_view import QueueView
from easel.text2image.scheduling.cost_table import CostTable
from easel.text2image.scheduling.samples import BatchKey


class QueueBoard:
    """Predicted device-seconds: of all work here, and of one more generation."""

    def __init__(self) -> None:
        self._view = QueueView(taken_at_s=0.0, last_number=0)
        self._since: dict[int, float | None] = {}

    def saw(self, view: QueueView) -> None:
        """The runner has looked at its queue."""
        self._view = view
        self._since = {
            number: work_s
            for number, work_s in self._since.items()
            if number > view.last_number
        }

    def joined(self, number: int, model: str, parameters: Parameters) -> None:
        """A generation was handed to the runner, which has not seen it yet."""
        self._since[number] = self.work_s(model, parameters)

    def left(self, number: int) -> None:
        """It ended before the runner saw it. Nothing if it is not here."""
        self._since.pop(number, None)

    def backlog_s(self, now_s: float) -> float | None:
        """Seconds until all that is here is done; None if unknown."""
        backlog_s = self._view.backlog_s
        if backlog_s is None:
            return None
        left_s = max(0.0, backlog_s - (now_s - self._view.taken_at_s))
        for work_s in self._since.values():
            if work_s is None:
                return None
            left_s += work_s
        return left_s

    def eta_of_next_s(
        self, model: str, parameters: Parameters, now_s: float
    ) -> float | None:
        """Seconds to the images of one that would join now; None if unknown."""
        backlog_s = self.backlog_s(now_s)
        work_s, alone_s = (
            self.work_s(model, parameters),
            self.alone_s(model, parameters),
        )
        if backlog_s is None or work_s is None or alone_s is None:
            return None
        return max(backlog_s + work_s, alone_s)

    def work_s(self, model: str, parameters: Parameters) -> float | None:
        """Device-seconds that a generation adds to a queue, in full batches."""
        costs = self._view.costs
        if costs is None:
            return None
        key, rows = _shape(model, parameters)
        cap = max(rows, costs.cap_rows(key))
        shared = 1 if parameters.determinism == "exact" else cap // rows
        return _painted_s(costs, key, rows, parameters, images_per_pass=shared)

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


def _painted_s(
    costs: CostTable,
    key: BatchKey,
    rows: int,
    parameters: Parameters,
    *,
    images_per_pass: int,
) -> float | None:
    step_s = costs.step_s(key, rows * images_per_pass)
    if step_s is None:
        return None
    one_s = _steps(parameters) * step_s / images_per_pass
    return parameters.num_images * (one_s + (costs.overhead_s(key) or 0.0))
