"""The one thread that owns the engine.

Accepted generations come in through an inbox; what happens goes out through a
`Listener`, whose methods run on the event loop. Nothing else crosses.
"""

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from PIL.Image import Image

from easel.clock import Clock
from easel.contract.models import ModelDocument
from easel.errors import EngineFailed, ServiceError
from easel.text2image.engines.base import (
    Engine,
    ModelUnavailable,
    Painted,
    Painting,
    Stopped,
)
from easel.text2image.live_generation import LiveGeneration
from easel.text2image.parameters import image_seeds
from easel.text2image.previews import PreviewPacer, preview_url

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """What the rest of the server may know of the engine."""

    model: ModelDocument
    device: str
    cuda_available: bool


@dataclass(frozen=True, slots=True)
class PaintTimes:
    """Seconds on the device."""

    encode_s: float
    denoise_s: float
    decode_s: float


class Listener(Protocol):
    """Hears what the runner does; every method is called on the event loop."""

    def on_ready(self, loaded: LoadedModel) -> None: ...
    def on_unavailable(self, reason: str) -> None: ...
    def on_started(self, live: LiveGeneration) -> None: ...
    def on_step(self, live: LiveGeneration, step: int) -> None: ...
    def on_previews(
        self, live: LiveGeneration, step: int, image_urls: Sequence[str]
    ) -> None: ...
    def on_painted(
        self, live: LiveGeneration, painted: Painted, times: PaintTimes
    ) -> None: ...
    def on_stopped(self, live: LiveGeneration) -> None: ...
    def on_failed(self, live: LiveGeneration, error: ServiceError) -> None: ...


# Runs a callable with its arguments on the event loop, from any thread.
Post = Callable[..., object]


class EngineRunner:
    """Loads the engine, then paints what is submitted, one generation at a time.

    Only the thread inside touches the engine, so it needs no lock. `submit` and
    `finish` are safe from any thread.
    """

    def __init__(self, load: Callable[[], Engine], post: Post, clock: Clock) -> None:
        self._load = load
        self._post = post
        self._clock = clock
        self._inbox: queue.SimpleQueue[LiveGeneration | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def start(self, listener: Listener) -> None:
        # A daemon: a hung driver call must not keep the process from ending.
        self._thread = threading.Thread(
            target=self._run, args=(listener,), name="engine", daemon=True
        )
        self._thread.start()

    def submit(self, live: LiveGeneration) -> None:
        self._inbox.put(live)

    def finish(self, timeout_s: float) -> None:
        """End the thread after what it is doing; blocks for at most `timeout_s`."""
        self._inbox.put(None)
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self, listener: Listener) -> None:
        """The outermost handler: this thread never dies unheard."""
        try:
            engine = self._load()
            loaded = LoadedModel(engine.model, engine.device, engine.cuda_available)
            self._post(listener.on_ready, loaded)
            while (live := self._inbox.get()) is not None:
                self._paint(engine, live, listener)
        except ModelUnavailable as error:
            self._post(listener.on_unavailable, str(error))
        except BaseException as error:
            log.exception("the engine's thread died")
            reason = f"internal error: {type(error).__name__}"
            self._post(listener.on_unavailable, reason)

    def _paint(self, engine: Engine, live: LiveGeneration, listener: Listener) -> None:
        if live.stop.is_set():
            self._post(listener.on_stopped, live)
            return
        self._post(listener.on_started, live)
        watch = _StepWatch(live, listener, self._post, self._clock)
        try:
            painted = engine.paint(_painting(live), watch)
        except Stopped:
            self._post(listener.on_stopped, live)
        except ModelUnavailable:
            raise
        except ServiceError as error:
            self._post(listener.on_failed, live, error)
        except Exception as error:
            fields = {"id": live.id, "request_id": live.accepted.request_id}
            log.exception("a generation failed", extra={"fields": fields})
            failure = EngineFailed(f"The model failed: {type(error).__name__}.")
            self._post(listener.on_failed, live, failure)
        else:
            self._post(listener.on_painted, live, painted, watch.times())


class _StepWatch:
    """Passes on what the engine does, and ends it when nobody wants the image."""

    def __init__(
        self, live: LiveGeneration, listener: Listener, post: Post, clock: Clock
    ) -> None:
        self._live = live
        self._listener = listener
        self._post = post
        self._clock = clock
        self._pacer = PreviewPacer(live.parameters.num_inference_steps, clock)
        self._began_at = clock.now()
        self._denoising_at = self._began_at
        self._last_step_at = self._began_at

    def denoising(self) -> None:
        self._stop_if_unwanted()
        self._denoising_at = self._last_step_at = self._clock.now()

    def step(self, step: int, previews: Callable[[], Sequence[Image]]) -> None:
        self._last_step_at = self._clock.now()
        self._post(self._listener.on_step, self._live, step)
        self._stop_if_unwanted()
        if self._pacer.is_due(step):
            self._send_previews(step, previews)

    def times(self) -> PaintTimes:
        """Call when the painting is done: decoding ends now."""
        return PaintTimes(
            encode_s=self._denoising_at - self._began_at,
            denoise_s=self._last_step_at - self._denoising_at,
            decode_s=self._clock.now() - self._last_step_at,
        )

    def _send_previews(
        self, step: int, previews: Callable[[], Sequence[Image]]
    ) -> None:
        """An image without previews is better than none."""
        try:
            urls = [preview_url(image) for image in previews()]
        except Exception:
            log.exception("no preview", extra={"fields": {"id": self._live.id}})
        else:
            self._post(self._listener.on_previews, self._live, step, urls)

    def _stop_if_unwanted(self) -> None:
        if self._live.stop.is_set():
            raise Stopped


def _painting(live: LiveGeneration) -> Painting:
    parameters = live.parameters
    native = parameters.native_size
    return Painting(
        prompt=parameters.prompt,
        negative_prompt=parameters.negative_prompt,
        width=native.width if native else parameters.width,
        height=native.height if native else parameters.height,
        num_inference_steps=parameters.num_inference_steps,
        guidance_scale=parameters.guidance_scale,
        seeds=image_seeds(parameters),
    )
