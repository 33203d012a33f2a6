"""The time of day, for what outlives or is shared by processes: days, expiry."""

import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache

DAY_S = 86_400.0


class WallClock:
    """A `Clock` whose readings are seconds since 1970, UTC; it may jump."""

    def now(self) -> float:
        return time.time()


def day_of(now_s: float) -> str:
    """The UTC day as `2026-11-22`."""
    return _day_text(now_s // DAY_S)


@lru_cache(maxsize=8)
def _day_text(day: float) -> str:
    return datetime.fromtimestamp(day * DAY_S, UTC).date().isoformat()


def days_until(now_s: float, count: int) -> list[str]:
    """The last `count` UTC days, today first."""
    today = datetime.fromtimestamp(now_s, UTC).date()
    return [(today - timedelta(days=back)).isoformat() for back in range(count)]


def until_midnight_s(now_s: float) -> float:
    """Seconds until the next UTC day, above 0 and at most a day."""
    return DAY_S - now_s % DAY_S
