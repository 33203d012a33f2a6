"""Whether a store can be used, and one line in the log when that changes."""

import logging

log = logging.getLogger(__name__)


class Availability:
    """True until something fails, then false until something was written again.

    A read that works proves little: a full, read-only or locked store still reads.
    """

    def __init__(self, name: str) -> None:
        """`name` is what the log calls it; nothing secret."""
        self._name = name
        self.is_available = True

    def failed(self, reason: str) -> None:
        if self.is_available:
            log.error("the store cannot be used: %s: %s", self._name, reason)
        self.is_available = False

    def has_written(self) -> None:
        if not self.is_available:
            log.warning("the store can be used again: %s", self._name)
        self.is_available = True
