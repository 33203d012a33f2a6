"""Images of a day that somebody asked for and that are not painted yet."""

from dataclasses import dataclass

from easel.gateway.access.day_counters import parse_item
from easel.gateway.access.image_block import ImageBlock


@dataclass(slots=True, eq=False)
class Reservation:
    """
    Attributes:
        caller_id: Whose.
        day: UTC, as `2026-11-22`.
        images: So many.
        block: Of this process, from which they are.
        item: Its own name in the timetable, if it stands for itself. With neither, it
            was reserved while the store was away, so the counter does not know of it.
    """

    caller_id: str
    day: str
    images: int
    block: ImageBlock | None = None
    item: str | None = None


def kept_reservation(item: str) -> Reservation:
    """What `Quota.keep` kept, in any process."""
    return Reservation(*parse_item(item), item=item)
