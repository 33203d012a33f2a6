"""The flags of `easel keys create` and `rotate`, and what may be written after them."""

import argparse
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from math import isfinite

from easel.gateway.access.api_keys import KeyTerms
from easel.gateway.access.callers import CallerLimits
from easel.gateway.access.rates import parse_rate

_DURATION = re.compile(r"(\d{1,6})([smhd])")
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def add_create_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", required=True, help="whom it is for")
    parser.add_argument(
        "--scope",
        action="append",
        choices=("generate", "admin"),
        help="what it may do, repeatable: generate (default) paints; admin drains the "
        "gateway, loads and unloads models",
    )
    parser.add_argument(
        "--model", action="append", metavar="ID", help="may use only this; repeatable"
    )
    parser.add_argument(
        "--expires",
        type=_moment,
        metavar="WHEN",
        help="in 12h, 30d, …, or a date such as 2027-01-31 (UTC); default never",
    )
    parser.add_argument(
        "--weight",
        type=_weight,
        default=1.0,
        help="share of the queue beside keys of weight 1",
    )
    parser.add_argument("--rate", type=_rate, help="generations, as 60/minute")
    parser.add_argument(
        "--max-concurrent", type=_count, metavar="N", help="generations at a time"
    )
    parser.add_argument(
        "--images-per-day", type=_count, metavar="N", help="from midnight, UTC"
    )


def add_rotate_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--overlap",
        type=_duration_s,
        default=0.0,
        metavar="TIME",
        help="how long the old secret holds beside the new one: 10m, 24h, …; default 0",
    )


def key_terms(arguments: argparse.Namespace, now_s: float) -> KeyTerms:
    """What the flags of `create` ask for; `now_s` is seconds since 1970."""
    when: Callable[[float], float] | None = arguments.expires
    models: Sequence[str] | None = arguments.model
    return KeyTerms(
        name=arguments.name,
        scopes=frozenset(arguments.scope or ["generate"]),
        models=frozenset(models) if models else None,
        expires_at=when(now_s) if when else None,
        weight=arguments.weight,
        limits=CallerLimits(
            rate=arguments.rate,
            max_concurrent=arguments.max_concurrent,
            images_per_day=arguments.images_per_day,
        ),
    )


# argparse shows the text of an ArgumentTypeError after the flag's name.


def _rate(text: str) -> str:
    try:
        parse_rate(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 1 or more")
    return int(text)


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = 0.0
    if weight <= 0 or not isfinite(weight):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return weight


def _duration_s(text: str) -> float:
    found = _DURATION.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 10m or 24h")
    return float(int(found[1]) * _UNITS_S[found[2]])


def _moment(text: str) -> Callable[[float], float]:
    """From now to the moment that is meant, in seconds since 1970."""
    try:
        date = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        duration_s = _duration_s(text)
        return lambda now_s: now_s + duration_s
    at = date.timestamp()
    return lambda now_s: at
