"""Images of one day that a process took from everybody's counter at once. No I/O.

`free`, `in_flight`, `spent` and what the timetable was told add up to all of them.
"""

from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class ImageBlock:
    """
    Attributes:
        item: Its name in the timetable.
        caller_id: Whose images.
        day: UTC, as `2026-11-22`.
        limit: The caller's, when it was taken.
        serves_until: Nothing more is reserved from it then, by the process's clock.
        due_at: The timetable may give it back from then on.
        free: Reserved by nobody.
        left_outside: Of the limit, beside this block, when it was taken.
        in_flight: Reserved.
        spent: Delivered or given back, and the timetable was not told.
        recently: Reserved by the caller since the last look,
        before: and between that and the look before it.
    """

    item: str
    caller_id: str
    day: str
    limit: int
    serves_until: float
    due_at: float
    free: int
    left_outside: int = 0
    in_flight: int = 0
    spent: int = 0
    recently: int = 0
    before: int = 0

    @property
    def left(self) -> int:
        """Images that the caller may still ask for, as far as is known here."""
        return self.left_outside + self.free

    @property
    def used_lately(self) -> int:
        """Images within a second or two."""
        return max(self.before, self.recently)

    def goes_on_for(self, used_up: "ImageBlock") -> None:
        """With the next images of the same caller."""
        self.recently, self.before = used_up.recently, used_up.before

    def reserve(self, images: int) -> None:
        """At most `free`."""
        self.free -= images
        self.in_flight += images
        self.recently += images

    def release(self, images: int, delivered: int) -> None:
        """`images` are reserved no more; what was not delivered is free again."""
        self.in_flight -= images
        self.spent += delivered
        self.free += images - delivered

    def give_up(self, images: int) -> None:
        """So many of the free ones go back to the counter, or stand for themselves."""
        self.free -= images
        self.spent += images

    def look(self) -> int:
        """Once a second.

        Returns:
            So many of the free ones are more than two such seconds would use.
        """
        excess = max(0, self.free - 2 * self.recently)
        self.before, self.recently = self.recently, 0
        return excess

    @property
    def is_idle(self) -> bool:
        """Nothing was reserved between the last two looks, nor since."""
        return self.used_lately == 0


def block_size(
    asked: int, *, used_lately: int, left: int, processes: int, most: int
) -> int:
    """Images that a process should take.

    Twice what the caller used lately, so that it seldom asks; near the limit no more
    than half of what is left lies with all processes together, in the end just what
    was asked for.

    Args:
        asked: By the request that needs them.
        used_lately: Within a second or two.
        left: Of the limit.
        processes: That may do the same.
        most: However busy the caller is.
    """
    return max(asked, min(2 * used_lately, most, left // (2 * processes)))
