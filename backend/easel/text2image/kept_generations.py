"""Which generations this server still knows: the living, and the ended for a while."""

from collections.abc import Callable

from easel.clock import Clock
from easel.errors import GenerationNotFound
from easel.text2image.live_generation import LiveGeneration


class KeptGenerations:
    """Finds generations by id; forgets ended ones, with their images.

    Args:
        discard: Told the id of each forgotten generation that left something on disk.
        clock: Tells how old an ended generation is.
        ttl_s: How long an ended generation is kept.
        max_ended: How many completed ones are kept at most, and how many others; the
            earliest accepted go first.
    """

    def __init__(
        self,
        discard: Callable[[str], object],
        clock: Clock,
        *,
        ttl_s: float,
        max_ended: int,
    ) -> None:
        self._discard = discard
        self._clock = clock
        self._ttl_s = ttl_s
        self._max_ended = max_ended
        self._known: dict[str, LiveGeneration] = {}  # in order of acceptance

    def add(self, live: LiveGeneration) -> None:
        self.forget_old()
        self._known[live.id] = live

    def ids(self) -> tuple[str, ...]:
        return tuple(self._known)

    def find(self, generation_id: str, user: str | None = None) -> LiveGeneration:
        """
        Args:
            generation_id: Of the generation.
            user: Whose it must be; None asks for anybody's.

        Raises:
            GenerationNotFound: it never existed here, was kept long enough, or is
                another user's, which must not be told apart.
        """
        self.forget_old()
        live = self._known.get(generation_id)
        if live is None or user not in (None, live.accepted.user):
            raise GenerationNotFound(
                f"No generation {generation_id!r} here (any more)."
            )
        return live

    def forget_old(self) -> None:
        """Forget what was kept long enough, or is too many."""
        too_old_s = self._clock.now() - self._ttl_s
        for live in self._surplus():
            self._forget(live)
        for live in list(self._known.values()):
            if live.ended_at_s is not None and live.ended_at_s <= too_old_s:
                self._forget(live)

    def make_room(self) -> bool:
        """Forget the older half of the completed; False if there is none."""
        completed = [live for live in self._known.values() if live.is_completed]
        for live in completed[: (len(completed) + 1) // 2]:
            self._forget(live)
        return bool(completed)

    def _surplus(self) -> list[LiveGeneration]:
        """Callers that hang up a thousand times must not push out anyone's images."""
        ended = [live for live in self._known.values() if live.has_ended]
        completed = [live for live in ended if live.is_completed]
        others = [live for live in ended if not live.is_completed]
        limit = self._max_ended
        return (
            completed[: max(0, len(completed) - limit)]
            + others[: max(0, len(others) - limit)]
        )

    def _forget(self, live: LiveGeneration) -> None:
        del self._known[live.id]
        if live.is_completed or live.accepted.is_durable:
            self._discard(live.id)
