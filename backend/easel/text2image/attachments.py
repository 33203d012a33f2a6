"""One caller who waits for the answer of a generation."""

from collections.abc import Callable
from typing import Literal

from easel.text2image.live_generation import LiveGeneration, StopReason

# How a generation with a chosen id was had: begun by this request, found while it
# waits or runs, found when it had ended.
CacheStatus = Literal["miss", "running", "hit"]


class Attachment:
    """Begins when it is made and ends with `leave`.

    Nobody paints for nobody: the last caller who leaves ends the generation, unless
    it is durable.

    Args:
        live: What is waited for.
        end: Ends a generation that has not ended.
        cache: How it was had; None if its id was not chosen by the caller.
    """

    def __init__(
        self,
        live: LiveGeneration,
        end: Callable[[LiveGeneration, StopReason], None],
        cache: CacheStatus | None = None,
    ) -> None:
        self.live = live
        self.cache = cache
        self._end = end
        self._has_left = False
        live.callers += 1

    def leave(self, reason: StopReason) -> None:
        """It waits no longer, or has its answer. Nothing the second time."""
        if self._has_left:
            return
        self._has_left = True
        self.live.callers -= 1
        if not self.live.callers and not self.live.accepted.is_durable:
            self._end(self.live, reason)
