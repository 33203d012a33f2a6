"""Several generations behind one answer: their caller pays for all or for none."""

from collections.abc import Callable
from types import TracebackType
from typing import Self


class JointDelivery:
    """A context manager around all of them; whole only if `complete` was called."""

    def __init__(self) -> None:
        self._payments: list[Callable[[bool], None]] = []
        self._is_whole = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for pay in self._payments:
            pay(self._is_whole)

    def at_the_end(self, pay: Callable[[bool], None]) -> None:
        """
        Args:
            pay: Called with whether the answer has become whole.
        """
        self._payments.append(pay)

    def complete(self) -> None:
        self._is_whole = True
