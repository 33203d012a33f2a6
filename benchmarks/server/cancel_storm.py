"""A thousand cancels and disconnects at random moments: is anything left behind?

Generations of random prompt, seed, steps, guidance and size, a bounded number at a
time. Victims are cancelled by DELETE, or their client hangs up (waiting for JSON, or
reading events), at a random moment of their time; survivors among them run to the end
and are then asked for again alone, one after the other, and compared pixel by pixel.
At the end nothing may wait or run, and every image folder on the server's disk must
belong to a generation that it calls completed.

Memory is looked at ten times on the way. It grows at first, when shapes of batches that
were not seen before get their workspace in torch; a leak would go on growing.
"""

import argparse
import asyncio
import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from statistics import median
from typing import Any, Literal

from .arguments import parser
from .client import Body, Client, checked, client
from .images import greatest_difference
from .prompts import prompt
from .results import Results
from .server_process import ServerProcess, server_process

Way = Literal["delete", "hang up on JSON", "hang up on events"]
_WAYS: tuple[Way, ...] = ("delete", "hang up on JSON", "hang up on events")
_WARM_UP = 16
_LOOKS = 10
# Limits on what comes are for another benchmark. What has ended is kept on purpose, and
# would look like a leak: a few are enough.
_FLAGS = ("--max-queued", "100000", "--max-backlog-s", "1e9", "--max-kept", "100")


@dataclass(frozen=True, slots=True)
class Part:
    """One generation of the storm; a survivor has no `way`."""

    body: Body
    way: Way | None
    after_s: float


def storm(
    arguments: argparse.Namespace, sizes: list[tuple[int, int]]
) -> Iterator[Part]:
    """Victims and survivors in random order, without end."""
    draw = random.Random(arguments.seed)
    victims = arguments.cancels / (arguments.cancels + arguments.survivors)
    for number in count():
        is_victim = draw.random() < victims
        width, height = draw.choice(sizes)
        steps = draw.randint(*arguments.steps)
        body = {
            "prompt": prompt(number, taker="storm"),
            "seed": draw.randrange(2**32),
            "num_inference_steps": steps,
            # Without guidance a sample has one row, with it two.
            "guidance_scale": draw.choice([1.0, draw.uniform(1.5, 9.0)]),
            "width": width,
            "height": height,
        }
        # From before its turn to about its end.
        after_s = draw.uniform(0, 1) ** 2 * arguments.longest_wait_s
        way = draw.choice(_WAYS) if is_victim else None
        yield Part(body, way, after_s)


