"""All generations on one server of another make: begun once, painted, kept."""

import asyncio
import hashlib
import itertools
import logging
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from weakref import WeakValueDictionary

from easel.clock import Clock
from easel.contract.generations import Generation, MediaType
from easel.errors import (
    EngineFailed,
    GenerationNotFound,
    IdempotencyKeyReused,
    InternalError,
    ServerStopping,
    ServiceError,
    StorageFull,
    StoreUnavailable,
    UpstreamTimeout,
)
from easel.gateway.foreign import stages
from easel.gateway.foreign.adapter import Adapter, Painted
from easel.gateway.foreign.image_header import NoImage, read_header
from easel.gateway.foreign.kept_paintings import KeptPaintings, Record
from easel.gateway.foreign.live_painting import LivePainting, StopReason
from easel.gateway.foreign.order_form import OrderForm
from easel.gateway.foreign.places import Places
from easel.gateway.foreign.watched import LOOK_S, StoredPainting, Watched
from easel.gateway.replicas.probed_pool import Pause
from easel.gateway.upstream import TIMED_OUT
from easel.telemetry.request_id import current_request_id
from easel.web.parameters import image_seeds
from easel.web.tier_headers import GENERATION_ID_HEADER

log = logging.getLogger(__name__)

# Looks between two renewals of the lease: well within its life.
_LOOKS_TO_RENEW = 8

# Ended ones that the store did not take: for those who ask in this process.
_MOST_UNSTORED = 16

_BUG = "The gateway failed at it."


@dataclass(frozen=True, slots=True)
class Timing:
    """
    Attributes:
        longest_s: That a server may take for one generation.
        clock: Measures how long it took.
        pause: Between two looks at the store and at the server.
        now: The time of day.
    """

    longest_s: float
    clock: Clock
    pause: Pause
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))


