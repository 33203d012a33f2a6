"""When a webhook that was not taken is sent again. Pure."""

from random import Random

# About a day in all: a receiver that is down over night still hears of it.
_DELAYS_S = (5.0, 30.0, 120.0, 600.0, 3600.0, 14_400.0, 28_800.0, 43_200.0)
_SPREAD = 0.2


def delay_s(attempts: int, random: Random) -> float | None:
    """Seconds until the next one.

    Args:
        attempts: That were made, 1 at least.
        random: Spreads those of many webhooks that failed together.

    Returns:
        None if there is to be no other.
    """
    if attempts > len(_DELAYS_S):
        return None
    return _DELAYS_S[attempts - 1] * random.uniform(1 - _SPREAD, 1 + _SPREAD)
