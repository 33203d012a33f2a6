"""Finished samples become images: a few between two steps, each on its own feet."""

from collections.abc import Callable, Sequence

from PIL.Image import Image

from easel.clock import Clock
from easel.errors import ServiceError
from easel.text2image.engine_thread.painting import SampleRun
from easel.text2image.engine_thread.step_watch import StepWatch
from easel.text2image.engines.base import ModelUnavailable, PendingImages
from easel.text2image.scheduling.turns import DECODES_PER_TURN


class ImageDecoding:
    """
    Args:
        clock: Times it.
        watch: Told when the device is at it.
        painted: Given each image, and the seconds that it took.
        failed: Told of each sample that gives none.
    """

    def __init__(
        self,
        clock: Clock,
        watch: StepWatch,
        painted: Callable[[SampleRun, Image, float], None],
        failed: Callable[[SampleRun, Exception], None],
    ) -> None:
        self._clock = clock
        self._watch = watch
        self._painted = painted
        self._failed = failed
        self._finished: list[SampleRun] = []
        self._launched: list[tuple[list[SampleRun], PendingImages, float]] = []

    def add(self, runs: Sequence[SampleRun]) -> None:
        """They have made their last step."""
        self._finished += runs

    def drop(self, run: SampleRun) -> None:
        """Nobody wants it any more. Nothing if it is not waiting here."""
        if run in self._finished:
            self._finished.remove(run)

    def turn(self) -> None:
        """Decode samples of one key, for their images have one size."""
        if not self._finished:
            return
        key = self._finished[0].queued.key
        runs = [run for run in self._finished if run.queued.key == key]
        runs = runs[:DECODES_PER_TURN]
        self._finished = [run for run in self._finished if run not in runs]
        self._watch.begin(self._clock.now(), None)
        try:
            self._launch(runs)
        finally:
            self._watch.end()
        self.collect()

    def collect(self, *, wait: bool = False) -> None:
        """Hand on the images that are ready, or all."""
        launched, self._launched = self._launched, []
        for runs, pending, began_at in launched:
            if wait or pending.is_ready():
                self._hand_on(runs, pending, began_at)
            else:
                self._launched.append((runs, pending, began_at))

    def _launch(self, runs: Sequence[SampleRun]) -> None:
        began_at = self._clock.now()
        try:
            pending = runs[0].engine.decode([run.running for run in runs])
        except ModelUnavailable:
            raise
        except Exception as error:
            self._apart(runs, error)
        else:
            self._launched.append((list(runs), pending, began_at))

    def _apart(self, runs: Sequence[SampleRun], error: Exception) -> None:
        """One image that cannot be decoded must not take its neighbours along."""
        if len(runs) == 1:
            self._failed(runs[0], error)
            return
        for run in runs:
            # Without a sample, its generation failed with an image before it.
            if run.running is not None:
                self._launch([run])

    def _hand_on(
        self, runs: Sequence[SampleRun], pending: PendingImages, began_at: float
    ) -> None:
        try:
            images = pending.result()
        except ModelUnavailable:
            raise
        except Exception as error:
            self._apart(runs, error)
            return
        decode_s = (self._clock.now() - began_at) / len(runs)
        for run, image in zip(runs, images, strict=True):
            if run.running is None:
                # Its generation was stopped meanwhile.
                continue
            if isinstance(image, ServiceError):
                self._failed(run, image)
            else:
                self._painted(run, image, decode_s)
