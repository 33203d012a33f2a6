import asyncio

from easel.contract.events import PreviewData, QueuedData, StartedData
from easel.text2image.event_log import EventLog


def preview(step: int, index: int = 0) -> PreviewData:
    return PreviewData(step=step, index=index, image="data:")


async def test_events_are_numbered_from_one_and_replayed_from_any_of_them() -> None:
    log = EventLog()
    log.append("queued", QueuedData(position=1, eta_s=None))
    log.append("started", StartedData())
    assert [event.id for event in await log.beyond(0, 1)] == [1, 2]
    assert [event.name for event in await log.beyond(1, 1)] == ["started"]


async def test_a_slow_reader_gets_the_newest_preview_of_each_image_only() -> None:
    log = EventLog()
    for step in range(1, 4):
        log.append("preview", preview(step, index=0))
        log.append("preview", preview(step, index=1))
    events = await log.beyond(0, 1)
    assert [event.data for event in events] == [preview(3, 0), preview(3, 1)]
    assert [event.id for event in events] == [5, 6]


async def test_a_reader_wakes_at_the_next_event() -> None:
    log = EventLog()
    reading = asyncio.create_task(log.beyond(0, 10))
    await asyncio.sleep(0)
    assert not reading.done()
    log.append("started", StartedData())
    assert [event.name for event in await reading] == ["started"]


async def test_silence_ends_with_nothing_so_that_a_heartbeat_can_be_sent() -> None:
    assert await EventLog().beyond(0, timeout_s=0) == []


async def test_a_closed_log_lets_its_readers_go() -> None:
    log = EventLog()
    reading = asyncio.create_task(log.beyond(0, 10))
    await asyncio.sleep(0)
    log.close()
    assert await reading == []
    assert await log.beyond(0, 10) == []


async def test_who_has_seen_nothing_begins_with_the_newest_preview() -> None:
    log = EventLog()
    log.append("started", StartedData())
    assert log.resume_id(None) == 1
    log.append("preview", preview(1))
    log.append("preview", preview(2))
    log.append("progress", QueuedData(position=1, eta_s=None))
    assert [event.id for event in await log.beyond(log.resume_id(None), 1)] == [3, 4]


async def test_an_id_from_the_future_still_gets_what_comes_and_the_end() -> None:
    log = EventLog()
    log.append("started", StartedData())
    assert log.resume_id(99) == 1
    log.append("completed", StartedData())
    log.close()
    for last_event_id in (None, 1, 2, 99):
        events = await log.beyond(log.resume_id(last_event_id), 1)
        assert [event.name for event in events] == ["completed"]


async def test_a_closed_log_keeps_no_previews() -> None:
    log = EventLog()
    log.append("preview", preview(1))
    log.append("completed", StartedData())
    log.close()
    assert [event.name for event in await log.beyond(0, 1)] == ["completed"]
