"""Run as a process of its own: use a store's file until done, or until killed.

store_process.py FILE count TIMES LIMIT   add 1 so often; print how many were granted
store_process.py FILE lease TIMES LIMIT   take a place and give it back, so often;
                                          print the most that were taken at once
store_process.py FILE hold                take a place, say so, and work for ever
store_process.py FILE fill BYTES          put that many at most; then again with
                                          the limit on the size of files lifted
store_process.py FILE read                as another user, who may read it only
"""

import asyncio

# At once: who becomes another user below may not read Python's own files any more.
import concurrent.futures.thread  # noqa: F401
import os
import resource
import signal
import sys
from pathlib import Path

from easel.errors import StoreUnavailable
from easel.gateway.store.sqlite import SqliteStore

NOBODY = 65534


def say(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


async def count(store: SqliteStore, times: int, limit: int) -> None:
    granted = [await store.add_within("n", 1, limit, ttl_s=1000) for _ in range(times)]
    say(sum(count is not None for count in granted))


async def lease(store: SqliteStore, times: int, limit: int) -> None:
    most = 0
    for number in range(times):
        holder = f"{os.getpid()}-{number}"
        if await store.lease("door", holder, limit, ttl_s=1000):
            most = max(most, await store.holders("door"))
            await store.release("door", holder)
    say(most)


async def hold(store: SqliteStore) -> None:
    await store.lease("door", "a", 1, ttl_s=1000)
    await store.put("key", b"kept")
    say("held")
    number = 0
    while True:
        number += 1
        await store.put(f"work/{number % 100}", bytes(4000), ttl_s=1000)


async def fill(store: SqliteStore, limit_bytes: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    await store.put("key", b"kept")
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))
    refused = 0
    for number in range(200):
        try:
            await store.put(f"big/{number}", bytes(10_000))
        except StoreUnavailable:
            refused += 1
    kept = await store.get("key") == b"kept"
    say(f"refused={refused > 0} kept={kept} available={store.is_available}")
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    await store.put("after", b"1")
    say(f"available={store.is_available}")


async def read(store: SqliteStore) -> None:
    # Entered, and not yet told who it is.
    value = await store.get("key")
    try:
        await store.put("key", b"2")
    except StoreUnavailable:
        say(f"value={value!r} written=False available={store.is_available}")
    else:
        say("written=True")
    for _ in sys.stdin:  # until the file may be written
        break
    await store.put("key", b"3")
    say(f"value={await store.get('key')!r} available={store.is_available}")


async def main(path: str, what: str, *numbers: str) -> None:
    if what == "read" and os.geteuid() == 0:
        os.setuid(NOBODY)
    async with SqliteStore(Path(path)) as store:
        await globals()[what](store, *map(int, numbers))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
