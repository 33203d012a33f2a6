"""How long models take to load, learned by watching servers load them. Pure."""

from easel.clock import Clock
from easel.contract.models import ModelState

# Before any has been seen: gigabytes from a disk.
UNKNOWN_LOAD_S = 30.0

_LEARNING_RATE = 0.5


class LoadTimes:
    """What all servers together have taught; a model is known by its id."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}

    def expected_s(self, model: str) -> float:
        return self._seconds.get(model, UNKNOWN_LOAD_S)

    def learn(self, model: str, seconds: float) -> None:
        before_s = self._seconds.get(model, seconds)
        self._seconds[model] = before_s + _LEARNING_RATE * (seconds - before_s)


class LoadWatch:
    """The models of one server."""

    def __init__(self, clock: Clock, times: LoadTimes) -> None:
        self._clock = clock
        self._times = times
        self._unloaded_at: dict[str, float] = {}
        # When it was first seen to load, and how far it was then.
        self._loading: dict[str, tuple[float, float]] = {}
        self._progress: dict[str, float] = {}

    def saw(
        self, model: str, state: ModelState, *, progress: float | None = None
    ) -> None:
        now = self._clock.now()
        if state == "loading":
            self._unloaded_at.pop(model, None)
            self._loading.setdefault(model, (now, progress or 0.0))
            self._progress[model] = progress or 0.0
            return
        since = self._loading.pop(model, None)
        unloaded_at = self._unloaded_at.pop(model, None)
        if state == "unloaded":
            self._unloaded_at[model] = now
        elif state == "ready" and since is not None:
            self._times.learn(model, now - since[0])
        elif state == "ready" and unloaded_at is not None:
            # It loaded between two looks.
            self._times.learn(model, now - unloaded_at)

    def remaining_s(self, model: str) -> float:
        """Seconds until it could be loaded, begun already or not."""
        expected_s = self._times.expected_s(model)
        if model not in self._loading:
            return expected_s
        since, progress_then = self._loading[model]
        elapsed_s = self._clock.now() - since
        progress = self._progress[model]
        if elapsed_s > 0 and progress > progress_then:
            return elapsed_s * (1 - progress) / (progress - progress_then)
        # What takes longer than expected takes, as a rule, quite a bit longer.
        return max(expected_s - elapsed_s, elapsed_s / 2)
