"""A replica's messages become what a listener hears: once each, though repeated."""

from collections.abc import Callable

from easel.clock import Clock
from easel.errors import error_of
from easel.text2image.engine_thread.painting import (
    Order,
    PaintedImage,
    PreviewReport,
    SampleTimes,
    StepReport,
)
from easel.text2image.engine_thread.runner import RunnerListener
from easel.text2image.executors.fleet_queue import FleetQueue
from easel.text2image.executors.flight import Flight
from easel.text2image.executors.raw_pictures import PictureInPieces
from easel.text2image.executors.replica_messages import (
    Failed,
    Hello,
    Item,
    Painted,
    Previewed,
    Started,
    Stepped,
    Warned,
    message_of,
)


class PassCounter:
    """Which denoiser passes have been told of: each counts once, of many who tell."""

    def __init__(self) -> None:
        self._newest: dict[str, int] = {}

    def is_new(self, replica: str, number: int) -> bool:
        if number <= self._newest.get(replica, 0):
            return False
        self._newest[replica] = number
        return True


class FlightNews:
    """Reads one stream.

    Args:
        flight: Whose.
        positions: Of its images, in the stream's own order.
        queue: Told how far it is.
        passes: Shared by all streams.
        post: Carries news to the listener.
        listener: Hears them.
        clock: The server's.
    """

    def __init__(
        self,
        flight: Flight,
        *,
        queue: FleetQueue,
        passes: PassCounter,
        post: Callable[..., object],
        listener: RunnerListener,
        clock: Clock,
    ) -> None:
        self.replica: str | None = None
        self.has_ended = False
        self._flight = flight
        self._positions = list(flight.missing)
        self._queue = queue
        self._passes = passes
        self._post = post
        self._listener = listener
        self._clock = clock
        self._picture: PictureInPieces | None = None
        self._pictured: Previewed | Painted | None = None

    def hear(self, item: Item) -> None:
        """Raises ValueError: no replica of ours talks like that."""
        if isinstance(item, bytes):
            self._hear_piece(item)
            return
        message = message_of.validate_python(item)
        order = self._flight.painting.order
        if isinstance(message, Hello):
            self.replica = message.replica
        elif isinstance(message, Started):
            self._start()
        elif isinstance(message, Warned):
            if not self._flight.told_warnings:
                self._flight.told_warnings = True
                self._post(self._listener.on_warnings, order, message.warnings)
        elif isinstance(message, Stepped):
            self._step(message)
        elif isinstance(message, Previewed | Painted):
            self._picture = PictureInPieces(message.picture, [])
            self._pictured = message
        elif isinstance(message, Failed):
            self.has_ended = True
            self._post(self._listener.on_failed, order, error_of(message.problem))

    def _start(self) -> None:
        if not self._flight.has_started:
            self._flight.has_started = True
            self._post(self._listener.on_started, self._flight.painting.order)

    def _step(self, stepped: Stepped) -> None:
        flight = self._flight
        self._queue.stepped(
            flight.id,
            stepped.step,
            rows=stepped.rows,
            seconds=stepped.seconds,
            now_s=self._clock.now(),
        )
        progress: tuple[tuple[Order, int], ...] = ()
        if stepped.step > flight.told_step:
            flight.told_step = stepped.step
            progress = ((flight.painting.order, stepped.step),)
        if self._passes.is_new(self.replica or "", stepped.number):
            report = StepReport(
                flight.painting.model,
                stepped.images,
                stepped.rows,
                stepped.seconds,
                progress,
            )
            self._post(self._listener.on_step, report)
        elif progress:
            self._post(self._listener.on_progress, progress)

    def _hear_piece(self, piece: bytes) -> None:
        if self._picture is None:
            raise ValueError("a piece of no picture")
        self._picture.pieces.append(piece)
        if not self._picture.is_whole:
            return
        image, message = self._picture.image(), self._pictured
        self._picture = self._pictured = None
        flight = self._flight
        order = flight.painting.order
        if isinstance(message, Previewed):
            index = self._positions[message.position]
            # What a later replica makes again is known already.
            if order.is_watched and message.step >= flight.told_step:
                preview = PreviewReport(order, message.step, ((index, image),))
                self._post(self._listener.on_previews, preview)
        elif isinstance(message, Painted):
            index = self._positions[message.position]
            painted = PaintedImage(
                index, image, self._times(message), message.largest_batch
            )
            flight.missing.remove(index)
            self._post(self._listener.on_image, order, painted)
            self.has_ended = not flight.missing

    def _times(self, painted: Painted) -> SampleTimes:
        """By the server's own clock."""
        now_s = self._clock.now()
        return SampleTimes(
            encode_s=painted.encode_s,
            first_step_at=now_s - painted.first_step_ago_s,
            last_step_at=now_s - painted.last_step_ago_s,
            decode_s=painted.decode_s,
        )
