"""What one process may give away while the store is away. No I/O.

Of what was left of a day when the store was last heard, each process gives away an
equal share, and at least one image: all together never more than the limit, as long as
there is that much.
"""

from easel.gateway.access.bounded import keep


class OutageShares:
    """By counter, that is by caller and day.

    Args:
        processes: How many share what is left.
    """

    def __init__(self, processes: int) -> None:
        self._processes = processes
        # Images used, when the store last said so,
        self._heard: dict[str, int] = {}
        # and reserved or delivered since then, without it.
        self._alone: dict[str, int] = {}

    def hear(self, name: str, used: int) -> None:
        """The store is back, and says this."""
        keep(self._heard, name, used)
        self._alone.pop(name, None)

    def used(self, name: str) -> int:
        """When the store was last heard; 0 if it never was."""
        return self._heard.get(name, 0)

    def left(self, name: str, limit: int) -> int:
        rest = limit - self.used(name)
        share = max(1, rest // self._processes) if rest > 0 else 0
        return max(0, share - self._alone.get(name, 0))

    def take(self, name: str, images: int) -> None:
        keep(self._alone, name, self._alone.get(name, 0) + images)

    def give_back(self, name: str, images: int) -> None:
        """Nothing if the store was heard since they were taken."""
        if name in self._alone:
            self._alone[name] -= images
