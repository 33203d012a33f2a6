"""How often a caller may ask: `60/minute`. Pure."""

import math
import re
from dataclasses import dataclass
from functools import lru_cache

_UNITS_S = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_RATE = re.compile(r"(\d{1,9}) ?/ ?(?:(\d{1,5}) ?)?(second|minute|hour|day)s?")


@dataclass(frozen=True, slots=True)
class Rate:
    """
    Attributes:
        count: So many, at least 1,
        per_s: in any so many seconds, at least 1.
    """

    count: int
    per_s: int

    def share(self, processes: int) -> "Rate":
        """What each of `processes` may let through without knowing of the others.

        All together never exceed this rate: where there is less than one for each,
        it is one in a longer time.
        """
        if self.count >= processes:
            return Rate(self.count // processes, self.per_s)
        return Rate(1, math.ceil(self.per_s * processes / self.count))


@lru_cache(maxsize=1024)
def parse_rate(text: str) -> Rate:
    """`60/minute`, `5/10 seconds`.

    Raises:
        ValueError: it is not written like that, or is 0.
    """
    found = _RATE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a rate such as 60/minute or 5/10 seconds")
    count, multiple, unit = found.groups(default="1")
    rate = Rate(int(count), int(multiple) * _UNITS_S[unit])
    if rate.count < 1 or rate.per_s < 1:
        raise ValueError(f"{text!r} lets nothing through")
    return rate
