"""A steady trickle of requests, of which none may fail."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

import aiohttp

SMALL = {"width": 64, "height": 64}

# What takes longer hangs.
_PATIENCE = aiohttp.ClientTimeout(total=15)


class Trickle:
    """What became of the requests so far: statuses, or the names of errors."""

    def __init__(self) -> None:
        self.outcomes: Counter[int | str] = Counter()
        self._news = asyncio.Event()

    def note(self, outcome: int | str) -> None:
        self.outcomes[outcome] += 1
        self._news.set()

    async def more(self, requests: int) -> None:
        """Return when so many more have ended."""
        goal = self.outcomes.total() + requests
        while self.outcomes.total() < goal:
            self._news.clear()
            await self._news.wait()


@asynccontextmanager
async def trickle(url: str, *, per_second: float) -> AsyncIterator[Trickle]:
    """Generations through `url` while inside; half of them on new connections.

    They begin at their times, however long those before them take.
    """
    told = Trickle()
    async with aiohttp.ClientSession(url, timeout=_PATIENCE) as client:

        async def ask(number: int) -> None:
            close = {"Connection": "close"} if number % 2 else {}
            body = {"prompt": "a fox", "num_inference_steps": 1, **SMALL}
            try:
                async with client.post("/generate", json=body, headers=close) as answer:
                    text = await answer.text()
            except (aiohttp.ClientError, TimeoutError) as error:
                told.note(type(error).__name__)
            else:
                ok = answer.status == 200
                told.note(answer.status if ok else f"{answer.status}: {text[:300]}")

        async def keep_asking() -> None:
            async with asyncio.TaskGroup() as requests:
                for number in count():
                    requests.create_task(ask(number))
                    if is_over.is_set():
                        return
                    await asyncio.sleep(1 / per_second)

        is_over = asyncio.Event()
        asking = asyncio.create_task(keep_asking())
        try:
            yield told
        finally:
            is_over.set()
            await asking
