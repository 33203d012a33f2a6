"""The counters of images by caller and day, and the timetable of what is reserved.

What the store has to be told and was not, because it is away, waits here.
"""

from collections import defaultdict

from easel.gateway.access.cautious_store import CautiousStore
from easel.gateway.access.wall_clock import DAY_S

_QUEUE = "reservations"
_COUNTER_TTL_S = 2 * DAY_S
_DUE_AT_ONCE = 100
_DUE_AGAIN_S = 60.0


class DayCounters:
    """All but the `_later` raise StoreUnavailable."""

    def __init__(self, store: CautiousStore) -> None:
        self._store = store
        # By counter: images to add.
        self._untold: defaultdict[str, int] = defaultdict(int)
        # Items that are settled.
        self._unforgotten: set[str] = set()

    async def used(self, name: str) -> int:
        """Delivered and reserved, as all processes will know when all is told."""
        told = await self._store.ask(lambda store: store.count(name))
        return told + self._untold.get(name, 0)

    async def take(self, name: str, images: int, limit: int) -> int | None:
        """What is used with these; None if they would pass the limit."""
        return await self._add(name, images, limit)

    def add_later(self, name: str, images: int) -> None:
        """Of any sign."""
        self._untold[name] += images
        if not self._untold[name]:
            del self._untold[name]

    async def schedule(self, item: str, for_s: float) -> None:
        """Unless it is forgotten, `item` is due then."""
        await self._store.ask(lambda store: store.schedule(_QUEUE, item, for_s))

    async def due(self) -> list[str]:
        """Items that nobody has forgotten, nor is about to here."""
        due = await self._store.ask(
            lambda store: store.due(_QUEUE, limit=_DUE_AT_ONCE, again_in_s=_DUE_AGAIN_S)
        )
        return [item for item in due if item not in self._unforgotten]

    async def forget(self, item: str) -> None:
        await self._store.ask(lambda store: store.unschedule(_QUEUE, item))

    def forget_later(self, item: str) -> None:
        self._unforgotten.add(item)

    async def tell_spent(self, item: str, images: int) -> None:
        """So many of an item's images are not to be given back when it is due."""
        await self._add(_spent_of(item), images, None)

    async def spent(self, item: str) -> int:
        return await self._store.ask(lambda store: store.count(_spent_of(item)))

    async def tell(self) -> None:
        """What was to be told later. If it fails, what is left may be told again."""
        while self._unforgotten:
            item = self._unforgotten.pop()
            try:
                await self.forget(item)
            except BaseException:
                self._unforgotten.add(item)
                raise
        while self._untold:
            name, images = self._untold.popitem()
            try:
                await self._add(name, images, None)
            except BaseException:
                self.add_later(name, images)
                raise

    async def _add(self, name: str, images: int, limit: int | None) -> int | None:
        return await self._store.ask(
            lambda store: store.add_within(name, images, limit, ttl_s=_COUNTER_TTL_S)
        )


def counter_of(caller_id: str, day: str) -> str:
    return f"quota/{caller_id}/{day}"


def item_of(name: str, caller_id: str, day: str, images: int) -> str:
    """What a timetable must know to give images back; `name` makes it unique."""
    return f"{name}|{day}|{images}|{caller_id}"


def parse_item(item: str) -> tuple[str, str, int]:
    """The caller's id, the day and the images."""
    _, day, images, caller_id = item.split("|", 3)
    return caller_id, day, int(images)


def _spent_of(item: str) -> str:
    return f"quota-spent/{item.partition('|')[0]}"