class Paintings:
    """Lives on one event loop.

    Args:
        adapter: To the server.
        places: On it.
        kept: What all gateways know.
        timing: Limits and clocks.
    """

    def __init__(
        self, adapter: Adapter, places: Places, kept: KeptPaintings, timing: Timing
    ) -> None:
        self._adapter = adapter
        self._places = places
        self._kept = kept
        self._timing = timing
        self._holder = uuid.uuid4().hex
        self._live: dict[str, LivePainting] = {}
        self._arriving: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    # Beginning

    async def arrive(self, form: OrderForm) -> tuple[Watched, bool]:
        """The generation with the form's id, and whether this call began it.

        Raises:
            IdempotencyKeyReused: the id is that of another request.
            QueueFull: too many wait already.
            StorageFull: it is to be kept, and there is no room.
            StoreUnavailable: it is to be kept, and cannot be.
        """
        lock = self._arriving.setdefault(form.id, asyncio.Lock())
        async with lock:
            if (live := self._live.get(form.id)) is not None:
                _check_same(live.record, form)
                live.is_kept = live.is_kept or form.is_kept
                return live, False
            record = await self._stored(form)
            if record is not None:
                _check_same(record, form)
                return StoredPainting(record, self._kept, self._timing.pause), False
            return await self._begin(form)

    async def _stored(self, form: OrderForm) -> Record | None:
        try:
            return await self._kept.find(form.id)
        except StoreUnavailable:
            if form.is_kept:
                raise
            return None

    async def _begin(self, form: OrderForm) -> tuple[Watched, bool]:
        self._places.check_room()
        if form.is_kept and not await self._kept.has_room():
            raise StorageFull(
                "There is no room to keep more pictures of servers of other makes."
            )
        document = stages.queued(
            form.id,
            form.model.id,
            self._timing.now(),
            form.parameters,
            form.warnings,
        )
        record = Record(user=form.user, fingerprint=form.fingerprint, document=document)
        try:
            await self._kept.hold(form.id, self._holder)
            stands = await self._kept.begin(record)
        except StoreUnavailable:
            if form.is_kept:
                raise
            stands = record
        if stands != record:
            # Another process was first.
            await self._attempt_release(form.id)
            _check_same(stands, form)
            return StoredPainting(stands, self._kept, self._timing.pause), False
        live = LivePainting(record, form.request, form.model, is_kept=form.is_kept)
        self._live[form.id] = live
        live.task = asyncio.create_task(self._run(live))
        return live, True

    # Asking of it

    async def find(self, generation_id: str, user: str | None) -> Watched:
        """
        Args:
            generation_id: Of it.
            user: Whose it must be; None: whoever asks.

        Raises:
            GenerationNotFound: there is none, or it is somebody else's.
            StoreUnavailable: it is not in this process.
        """
        live = self._live.get(generation_id)
        record = live.record if live else await self._kept.find(generation_id)
        if record is None or user not in (None, record.user):
            raise GenerationNotFound(f"No generation {generation_id}.")
        if live is not None:
            return live
        stored = StoredPainting(record, self._kept, self._timing.pause)
        if not isinstance(record.document, stages.ENDED):
            await stored.look()
        return stored

    async def cancel(self, watched: Watched, reason: StopReason) -> None:
        """Whoever runs it. Nothing if it has ended. Raises StoreUnavailable."""
        if isinstance(watched, LivePainting):
            self.stop(watched, reason)
        elif not isinstance(watched.document, stages.ENDED):
            await self._kept.ask_to_stop(watched.document.id)

    def stop(self, live: LivePainting, reason: StopReason) -> None:
        """Nothing if it has ended, or does so already."""
        if live.has_ended or live.stopping is not None:
            return
        live.stopping = reason
        _hang_up(live)

    async def forget(self, live: LivePainting) -> None:
        """It failed before anything of it was done: as if it had never been."""
        self._live.pop(live.order.id, None)
        with suppress(StoreUnavailable):
            await self._kept.forget(live.order.id)

    async def end(self) -> None:
        """Let those that are kept come to their end; stop the others."""
        for live in list(self._live.values()):
            if not live.is_kept:
                self.stop(live, "client_disconnected")
        tasks = [live.task for live in self._live.values() if live.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=self._timing.longest_s)
            for live in list(self._live.values()):
                _hang_up(live)
            await asyncio.gather(*tasks, return_exceptions=True)

    # Painting

    async def _run(self, live: LivePainting) -> None:
        keeper = asyncio.create_task(self._keep(live))
        try:
            document = await self._outcome(live)
        finally:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
        await self._settle(live, document)

    async def _outcome(self, live: LivePainting) -> Generation:
        try:
            return await self._tried(live)
        except ServiceError as error:
            live.fault = error
        except Exception:
            log.exception("a bug: a generation failed in the gateway")
            live.fault = InternalError(_BUG)
        if live.stopping is not None:
            return stages.cancelled(live.document, live.stopping)
        return stages.failed(live.document, live.fault.problem(current_request_id()))

    async def _tried(self, live: LivePainting) -> Generation:
        """Raises ServiceError: there are no pictures."""
        try:
            if live.stopping is None:
                live.is_painting = True
                return await self._painted(live)
            raise ServerStopping("It is not wanted any more.")
        except asyncio.CancelledError as error:
            live.is_painting = False
            await self._adapter.stop(live.order)
            raise ServerStopping("The gateway is stopping.") from error
        except TimeoutError as error:
            live.is_painting = False
            await self._adapter.stop(live.order)
            raise UpstreamTimeout(TIMED_OUT) from error
        finally:
            live.is_painting = False

    async def _painted(self, live: LivePainting) -> Generation:
        clock = self._timing.clock
        came_s = clock.now()
        async with self._places.take(live.waits_at):
            live.show(stages.running(live.document))
            began_s = clock.now()
            async with asyncio.timeout(self._timing.longest_s):
                painted = await self._adapter.paint(live.order)
            painting_s = clock.now() - began_s
        files = _described(live, painted)
        live.files = [each.file for each in painted]
        return stages.completed(
            live.document,
            live.model,
            files,
            queued_s=began_s - came_s,
            painting_s=painting_s,
        )

    async def _settle(self, live: LivePainting, document: Generation) -> None:
        """In the store first: who hears of the end may ask another process for it."""
        lengths = tuple(map(len, live.files))
        live.record = live.record.model_copy(update={"image_bytes": lengths})
        ended = live.record.model_copy(update={"document": document})
        try:
            is_stored = await self._stored_end(live, ended)
        except StoreUnavailable:
            is_stored = False
        if is_stored:
            self._live.pop(live.order.id, None)
        else:
            log.warning("a generation could not be kept: the store is full or away")
            self._drop_unstored()
        live.show(document)
        await self._attempt_release(live.order.id)

    async def _stored_end(self, live: LivePainting, ended: Record) -> bool:
        """What was promised is kept however full it is."""
        if live.files and not live.is_kept and not await self._kept.has_room():
            await self._kept.forget(live.order.id)
            return False
        await self._kept.put_images(live.order.id, live.files)
        await self._kept.put(ended, has_ended=True)
        return True

    def _drop_unstored(self) -> None:
        ended = [id_ for id_, live in self._live.items() if live.has_ended]
        for generation_id in ended[: len(ended) - _MOST_UNSTORED + 1]:
            del self._live[generation_id]

    async def _keep(self, live: LivePainting) -> None:
        """Tell the others how it stands, and hear from them whether to stop."""
        never = asyncio.Event()
        written = live.document
        for look in itertools.count(1):
            await self._timing.pause(LOOK_S, never)
            if live.is_running:
                await self._ask_for_steps(live)
            with suppress(StoreUnavailable):
                if look % _LOOKS_TO_RENEW == 0:
                    await self._kept.hold(live.order.id, self._holder)
                if live.document != written:
                    written = live.document
                    await self._kept.put(live.record, has_ended=False)
                if await self._kept.is_to_stop(live.order.id):
                    self.stop(live, "requested")

    async def _ask_for_steps(self, live: LivePainting) -> None:
        if not live.model.features.progress:
            return
        step = await self._adapter.steps_done(live.order)
        document = live.document
        if step is not None and document.status == "running" and step > document.step:
            live.show(stages.running(document, step))

    async def _attempt_release(self, generation_id: str) -> None:
        with suppress(StoreUnavailable):
            await self._kept.release(generation_id, self._holder)


def _hang_up(live: LivePainting) -> None:
    """Nothing where its task has not begun, and will see, or tells of its end."""
    if live.is_painting and live.task is not None:
        live.task.cancel()


def _check_same(known: Record, form: OrderForm) -> None:
    if known.fingerprint != form.fingerprint:
        raise IdempotencyKeyReused(
            f"{GENERATION_ID_HEADER}: is the id of another request.",
            param=GENERATION_ID_HEADER,
        )


def _described(live: LivePainting, painted: Sequence[Painted]) -> list[stages.File]:
    """Raises EngineFailed if one is no picture."""
    files = []
    for each, asked_seed in zip(painted, image_seeds(live.parameters), strict=True):
        try:
            header = read_header(each.file)
        except NoImage as error:
            raise EngineFailed(
                f"The server that was to paint it gave no picture: {error}."
            ) from error
        # The formats that a header can name are those that have a media type.
        media_type: MediaType = f"image/{header.format}"  # type: ignore[assignment]
        files.append(
            stages.File(
                width=header.width,
                height=header.height,
                media_type=media_type,
                sha256=hashlib.sha256(each.file).hexdigest(),
                seed=asked_seed if each.seed is None else each.seed,
            )
        )
    return files
