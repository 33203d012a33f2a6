"""`easel plan`: how many devices for this traffic at this 95th percentile."""

import argparse
import json
from collections.abc import Callable
from math import ceil

from easel.planning.arguments import Question, add_plan_flags, question
from easel.planning.estimate import Estimate, smallest
from easel.planning.fleet import play
from easel.planning.report import document, load, text

_HELP = "how many devices a traffic needs, by simulating the whole fleet"


def add_plan_command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    plan = commands.add_parser("plan", help=_HELP, allow_abbrev=False)
    add_plan_flags(plan)


def run_plan(flags: argparse.Namespace, say: Callable[[str], None]) -> bool:
    """Say what was found; false where no number of servers meets the target.

    Raises:
        ValueError, CostsUnavailable: as `arguments.question`.
    """
    asked = question(flags)
    estimates, found = answer(asked)
    if flags.json:
        say(json.dumps(document(asked, estimates, found)))
    else:
        say(text(asked, estimates, found))
    return asked.target is None or found is not None


def answer(asked: Question) -> tuple[list[Estimate], int | None]:
    """All that was looked at, by number of servers, and the smallest that will do."""
    estimates: dict[int, Estimate] = {}

    def estimate(servers: int) -> Estimate:
        if servers not in estimates:
            estimates[servers] = Estimate(
                servers,
                tuple(
                    play(
                        asked.fleet.of(servers),
                        asked.traffic,
                        seed=seed,
                        warm_up_s=asked.warm_up_s,
                    )
                    for seed in range(1, asked.seeds + 1)
                ),
            )
        return estimates[servers]

    target = asked.target
    found = None
    if asked.servers:
        looked_at = [estimate(servers) for servers in asked.servers]
        if target is not None:
            good = [one.servers for one in looked_at if one.meets(target)]
            found = min(good, default=None)
    elif target is not None:
        found = smallest(
            lambda servers: estimate(servers).meets(target),
            least=max(1, ceil(load(asked, 1))),
            most=asked.most_servers,
        )
    return [estimates[servers] for servers in sorted(estimates)], found
