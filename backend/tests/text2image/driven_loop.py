"""A step loop that a test drives turn by turn, what is below it and who listens."""

from easel.clock import ManualClock
from easel.text2image.engine_thread.painting import Painting
from easel.text2image.engine_thread.step_loop import StepLoop
from easel.text2image.engine_thread.step_watch import StepWatch
from easel.text2image.scheduling.cost_model import CostModel
from tests.text2image.recording_listener import RecordingListener
from tests.text2image.scripted_engine import ScriptedEngine


class DrivenLoop:
    """No thread, a manual clock, an engine that fails where it is told to.

    Args:
        max_rows: The cap of every batch.
        memory_rows: Rows of one forward pass that fit.
    """

    def __init__(self, *, max_rows: int = 8, memory_rows: int = 1000) -> None:
        self.clock = ManualClock()
        self.engine = ScriptedEngine(self.clock, memory_rows=memory_rows)
        self.heard = RecordingListener()
        self.costs = CostModel(start_rows=max_rows, max_rows=max_rows)
        self.loop = StepLoop(
            self.costs, self.heard.post, self.heard, self.clock, StepWatch()
        )

    def take(self, *paintings: Painting) -> None:
        for painting in paintings:
            self.loop.take(painting, self.engine)

    def finish(self, *, within: int = 200) -> None:
        for _ in range(within):
            if self.loop.is_idle:
                return
            self.loop.turn()
        raise AssertionError(f"not idle after {within} turns")

    def assert_nothing_is_left(self) -> None:
        assert self.loop.is_idle
        assert len(self.loop.scheduler) == 0
        assert self.loop.models_in_use() == set()
        assert self.engine.held == {}
