"""Run as a process of its own: one of several gateways that share their limits.

accounts_process.py DATA_DIR LIMIT TIMES

LIMIT is rate, images or places, each 20. Asks so often; prints how many generations
were admitted, and the most that were in flight in all processes together.
"""

import asyncio
import sys
from pathlib import Path

from easel.clock import ManualClock, MonotonicClock
from easel.errors import CallerError
from easel.gateway.access.accounts import Accounts
from easel.gateway.access.callers import Caller, CallerLimits
from easel.gateway.store.opening import open_store
from tests.gateway.access.access_rig import NOON

LIMITS = {
    "rate": CallerLimits(rate="20/day"),
    "images": CallerLimits(images_per_day=20),
    "places": CallerLimits(max_concurrent=2),
}


async def main(data_dir: str, limit: str, times: str) -> None:
    caller = Caller(id="shared00", is_anonymous=False, limits=LIMITS[limit])
    admitted = most = 0
    store = open_store(redis_url=None, data_dir=Path(data_dir))
    async with (
        store,
        Accounts(
            store,
            clock=MonotonicClock(),
            wall_clock=ManualClock(NOON),  # no day ends during a test
            processes=4,
            longest_s=60.0,
        ) as accounts,
    ):
        sys.stdin.readline()
        for _ in range(int(times)):
            try:
                async with accounts.admitted(caller, images=1, cost=1.0) as charge:
                    most = max(most, await store.holders("concurrent/shared00"))
                    charge.delivered()
                    admitted += 1
            except CallerError:
                continue
    sys.stdout.write(f"{admitted} {most}\n")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
