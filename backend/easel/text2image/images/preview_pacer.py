"""When a preview is worth its time. Pure."""

from easel.clock import Clock


class PreviewPacer:
    """Decides after which steps to make a preview.

    Args:
        num_inference_steps: Of the generation.
        clock: Of the thread that asks.
        interval_s: At least so often by the clock ...
        least: ... and at least so many over the whole generation, however fast it is.
    """

    def __init__(
        self,
        num_inference_steps: int,
        clock: Clock,
        *,
        interval_s: float = 0.25,
        least: int = 6,
    ) -> None:
        self._steps = num_inference_steps
        self._clock = clock
        self._interval_s = interval_s
        self._every = max(1, num_inference_steps // least)
        self._last_step = 0
        self._last_at = clock.now()

    def is_due(self, step: int) -> bool:
        """Never after the last step: the image itself is next."""
        if step >= self._steps:
            return False
        waited = self._clock.now() - self._last_at >= self._interval_s
        if not waited and step - self._last_step < self._every:
            return False
        self._last_step, self._last_at = step, self._clock.now()
        return True
