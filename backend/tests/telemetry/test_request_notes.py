import asyncio

from easel.telemetry.request_notes import begin_notes, note


def test_notes_are_kept_in_their_order_and_none_says_nothing() -> None:
    notes = begin_notes()
    note(model="fake", replica=None)
    note(queue_ms=1.5)
    assert notes == {"model": "fake", "queue_ms": 1.5}


async def test_tasks_of_a_request_add_to_its_notes_and_to_no_others() -> None:
    async def serve(model: str) -> dict[str, object]:
        notes = begin_notes()
        await asyncio.create_task(inner(model))
        return dict(notes)

    async def inner(model: str) -> None:
        await asyncio.sleep(0)
        note(model=model)

    first, second = await asyncio.gather(serve("a"), serve("b"))
    assert (first, second) == ({"model": "a"}, {"model": "b"})


def test_outside_of_a_request_nothing_happens() -> None:
    note(model="fake")
