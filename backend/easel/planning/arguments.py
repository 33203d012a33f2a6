"""The flags of `easel plan`, and what they make: traffic, device, fleet, target."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf, isfinite
from pathlib import Path
from typing import get_args

from easel.contract.generations import MAX_IMAGES, MAX_STEPS, Priority
from easel.planning.costs_source import read_costs
from easel.planning.device import (
    Device,
    affine_curve,
    measured_table,
    table_of,
    unknown_models,
)
from easel.planning.estimate import Measure, Target
from easel.planning.fleet import DEFAULT_ANSWER_S, DEFAULT_TURN_S, Failure, Fleet
from easel.planning.gateway import GatewayLimits
from easel.planning.kinds import Kind
from easel.planning.server import ServerLimits
from easel.planning.trace_file import WrongTrace, read_trace
from easel.planning.traffic import (
    DAY_S,
    MOST_BURST_FACTOR,
    MOST_DAY_FACTOR,
    DrawnTraffic,
    Pattern,
    Traffic,
)

_MOST_PX = 16_384
_MOST_SERVERS = 100_000
_MOST_ROWS = 4096
_DEFAULT_MODEL = "model"
_DEFAULT_MAX_ROWS = 32
_MEASURES: dict[str, Measure] = {
    "whole": "whole",
    "waiting": "waiting",
    "first-preview": "first_preview",
}


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be found out.

    Attributes:
        traffic: That arrives.
        fleet: Of any number of servers.
        servers: Numbers to look at; empty: the smallest that meets the target.
        most_servers: Where the search for that ends.
        target: None: nothing is aimed at.
        seeds: How often each fleet is played.
        warm_up_s: Who arrives before does not count.
        price_per_hour: Of one server, in any currency.
    """

    traffic: Traffic
    fleet: Fleet
    servers: tuple[int, ...]
    most_servers: int
    target: Target | None
    seeds: int
    warm_up_s: float
    price_per_hour: float | None