class Storm:
    """Runs the parts, a bounded number at a time."""

    def __init__(self, server: Client, results: Results, in_flight: int) -> None:
        self._server = server
        self._results = results
        self._in_flight = in_flight
        self.cancelled = 0
        self.survivors: list[tuple[Body, bytes]] = []

    async def run(self, coming: Iterator[Part], *, cancels: int) -> None:
        """Until so many were cancelled in time, or nothing more comes."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(self._in_flight):
                tasks.create_task(self._take_turns(coming, cancels))

    async def _take_turns(self, coming: Iterator[Part], cancels: int) -> None:
        while self.cancelled < cancels and (part := next(coming, None)):
            if part.way is None:
                reply = await self._server.png(part.body)
                self.survivors.append((part.body, reply.content))
                continue
            if part.way == "delete":
                was_cancelled = await self._delete(part)
            else:
                was_cancelled = await self._hang_up(part)
            self.cancelled += was_cancelled
            self._results.add(
                "victims",
                way=part.way,
                after_s=part.after_s,
                steps=part.body["num_inference_steps"],
                was_in_time=was_cancelled,
            )

    async def _delete(self, part: Part) -> bool:
        reply = checked(await self._server.accepted(part.body))
        path = f"/generations/{reply.json()['id']}"
        await asyncio.sleep(part.after_s)
        document = checked(await self._server.ask("DELETE", path)).json()
        return bool(document["status"] == "cancelled")

    async def _hang_up(self, part: Part) -> bool:
        """Leaving the request closes its connection."""
        with suppress(TimeoutError):
            async with asyncio.timeout(part.after_s):
                if part.way == "hang up on JSON":
                    await self._server.ask("POST", "/generate", part.body)
                else:
                    async with self._server.events(part.body) as events:
                        async for _ in events:
                            pass
                return False
        return True


async def left_over(process: ServerProcess, server: Client) -> dict[str, int]:
    """Image folders of generations that did not complete, and half-written files."""
    folders = sorted(process.data_dir.glob("*/gen_*"))
    orphans = 0
    for folder in folders:
        reply = await server.ask("GET", f"/generations/{folder.name}")
        orphans += reply.status != 200 or reply.json()["status"] != "completed"
    return {
        "image folders": len(folders),
        "image folders of generations that did not complete": orphans,
        "half-written files": len(_half_written(process.data_dir)),
    }


def _half_written(folder: Path) -> list[Path]:
    return list(folder.rglob(".writing-*"))


async def measure(arguments: argparse.Namespace, results: Results) -> None:
    async with (
        server_process(arguments, *_FLAGS) as process,
        client(process.url, connections=2 * arguments.in_flight) as server,
    ):
        models = checked(await server.ask("GET", "/models")).json()["models"]
        native = models[0]["sizes"]["native"]
        sizes = [(size["width"], size["height"]) for size in native]
        # Every size has been painted, so that what grows afterwards is a leak.
        warm_up = Storm(server, results, arguments.in_flight)
        first = islice(storm(arguments, sizes), _WARM_UP)
        await warm_up.run(
            (Part(part.body, None, 0.0) for part in first), cancels=arguments.cancels
        )
        before = process.usage()
        cancelled_before = await server.metric(_CANCELLED)
        raging = Storm(server, results, arguments.in_flight)
        parts = storm(arguments, sizes)
        rss_mib: list[float] = []
        for look in range(1, _LOOKS + 1):
            await raging.run(parts, cancels=arguments.cancels * look // _LOOKS)
            await server.until_idle()
            rss_mib.append(process.usage().rss_mib)
            results.add("memory", cancels=raging.cancelled, rss_mib=rss_mib[-1])
        after = process.usage()
        results.summary |= {
            "cancelled by the server's account": int(
                await server.metric(_CANCELLED) - cancelled_before
            ),
            **await left_over(process, server),
            "RSS before, MiB": before.rss_mib,
            "RSS after each tenth, MiB": rss_mib,
            "threads before and after": (before.threads, after.threads),
            "descriptors before and after": (before.descriptors, after.descriptors),
        }
        for body, in_company in raging.survivors:
            alone = await server.png(body)
            levels = greatest_difference(in_company, alone.content)
            results.add("survivors", **body, greatest_difference=levels)
        results.summary["RSS at the end, MiB"] = process.usage().rss_mib


_CANCELLED = 'easel_server_generations_total{status="cancelled"}'


def summarise(results: Results, tolerance: int) -> None:
    survivors: Any = results.measurements["survivors"]
    levels = [one["greatest_difference"] for one in survivors]
    victims: Any = results.measurements["victims"]
    results.summary |= {
        "cancels and hang-ups": len(victims),
        "victims that were done before": sum(not one["was_in_time"] for one in victims),
        "victims, median s until the cancel": median(one["after_s"] for one in victims),
        "survivors": len(levels),
        "survivors bit-equal to their solo images": sum(not one for one in levels),
        f"survivors further than {tolerance} levels from them": sum(
            one > tolerance for one in levels
        ),
        "greatest difference, levels of 255": max(levels),
    }


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--cancels", type=int, default=1000, help="in time")
    options.add_argument("--survivors", type=int, default=200, help="about")
    options.add_argument("--in-flight", type=int, default=12)
    options.add_argument("--steps", type=int, nargs=2, default=[1, 30], help="range")
    options.add_argument("--longest-wait-s", type=float, default=6.0)
    options.add_argument("--tolerance", type=int, default=2, help="levels of 255")
    arguments = options.parse_args()
    results = Results("cancel_storm", arguments)
    asyncio.run(measure(arguments, results))
    summarise(results, arguments.tolerance)
    results.write()


if __name__ == "__main__":
    main()
