"""The time between two probes, in the hands of a test."""

import asyncio


class ProbeTicks:
    """Give it to a pool as its `pause`."""

    def __init__(self) -> None:
        self._pausing: set[asyncio.Event] = set()
        self._has_paused = asyncio.Event()

    async def __call__(self, seconds: float, sooner: asyncio.Event) -> None:
        tick = asyncio.Event()
        self._pausing.add(tick)
        self._has_paused.set()
        waits = {asyncio.create_task(event.wait()) for event in (tick, sooner)}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._pausing.discard(tick)
            for wait in waits:
                wait.cancel()

    async def probed(self, servers: int = 1) -> None:
        """Return when the probes of so many servers have ended and none is wanted."""
        while len(self._pausing) < servers:
            self._has_paused.clear()
            await self._has_paused.wait()

    async def probe(self, servers: int = 1) -> None:
        """Let each be probed once more, and return when it was."""
        await self.probed(servers)
        for tick in self._pausing:
            tick.set()
        self._pausing.clear()
        await self.probed(servers)
