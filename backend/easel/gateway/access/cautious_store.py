"""The store, not asked again for a moment after it failed.

Each failing operation may take a second to say so; a request that needs four of them
must not wait four times, nor may all requests of an outage.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from easel.clock import Clock
from easel.errors import StoreUnavailable
from easel.gateway.store.base import Store

log = logging.getLogger(__name__)

T = TypeVar("T")

_PAUSE_S = 2.0

# A full disk is read, but not written: an outage is over when nothing failed so long.
_OVER_AFTER_S = 10.0


class CautiousStore:
    """
    Args:
        store: What is asked.
        clock: Measures the pause after a failure.
        consequence: Logged when an outage begins: what holds until it ends.
    """

    def __init__(self, store: Store, clock: Clock, *, consequence: str = "") -> None:
        self._store = store
        self._clock = clock
        self._consequence = consequence
        self._pause_ends = float("-inf")
        self._failed_at: float | None = None

    async def ask(self, operation: Callable[[Store], Awaitable[T]]) -> T:
        """
        Raises:
            StoreUnavailable: it failed now, or less than two seconds ago.
        """
        wait_s = self._pause_ends - self._clock.now()
        if wait_s > 0:
            raise StoreUnavailable(
                "The gateway's store is not available.", retry_after_s=wait_s
            )
        try:
            answer = await operation(self._store)
        except StoreUnavailable:
            self._failed()
            raise
        self._worked()
        return answer

    def resume(self) -> None:
        """End the pause: what is asked next is the last chance."""
        self._pause_ends = float("-inf")

    def _failed(self) -> None:
        now = self._clock.now()
        if self._failed_at is None:
            log.warning("the store does not answer; %s", self._consequence)
        self._failed_at = now
        self._pause_ends = now + _PAUSE_S

    def _worked(self) -> None:
        if self._failed_at is None:
            return
        if self._clock.now() - self._failed_at >= _OVER_AFTER_S:
            self._failed_at = None
            log.info("the store answers again")
