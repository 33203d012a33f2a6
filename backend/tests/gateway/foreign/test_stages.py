from datetime import UTC, datetime

import pytest

from easel.contract.generations import Generation, Parameters
from easel.errors import EngineFailed
from easel.gateway.foreign import stages
from easel.gateway.foreign.openai_flavours import document_of, flavour_of
from easel.gateway.foreign.server_url import foreign_server

PARAMETERS = Parameters(
    prompt="a fox",
    negative_prompt=None,
    width=512,
    height=512,
    num_inference_steps=20,
    guidance_scale=4.0,
    seed=7,
    num_images=2,
    sampler="default",
)
QUEUED = stages.queued(
    "gen_x_1", "m", datetime(2026, 1, 1, tzinfo=UTC), PARAMETERS, ("as asked",)
)


def completed(dialect: str = "sglang") -> Generation:
    server = foreign_server(f"{dialect}+http://h/v1?model=m")
    assert server is not None
    model = document_of(server, "m", flavour_of(server.dialect, "m"))
    file = stages.File(512, 512, "image/png", "0" * 64, 7)
    return stages.completed(QUEUED, model, [file, file], queued_s=1.0, painting_s=2.0)


def names(document: Generation, beyond: int = 0) -> list[str]:
    return [event.name for event in stages.events_of(document, beyond)]


def test_each_stage_tells_what_happened_on_the_way() -> None:
    assert names(QUEUED) == ["queued"]
    assert names(stages.running(QUEUED)) == ["started"]
    assert names(stages.running(QUEUED, 5)) == ["started", "progress"]
    assert names(completed()) == ["started", "image", "image", "completed"]
    problem = EngineFailed("No.").problem("r")
    assert names(stages.failed(QUEUED, problem)) == ["failed"]
    assert names(stages.cancelled(QUEUED, "requested")) == ["cancelled"]


def test_ids_rise_from_stage_to_stage_in_whatever_process() -> None:
    last = 0
    for document in (
        QUEUED,
        stages.running(QUEUED),
        *(stages.running(QUEUED, step) for step in range(1, 21)),
        completed(),
    ):
        events = list(stages.events_of(document, last))
        assert events, document
        assert [event.id for event in events] == sorted({e.id for e in events})
        assert events[0].id > last
        last = events[-1].id
        assert names(document, last) == []


@pytest.mark.parametrize("last_event_id", [None, 0, 3, 10_000, -1])
def test_whoever_comes_back_gets_the_end(last_event_id: int | None) -> None:
    document = completed()
    after = stages.resume_id(document, last_event_id)
    assert names(document, after)[-1] == "completed"


def test_what_was_not_done_as_asked_is_said() -> None:
    with_seed, without = completed(), completed("openai")
    assert with_seed.warnings == ("as asked",)
    assert "takes no seed" in without.warnings[1]
    assert with_seed.status == "completed"
    assert with_seed.determinism.level == "seed"
