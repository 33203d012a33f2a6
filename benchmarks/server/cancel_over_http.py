"""The second view of `cancel_to_free`: a real server, by DELETE and by hanging up."""

import argparse
import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from typing import Any

from .client import Client, Event, client
from .prompts import prompt
from .results import Results
from .server_process import server_process

WAYS = ("delete", "hang up")

# Long enough that nobody is done before the end of a trial.
_STEPS = 200
# Whoever has not started by then has to wait for a place.
_SETTLE_S = 0.5
_WITHIN_S = 60.0


class Watched:
    """A generation over HTTP whose events somebody reads."""

    def __init__(self, server: Client, number: int) -> None:
        self._server = server
        self._number = number
        self._stack = AsyncExitStack()
        self._reading: asyncio.Task[None] | None = None
        self.id = ""
        self.started_at: float | None = None
        self.started = asyncio.Event()

    async def open(self) -> None:
        body = {
            "prompt": prompt(self._number, taker="cancel"),
            "num_inference_steps": _STEPS,
            "seed": self._number,
        }
        events = await self._stack.enter_async_context(self._server.events(body))
        snapshot = await anext(events)
        self.id = snapshot.data["id"]
        self._reading = asyncio.create_task(self._read(events))

    async def _read(self, events: AsyncIterator[Event]) -> None:
        async for event in events:
            if event.name in ("started", "progress") and self.started_at is None:
                self.started_at = event.at_s
                self.started.set()

    async def hang_up(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await self._reading
        await self._stack.aclose()


async def server_trial(
    server: Client, number: int, in_flight: int, way: str, draw: random.Random
) -> dict[str, Any]:
    """As many as are asked for, and more until one has to wait."""
    watched: list[Watched] = []
    try:
        while not watched or watched[-1].started.is_set() or len(watched) <= in_flight:
            watched.append(Watched(server, 100 * number + len(watched)))
            await watched[-1].open()
            with suppress(TimeoutError):
                await asyncio.wait_for(watched[-1].started.wait(), _SETTLE_S)
        await asyncio.sleep(draw.uniform(0, _SETTLE_S))
        running = [one for one in watched if one.started.is_set()]
        waiting = [one for one in watched if not one.started.is_set()]
        victim = draw.choice(running)
        began_at = time.perf_counter()
        if way == "delete":
            await server.ask("DELETE", f"/generations/{victim.id}")
        else:
            await victim.hang_up()
        next_one = [asyncio.create_task(one.started.wait()) for one in waiting]
        await asyncio.wait(
            next_one, timeout=_WITHIN_S, return_when=asyncio.FIRST_COMPLETED
        )
        for task in next_one:
            task.cancel()
        starts = [one.started_at for one in waiting if one.started_at is not None]
        if not starts:
            raise RuntimeError(f"nobody has started within {_WITHIN_S} s")
        return {
            "way": way,
            "running": len(running),
            "waiting": len(waiting),
            "free_s": min(starts) - began_at,
        }
    finally:
        for one in watched:
            await one.hang_up()
        await server.until_idle()


async def over_http(arguments: argparse.Namespace, results: Results) -> None:
    draw = random.Random(arguments.seed)
    for images in arguments.batches:
        # Two rows an image with guidance: the batch is full with so many images.
        flags = ("--max-batch-rows", str(2 * images))
        async with (
            server_process(arguments, *flags) as process,
            client(process.url) as server,
        ):
            for number in range(arguments.trials):
                for way in WAYS:
                    found = await server_trial(server, number, images, way, draw)
                    results.add("server", images_at_most=images, **found)
