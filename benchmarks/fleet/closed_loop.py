"""A closed loop of clients, each generation noted with who painted it, and when."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import aiohttp
from server.client import Client
from server.prompts import prompt


@dataclass(frozen=True, slots=True)
class Painted:
    """
    Attributes:
        ended_at_s: On the clock of `time.perf_counter`.
        took_s: From before the request to the last byte.
        status: 0 where the connection broke.
        replica: That painted it; empty where it was none.
    """

    ended_at_s: float
    took_s: float
    status: int
    replica: str


class Load:
    """So many clients that ask again as soon as they are answered.

    Args:
        gateway: Or a server.
        clients: How many.
        steps: Of each generation.
        size: Side of the images in pixels.
    """

    def __init__(self, gateway: Client, clients: int, *, steps: int, size: int) -> None:
        self._gateway = gateway
        self._clients = clients
        self._body = {"num_inference_steps": steps, "width": size, "height": size}
        self._numbers = count()
        self.painted: list[Painted] = []

    async def __aenter__(self) -> "Load":
        self._tasks = [
            asyncio.create_task(self._ask_on()) for _ in range(self._clients)
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def since(self, began_at_s: float) -> list[Painted]:
        """Those that ended after it."""
        return [one for one in self.painted if one.ended_at_s >= began_at_s]

    async def _ask_on(self) -> None:
        while True:
            number = next(self._numbers)
            body = {**self._body, "prompt": prompt(number, taker="load")}
            began_at_s = time.perf_counter()
            status, replica = 0, ""
            try:
                reply = await self._gateway.ask(
                    "POST", "/generate", {**body, "seed": number}
                )
                status = reply.status
                if status == 200:
                    replica = reply.json()["id"].split("_")[1]
            except aiohttp.ClientError:
                # Noted as it is: what a client saw.
                pass
            now_s = time.perf_counter()
            self.painted.append(Painted(now_s, now_s - began_at_s, status, replica))


def per_second(painted: Sequence[Painted], duration_s: float) -> float:
    """Generations that were answered well."""
    return sum(one.status == 200 for one in painted) / duration_s


def shares(painted: Sequence[Painted]) -> list[float]:
    """Of each replica's generations in all, the least first."""
    counts = Counter(one.replica for one in painted if one.status == 200)
    total = sum(counts.values())
    return sorted(number / total for number in counts.values())
