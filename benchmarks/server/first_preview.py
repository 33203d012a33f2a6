"""When the first preview comes, and what previews cost.

Each generation is asked for twice, in turns: as an event stream, with previews, and as
a PNG that nobody watches. The client times both, one generation at a time.
"""

import argparse
import asyncio
import time
from statistics import median
from typing import Any

from findings.figures import bootstrap_interval, ratio_of_medians

from .arguments import parser
from .client import Body, Client, client
from .prompts import prompt
from .results import Results
from .server_process import server_process


async def watched(server: Client, body: Body) -> dict[str, Any]:
    """Seconds to the first preview and to the end, and how many previews came."""
    began_at = time.perf_counter()
    previews_s: list[float] = []
    async with server.events(body) as events:
        async for event in events:
            if event.name == "preview":
                previews_s.append(event.at_s - began_at)
            elif event.name == "failed":
                raise RuntimeError(event.data["detail"])
            elif event.name == "completed":
                return {
                    "first_s": previews_s[0] if previews_s else None,
                    "previews": len(previews_s),
                    "total_s": event.at_s - began_at,
                    "server_s": event.data["timings"]["total_s"],
                }
    raise RuntimeError("the events ended before the generation")


async def unwatched(server: Client, body: Body) -> dict[str, Any]:
    reply = await server.png(body)
    document = await server.document(reply.headers["X-Easel-Generation-Id"])
    # Both ways by the server's clock: an answer with an image is no event.
    return {"total_s": reply.seconds, "server_s": document["timings"]["total_s"]}


async def measure(arguments: argparse.Namespace, results: Results) -> None:
    async with (
        server_process(arguments) as process,
        client(process.url, connections=1) as server,
    ):
        number = 0
        for steps in arguments.steps:
            for trial in range(arguments.trials + 1):
                pair = {}
                ways = (watched, unwatched) if trial % 2 else (unwatched, watched)
                for way in ways:
                    number += 1
                    body = {
                        "prompt": prompt(number, taker="preview"),
                        "num_inference_steps": steps,
                        "seed": trial,
                    }
                    pair[way.__name__] = await way(server, body)
                # The first of its kind warms up.
                if trial:
                    results.add("trials", steps=steps, **pair)


def summarise(arguments: argparse.Namespace, results: Results) -> None:
    for steps in arguments.steps:
        trials: Any = [
            one for one in results.measurements["trials"] if one["steps"] == steps
        ]
        pairs = [
            (one["unwatched"]["server_s"], one["watched"]["server_s"]) for one in trials
        ]
        low, high = bootstrap_interval(
            [[pair] for pair in pairs], ratio_of_medians, seed=arguments.seed
        )
        seen = [
            one["watched"] for one in trials if one["watched"]["first_s"] is not None
        ]
        title = f"{steps} steps"
        results.summary[f"{title}, previews"] = median(
            one["watched"]["previews"] for one in trials
        )
        if seen:
            results.summary |= {
                f"{title}, first preview after ms": 1000
                * median(one["first_s"] for one in seen),
                f"{title}, first preview, % of the whole": 100
                * median(one["first_s"] / one["total_s"] for one in seen),
            }
        results.summary |= {
            f"{title}, cost of being watched, %": 100 * (ratio_of_medians(pairs) - 1),
            f"{title}, its 95 % interval, %": (100 * (low - 1), 100 * (high - 1)),
        }


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--steps", type=int, nargs="+", default=[4, 16, 50])
    options.add_argument("--trials", type=int, default=20, help="of each number")
    arguments = options.parse_args()
    results = Results("first_preview", arguments)
    asyncio.run(measure(arguments, results))
    summarise(arguments, results)
    results.write()


if __name__ == "__main__":
    main()
