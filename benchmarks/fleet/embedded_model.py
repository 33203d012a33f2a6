"""What a laptop has of the embedded model: start-up, seconds per picture, memory.

The server is started some times, each time until it is ready. Then one gateway before
one server paints as the studio asks for it: an event stream with previews, default
steps and size, one picture after the other, each with its own prompt and seed, timed
from before the request to the last byte of the picture. Memory is the server's resident
size, as the kernel has it.
"""

import argparse
import asyncio
import time
from typing import Any

from findings.figures import described
from server.arguments import parser
from server.client import Client, checked, client
from server.prompts import prompt
from server.results import Results
from server.server_process import server_process

from .gateway_process import gateway_process

_WARM_UPS = 3


async def picture(gateway: Client, number: int) -> dict[str, Any]:
    """Seconds to the first preview and to the end, and how many previews came."""
    body = {"prompt": prompt(number, taker="studio"), "seed": number}
    began_at = time.perf_counter()
    previews_s: list[float] = []
    async with gateway.events(body) as events:
        async for event in events:
            if event.name == "preview":
                previews_s.append(event.at_s - began_at)
            elif event.name == "failed":
                raise RuntimeError(event.data["detail"])
            elif event.name == "completed":
                (image,) = event.data["images"]
                checked(await gateway.ask("GET", image["url"]))
                return {
                    "first_preview_s": previews_s[0] if previews_s else None,
                    "previews": len(previews_s),
                    "total_s": time.perf_counter() - began_at,
                    "server_s": event.data["timings"]["total_s"],
                }
    raise RuntimeError("the events ended before the generation")


async def measure(arguments: argparse.Namespace, results: Results) -> None:
    for _ in range(arguments.starts):
        began_at = time.perf_counter()
        async with server_process(arguments) as process:
            ready_s = time.perf_counter() - began_at
            results.add("starts", ready_s=ready_s, rss_mib=process.usage().rss_mib)
    async with (
        server_process(arguments) as process,
        gateway_process([process.url], max_concurrent=4) as gateway,
        client(gateway.url, connections=2) as caller,
    ):
        for number in range(arguments.pictures + _WARM_UPS):
            found = await picture(caller, number)
            if number >= _WARM_UPS:
                usage = process.usage()
                memory = {"rss_mib": usage.rss_mib, "peak_rss_mib": usage.peak_rss_mib}
                results.add("pictures", **found, **memory)


def summarise(results: Results) -> None:
    starts: Any = results.measurements["starts"]
    pictures: Any = results.measurements["pictures"]
    previews = [one["first_preview_s"] for one in pictures if one["previews"]]
    for title, seconds in (
        ("start to /readyz, s", [one["ready_s"] for one in starts]),
        ("a picture, s", [one["total_s"] for one in pictures]),
        ("the server's part of it, s", [one["server_s"] for one in pictures]),
        ("first preview after, s", previews),
    ):
        for name, value in described(seconds).items():
            results.summary[f"{title}, {name}"] = value
    results.summary |= {
        "MiB when ready, most": max(one["rss_mib"] for one in starts),
        "MiB after the pictures": pictures[-1]["rss_mib"],
        "MiB at most": pictures[-1]["peak_rss_mib"],
    }


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--starts", type=int, default=10)
    options.add_argument("--pictures", type=int, default=60)
    arguments = options.parse_args()
    results = Results("embedded_model", arguments)
    asyncio.run(measure(arguments, results))
    summarise(results)
    results.write()


if __name__ == "__main__":
    main()
