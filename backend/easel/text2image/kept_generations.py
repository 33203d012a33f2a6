"""Which generations this server still knows: the living, and the ended for a while."""

from easel.clock import Clock
from easel.errors import GenerationNotFound
from easel.text2image.image_files import ImageFiles
from easel.text2image.live_generation import LiveGeneration


class KeptGenerations:
    """Finds generations by id; forgets ended ones, with their images.

    Args:
        files: Where the images of the forgotten are.
        clock: Tells how old an ended generation is.
        ttl_s: How long an ended generation is kept.
        max_ended: How many are kept at most; the earliest accepted go first.
    """

    def __init__(
        self, files: ImageFiles, clock: Clock, *, ttl_s: float, max_ended: int
    ) -> None:
        self._files = files
        self._clock = clock
        self._ttl_s = ttl_s
        self._max_ended = max_ended
        self._known: dict[str, LiveGeneration] = {}  # in order of acceptance

    def add(self, live: LiveGeneration) -> None:
        self._forget()
        self._known[live.id] = live

    def find(self, generation_id: str) -> LiveGeneration:
        """Raises GenerationNotFound: never existed here, or was kept long enough."""
        self._forget()
        live = self._known.get(generation_id)
        if live is None:
            raise GenerationNotFound(
                f"No generation {generation_id!r} here (any more)."
            )
        return live

    def _forget(self) -> None:
        ended = [live for live in self._known.values() if live.has_ended]
        surplus = len(ended) - self._max_ended
        too_old_s = self._clock.now() - self._ttl_s
        for index, live in enumerate(ended):
            if index < surplus or (live.ended_at_s or 0.0) <= too_old_s:
                del self._known[live.id]
                self._files.discard(live.id)
