"""One ticket that waits in this process."""

import asyncio

from easel.errors import ServiceError
from easel.gateway.admission.tickets import Place
from easel.gateway.calls import OnPlace

_BETWEEN_PLACES_S = 1.0


class Waiter:
    """
    Attributes:
        verdict: When it was let in, or why it will not be; None while it waits. It is
            kept beside the future, which a cancelled task cancels with itself.
    """

    def __init__(self, on_place: OnPlace | None) -> None:
        self.verdict: float | ServiceError | None = None
        self._has_verdict = asyncio.get_running_loop().create_future()
        self._on_place = on_place
        self._place: Place | None = None
        self._told_at_s = 0.0

    @property
    def wants_places(self) -> bool:
        return self._on_place is not None

    async def outcome(self) -> float | ServiceError:
        await self._has_verdict
        assert self.verdict is not None
        return self.verdict

    def tell(self, verdict: float | ServiceError) -> None:
        self.verdict = verdict
        if not self._has_verdict.done():
            self._has_verdict.set_result(None)

    def stands_at(self, place: Place, now_s: float) -> None:
        """Pass on what is new, at most once a second."""
        if self._on_place is None or place == self._place:
            return
        if self._place is None or now_s - self._told_at_s >= _BETWEEN_PLACES_S:
            self._place, self._told_at_s = place, now_s
            self._on_place(place)
