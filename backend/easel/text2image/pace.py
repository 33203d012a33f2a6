"""How long things take here: learnt from what ran, used for every eta. Pure."""

from dataclasses import dataclass

from easel.contract.generations import Parameters

# A new measurement moves the estimate by a third of the difference: quick enough to
# follow a change of load, slow enough to shrug off one odd generation.
_LEARNING_RATE = 1 / 3

# The first step of a generation pays for memory and caches; two say what one costs.
MIN_TIMED_STEPS = 2


def work_units(parameters: Parameters) -> float:
    """Megapixels x images: what the time of one step grows with."""
    size = parameters.native_size
    width = size.width if size else parameters.width
    height = size.height if size else parameters.height
    return width * height * parameters.num_images / 1e6


@dataclass(slots=True)
class Pace:
    """Learnt times of this server; None until something was measured."""

    step_s_per_unit: float | None = None
    overhead_s: float | None = None

    def learn(
        self, parameters: Parameters, *, denoise_s: float, overhead_s: float
    ) -> None:
        """Take in one completed generation.

        Args:
            parameters: What was painted.
            denoise_s: From the first step's start to the last one's end.
            overhead_s: Everything else, encoding and decoding.
        """
        steps = parameters.num_inference_steps
        step_s_per_unit = denoise_s / steps / work_units(parameters)
        self.step_s_per_unit = _moved(self.step_s_per_unit, step_s_per_unit)
        self.overhead_s = _moved(self.overhead_s, overhead_s)

    def predicted_s(self, parameters: Parameters) -> float | None:
        """Seconds that a whole generation takes, once it runs."""
        if self.step_s_per_unit is None or self.overhead_s is None:
            return None
        step_s = self.step_s_per_unit * work_units(parameters)
        return parameters.num_inference_steps * step_s + self.overhead_s


class RunningEta:
    """Seconds left of one running generation.

    Begins with what was predicted, if anything was; its own steps know better as soon
    as two of them are timed. Never grows: when steps become slower than they were, it
    stands still until the truth has caught up.
    """

    def __init__(
        self,
        num_inference_steps: int,
        *,
        started_at_s: float,
        predicted_s: float | None,
        overhead_s: float | None,
    ) -> None:
        self._steps = num_inference_steps
        self._finish_s = overhead_s or 0.0
        self._eta_s = predicted_s
        self._told_at_s = started_at_s
        self._timed_from_s: float | None = None
        self._first_timed = 0

    def after_step(self, step: int, now_s: float) -> float | None:
        """Take in that `step` steps are done; None while nothing is known.

        The first step only starts the watch: it is not typical.
        """
        if self._timed_from_s is None:
            self._timed_from_s, self._first_timed = now_s, step
        timed = step - self._first_timed
        if timed >= MIN_TIMED_STEPS:
            step_s = (now_s - self._timed_from_s) / timed
            eta_s = (self._steps - step) * step_s + self._finish_s
            self._eta_s = eta_s if self._eta_s is None else min(eta_s, self._eta_s)
        else:
            self._eta_s = self.at(now_s)
        self._told_at_s = now_s
        return self._eta_s

    def at(self, now_s: float) -> float | None:
        """Counted down by the clock since the last step."""
        if self._eta_s is None:
            return None
        return max(0.0, self._eta_s - (now_s - self._told_at_s))


def _moved(known: float | None, measured: float) -> float:
    return measured if known is None else known + _LEARNING_RATE * (measured - known)