def number(
    least: float = 0.0, most: float = inf, *, above: bool = False
) -> Callable[[str], float]:
    """A flag's number; argparse names the flag when it is none."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"must be a number (got {text})") from None
        low = value > least if above else value >= least
        if not isfinite(value) or not low or value > most:
            end = "" if most == inf else f" and at most {most:g}"
            than = "above" if above else "at least"
            raise argparse.ArgumentTypeError(
                f"must be {than} {least:g}{end} (got {text})"
            )
        return value

    return parse


def whole(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        value = number(least, most)(text)
        if value != int(value):
            raise argparse.ArgumentTypeError(f"must be a whole number (got {text})")
        return int(value)

    return parse


def size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    side = whole(1, _MOST_PX)
    return side(width), side(height)


def failure(text: str) -> Failure:
    at_s, colon, for_s = text.partition(":")
    if not colon:
        raise argparse.ArgumentTypeError(f"must be AT_S:FOR_S (got {text})")
    return Failure(number()(at_s), number()(for_s))


def add_plan_flags(plan: argparse.ArgumentParser) -> None:
    add = plan.add_argument_group("traffic").add_argument
    add("--per-s", type=number(above=True), metavar="N", help="generations a second")
    add("--trace", type=Path, metavar="FILE", help="JSON lines of arrivals instead")
    add("--model", default=None, help="that is asked for; default: the one measured")
    add("--size", type=size, metavar="WxH", help="as painted; default: as measured")
    add("--steps", type=whole(1, MAX_STEPS), default=20)
    add("--images", type=whole(1, MAX_IMAGES), default=1, help="of a generation")
    add("--no-guidance", action="store_true", help="one row an image, not two")
    add(
        *("--kind", "-k"),
        action="append",
        default=[],
        metavar="WHAT",
        help="a share of the traffic, repeatable: steps=50,weight=5 or any of steps, "
        "size, model, images, guidance (0 or 1), priority, weight; what is left out is "
        "as the flags say",
    )
    add("--pattern", choices=get_args(Pattern), default="poisson")
    add(
        "--peak",
        type=number(1.0),
        metavar="FACTOR",
        help=f"of the mean: bursty (default 4, at most {MOST_BURST_FACTOR:g}), day "
        f"(default 1.8, at most {MOST_DAY_FACTOR:g})",
    )
    add("--burst-s", type=number(above=True), default=10.0, help="mean length")
    add("--day-s", type=number(above=True), default=DAY_S, help="length of a day")
    add("--callers", type=whole(1, 1_000_000), default=100)
    add("--duration-s", type=number(1.0), default=300.0, help="of traffic, simulated")
    add("--warm-up-s", type=number(), help="of it that does not count; default a fifth")

    add = plan.add_argument_group("step times").add_argument
    add(
        "--from",
        dest="source",
        metavar="URL|FILE",
        help="a text-to-image server that has measured them, or a file with its /costs",
    )
    add(
        "--seconds-per-step",
        type=number(above=True),
        metavar="S",
        help="by hand: of one image",
    )
    add(
        "--batch-efficiency",
        type=number(0, 1),
        default=0.8,
        help="1: a batch takes as long as one image; 0: as all one by one",
    )
    add("--overhead-s", type=number(), default=0.05, help="encode and decode, an image")
    add(
        "--turn-s",
        type=number(),
        default=DEFAULT_TURN_S,
        help="that a step takes beside the device",
    )
    add("--max-batch-rows", type=whole(1, _MOST_ROWS), metavar="N")
    add("--load-s", type=number(), default=30.0, help="until a model is on the device")
    add("--models-at-once", type=whole(1, 1000), default=1, help="on one device")

    add = plan.add_argument_group("fleet").add_argument
    add(
        "--gateways", type=whole(1, 10_000), default=1, help="that all know all servers"
    )
    add("--max-concurrent", type=whole(1, 10_000_000), metavar="N", help="of a gateway")
    add("--max-queue", type=whole(0, 10_000_000), metavar="N", help="of a gateway")
    add("--timeout-s", type=number(above=True), default=300.0)
    add("--max-backlog-s", type=number(), default=120.0, help="of a server")
    add("--max-queued", type=whole(0, 10_000_000), default=256, help="of a server")
    add("--answer-s", type=number(), default=DEFAULT_ANSWER_S, help="beside the device")
    add(
        "--fail",
        type=failure,
        action="append",
        default=[],
        metavar="AT_S:FOR_S",
        help="a server dies then for so long; repeatable, each another server",
    )

    add = plan.add_argument_group("question").add_argument
    add("--p95", type=number(above=True), metavar="S", help="seconds to aim at")
    add("--of", choices=tuple(_MEASURES), default="whole", help="what --p95 is of")
    add("--max-refused", type=number(0, 1), default=0.001, help="share that may be")
    add(
        "--servers",
        type=whole(1, _MOST_SERVERS),
        nargs="+",
        default=[],
        metavar="N",
        help="look at these instead of searching",
    )
    add("--most-servers", type=whole(1, _MOST_SERVERS), default=1000)
    add("--seeds", type=whole(1, 50), default=5, help="how often each is played")
    add("--price-per-hour", type=number(above=True), help="of a server")
    add("--json", action="store_true", help="for programs: one JSON document")


def question(flags: argparse.Namespace) -> Question:
    """
    Raises:
        ValueError: the flags do not go together, or a file is wrong; names the flag.
        CostsUnavailable: of `--from`.
    """
    if flags.p95 is None and not flags.servers:
        raise ValueError("--p95: name the seconds to aim at, or --servers to look at")
    if (flags.source is None) == (flags.seconds_per_step is None):
        raise ValueError("--from: name either a source or --seconds-per-step")
    if (flags.per_s is None) == (flags.trace is None):
        raise ValueError("--per-s: name either a rate or a --trace")
    document = None if flags.source is None else read_costs(flags.source)
    first = document.costs[0] if document and document.costs else None
    width, height = flags.size or ((first.width, first.height) if first else (512, 512))
    base = Kind(
        model=flags.model or (first.model if first else _DEFAULT_MODEL),
        width=width,
        height=height,
        steps=flags.steps,
        images=flags.images,
        is_guided=not flags.no_guidance,
    )
    traffic = _traffic(flags, base)
    kinds = [kind for kind, _ in traffic.mix]
    max_rows: int | None = flags.max_batch_rows
    if document is not None:
        table = measured_table(document, max_rows=max_rows)
    else:
        rows = max_rows or _DEFAULT_MAX_ROWS
        curve = affine_curve(
            flags.seconds_per_step,
            efficiency=flags.batch_efficiency,
            rows_an_image=base.rows,
            max_rows=rows,
        )
        # By hand it is one device's time for whichever model.
        keys = [replace(base.key, model=model) for model in {k.model for k in kinds}]
        table = table_of(
            dict.fromkeys(keys, curve),
            dict.fromkeys(keys, flags.overhead_s),
            max_rows=rows,
        )
    device = Device(
        table,
        turn_s=flags.turn_s,
        load_s=dict.fromkeys({kind.model for kind in kinds}, flags.load_s),
        models_at_once=flags.models_at_once,
    )
    if unknown := unknown_models(device, kinds):
        raise ValueError(f"--from: no step times of {', '.join(unknown)} are in it")
    warm_up_s = flags.warm_up_s
    if warm_up_s is None:
        warm_up_s = traffic.duration_s / 5
    elif warm_up_s >= traffic.duration_s:
        raise ValueError(
            f"--warm-up-s: must be less than the traffic's {traffic.duration_s:g} s "
            f"(got {warm_up_s:g})"
        )
    return Question(
        traffic=traffic,
        fleet=_fleet(flags, device),
        servers=tuple(sorted(set(flags.servers))),
        most_servers=flags.most_servers,
        target=None
        if flags.p95 is None
        else Target(flags.p95, _MEASURES[flags.of], flags.max_refused),
        seeds=1 if flags.trace is not None else flags.seeds,
        warm_up_s=warm_up_s,
        price_per_hour=flags.price_per_hour,
    )


def _traffic(flags: argparse.Namespace, base: Kind) -> Traffic:
    if flags.trace is not None:
        try:
            with flags.trace.open(encoding="utf-8") as lines:
                return read_trace(lines, base)
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(
                f"--trace: {flags.trace} cannot be read: {error}"
            ) from None
        except WrongTrace as error:
            raise ValueError(f"--trace: {flags.trace}: {error}") from None
    pattern: Pattern = flags.pattern
    most = {"poisson": 1.0, "bursty": MOST_BURST_FACTOR, "day": MOST_DAY_FACTOR}
    usual = {"poisson": 1.0, "bursty": 4.0, "day": 1.8}
    peak = usual[pattern] if flags.peak is None else flags.peak
    if peak > most[pattern]:
        raise ValueError(
            f"--peak: must be at most {most[pattern]:g} where --pattern is {pattern} "
            f"(got {peak:g})"
        )
    weighed = [_kind(text, base) for text in flags.kind] or [(base, 1.0)]
    total = sum(weight for _, weight in weighed)
    return DrawnTraffic(
        per_s=flags.per_s,
        duration_s=flags.duration_s,
        mix=tuple((kind, weight / total) for kind, weight in weighed),
        pattern=pattern,
        factor=peak,
        burst_s=flags.burst_s,
        day_s=flags.day_s,
        callers=flags.callers,
    )


def _kind(text: str, base: Kind) -> tuple[Kind, float]:
    """`steps=50,weight=5`: a kind and its weight."""
    kind, weight = base, 1.0
    for part in text.split(","):
        name, _, value = (piece.strip() for piece in part.partition("="))
        try:
            match name:
                case "weight":
                    weight = number(above=True)(value)
                case "steps":
                    kind = replace(kind, steps=whole(1, MAX_STEPS)(value))
                case "images":
                    kind = replace(kind, images=whole(1, MAX_IMAGES)(value))
                case "size":
                    width, height = size(value)
                    kind = replace(kind, width=width, height=height)
                case "guidance":
                    kind = replace(kind, is_guided=bool(whole(0, 1)(value)))
                case "model" if value:
                    kind = replace(kind, model=value)
                case "priority" if value in get_args(Priority):
                    kind = replace(kind, priority=_priority(value))
                case "priority":
                    known = ", ".join(get_args(Priority))
                    raise argparse.ArgumentTypeError(f"must be one of {known}")
                case _:
                    raise argparse.ArgumentTypeError("there is no such part")
        except argparse.ArgumentTypeError as error:
            raise ValueError(f"--kind: {text}: {name}: {error}") from None
    return kind, weight


def _priority(text: str) -> Priority:
    return next(one for one in get_args(Priority) if one == text)


def _fleet(flags: argparse.Namespace, device: Device) -> Fleet:
    limits = None
    if flags.max_concurrent is not None:
        queue = flags.max_queue
        limits = GatewayLimits(
            max_concurrent_requests=flags.max_concurrent,
            max_queue=4 * flags.max_concurrent if queue is None else queue,
            request_timeout=flags.timeout_s,
        )
    elif flags.max_queue is not None:
        raise ValueError("--max-queue: needs --max-concurrent")
    return Fleet(
        servers=1,
        device=device,
        gateways=flags.gateways,
        gateway_limits=limits,
        timeout_s=flags.timeout_s,
        server_limits=ServerLimits(flags.max_queued, flags.max_backlog_s),
        answer_s=flags.answer_s,
        failures=tuple(flags.fail),
    )
