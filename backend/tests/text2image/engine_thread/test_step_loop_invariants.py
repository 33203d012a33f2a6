"""Whatever comes, goes and fails in whatever order."""

import logging
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from easel.errors import EngineFailed
from easel.text2image.engine_thread.painting import Painting
from tests.text2image.driven_loop import DrivenLoop
from tests.text2image.scripted_engine import Fault
from tests.text2image.some_painting import some_painting


@dataclass(frozen=True)
class Coming:
    num_images: int
    steps: int
    guidance_scale: float
    size: int
    fault: Fault | None
    guilty_image: int
    is_watched: bool


_FAULTS: tuple[Fault | None, ...] = (
    *(None, None, None, None),
    *("plan", "begin", "step", "preview", "decode", "result", "image"),
)
_comings = st.builds(
    Coming,
    num_images=st.integers(1, 4),
    steps=st.integers(1, 6),
    guidance_scale=st.sampled_from([1.0, 4.0]),
    size=st.sampled_from([64, 512]),
    fault=st.sampled_from(_FAULTS),
    guilty_image=st.integers(0, 3),
    is_watched=st.booleans(),
)
_turns = st.integers(1, 3)
_cancels = st.integers(0, 9).map(lambda index: ("cancel", index))


def _painting_of(stage: DrivenLoop, name: str, coming: Coming) -> Painting:
    painting = some_painting(
        name,
        steps=coming.steps,
        num_images=coming.num_images,
        guidance_scale=coming.guidance_scale,
        size=coming.size,
        is_watched=coming.is_watched,
        accepted_at_s=stage.clock.now(),
    )
    if coming.fault is not None:
        error = EngineFailed("as the test says")
        guilty = painting.specs[coming.guilty_image % coming.num_images]
        stage.engine.faults[coming.fault, guilty.id] = error
    return painting


@settings(max_examples=150, deadline=None)
@given(
    actions=st.lists(st.one_of(_comings, _turns, _cancels), max_size=25),
    memory_rows=st.integers(0, 8),
)
def test_whatever_happens_nothing_is_left_and_everyone_hears_one_end(
    actions: list[Coming | int | tuple[str, int]], memory_rows: int
) -> None:
    logging.disable(logging.CRITICAL)
    try:
        stage, paintings = _acted(actions, memory_rows)
    finally:
        logging.disable(logging.NOTSET)
    _assert_one_end_each(stage, paintings)


def _acted(
    actions: list[Coming | int | tuple[str, int]], memory_rows: int
) -> tuple[DrivenLoop, list[Painting]]:
    stage = DrivenLoop(memory_rows=memory_rows)
    paintings: list[Painting] = []
    for action in actions:
        if isinstance(action, Coming):
            paintings.append(_painting_of(stage, f"p{len(paintings)}", action))
            stage.take(paintings[-1])
        elif isinstance(action, int):
            for _ in range(action):
                stage.loop.turn()
        elif action[1] < len(paintings):
            paintings[action[1]].order.stop.set()
    stage.finish(within=2000)
    return stage, paintings


def _assert_one_end_each(stage: DrivenLoop, paintings: list[Painting]) -> None:
    stage.assert_nothing_is_left()
    heard = stage.heard
    for painting in paintings:
        name = painting.order.id
        is_complete = len(heard.painted(name)) == len(painting.specs)
        assert len(set(heard.painted(name))) == len(heard.painted(name))
        assert [name in heard.failed, name in heard.stopped, is_complete].count(
            True
        ) == 1
