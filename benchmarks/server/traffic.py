"""Open-loop traffic: who arrives when is drawn beforehand, whatever the server does."""

import argparse
import random
from dataclasses import dataclass

from .client import Body
from .prompts import prompt


@dataclass(frozen=True, slots=True)
class Share:
    """A class of traffic: its steps, and its part of all generations."""

    steps: int
    weight: float


@dataclass(frozen=True, slots=True)
class Arrival:
    """One generation; `at_s` from the beginning of the trace."""

    number: int
    at_s: float
    steps: int
    seed: int


def body_of(arrival: Arrival, taker: str) -> Body:
    """The request; prompts are others for every `taker`."""
    return {
        "prompt": prompt(arrival.number, taker=taker),
        "num_inference_steps": arrival.steps,
        "seed": arrival.seed,
    }


def mix(text: str) -> tuple[Share, ...]:
    """`4:80,20:15,50:5` is 80 of 100 with 4 steps, and so on."""
    try:
        pairs = [part.split(":") for part in text.split(",")]
        shares = tuple(Share(int(steps), float(weight)) for steps, weight in pairs)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: STEPS:WEIGHT,...") from error
    if not shares or any(share.steps < 1 or share.weight <= 0 for share in shares):
        raise argparse.ArgumentTypeError(f"{text!r}: steps and weights are positive")
    return shares


def add_mix(options: argparse.ArgumentParser) -> None:
    options.add_argument(
        "--mix",
        type=mix,
        default=mix("4:80,20:15,50:5"),
        help="STEPS:WEIGHT,... of the classes; 4:80,20:15,50:5 if left out",
    )


def mean_over(shares: tuple[Share, ...], by_steps: dict[int, float]) -> float:
    """Of a number known for each class."""
    total = sum(share.weight for share in shares)
    return sum(share.weight * by_steps[share.steps] for share in shares) / total


def poisson_trace(
    shares: tuple[Share, ...], *, per_s: float, duration_s: float, seed: int
) -> list[Arrival]:
    """All who arrive within `duration_s`, in order."""
    draw = random.Random(seed)
    steps = [share.steps for share in shares]
    weights = [share.weight for share in shares]
    trace: list[Arrival] = []
    at_s = draw.expovariate(per_s)
    while at_s < duration_s:
        drawn = draw.choices(steps, weights)[0]
        trace.append(Arrival(len(trace), at_s, drawn, draw.randrange(2**32)))
        at_s += draw.expovariate(per_s)
    return trace
