"""Device work beside the step loop: encoding prompts, decoding images.

On CUDA it is put on a stream of its own and runs while steps go on; everywhere else
there is one queue of work, and it runs at once.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

import torch

T = TypeVar("T")


class Launched(Generic[T]):
    """What side work returned; its tensors may still be on their way."""

    def __init__(self, value: T, event: torch.cuda.Event | None) -> None:
        self._value = value
        self._event = event

    def is_ready(self) -> bool:
        return self._event is None or self._event.query()

    def wait(self) -> T:
        """Block this thread until the device is done."""
        if self._event is not None:
            self._event.synchronize()
        return self._value

    def join(self) -> T:
        """Order the current stream behind it, without blocking this thread."""
        if self._event is not None:
            torch.cuda.current_stream(self._event.device).wait_event(self._event)
        return self._value


class SideStream:
    """Launches work; on CUDA after what the current stream has been given so far."""

    def __init__(self, device: str) -> None:
        is_cuda = device.startswith("cuda")
        self._device = device
        self._stream = torch.cuda.Stream(device) if is_cuda else None

    def launch(self, work: Callable[[], T], *reads: torch.Tensor) -> Launched[T]:
        """Start `work`; `reads` are tensors of the current stream that only it holds.

        Without being told, torch would give their memory to the next step.
        """
        if self._stream is None:
            return Launched(work(), None)
        self._stream.wait_stream(torch.cuda.current_stream(self._device))
        for tensor in reads:
            tensor.record_stream(self._stream)
        with torch.cuda.stream(self._stream):
            value = work()
            return Launched(value, self._stream.record_event())

    def join(self) -> None:
        """Order the current stream behind all that was launched."""
        if self._stream is not None:
            torch.cuda.current_stream(self._device).wait_stream(self._stream)


class StepFence:
    """Keeps the host at most one step ahead of a CUDA device.

    Without it, a loop that never reads a result would queue hundreds of steps, and a
    cancelled image would be painted to its end. With it, the device always has the
    next step waiting and still stops within two.
    """

    def __init__(self, device: str) -> None:
        self._device = device
        self._is_cuda = device.startswith("cuda")
        self._events: list[torch.cuda.Event] = []

    def before_step(self) -> None:
        if len(self._events) == 2:
            self._events.pop(0).synchronize()

    def after_step(self) -> None:
        if self._is_cuda:
            self._events.append(torch.cuda.current_stream(self._device).record_event())
