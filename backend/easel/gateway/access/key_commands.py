"""`easel keys create|list|revoke|rotate`: what each does, and what it says."""

import argparse
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from easel.clock import Clock
from easel.gateway.access.api_keys import KeyRecord
from easel.gateway.access.key_arguments import (
    add_create_flags,
    add_rotate_flags,
    key_terms,
)
from easel.gateway.access.key_registry import (
    IssuedKey,
    KeyNotActive,
    KeyNotFound,
    KeyRegistry,
)

Say = Callable[[str], None]

_HEADINGS = ("PUBLIC ID", "NAME", "STATE", "SCOPES", "MODELS", "LIMITS", "EXPIRES")


class CommandFailed(Exception):
    """Says what did not work, in words for whoever typed the command."""


def add_key_commands(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="act", required=True, metavar="COMMAND")
    create = commands.add_parser("create", help="make a key and show it, once")
    add_create_flags(create)
    listing = commands.add_parser("list", help="all keys, without their secrets")
    revoke = commands.add_parser("revoke", help="refuse a key from now on")
    rotate = commands.add_parser("rotate", help="a new secret for a key")
    for command in (revoke, rotate):
        command.add_argument("public_id", help="as `list` shows it")
    add_rotate_flags(rotate)
    for command in (create, listing, revoke, rotate):
        command.add_argument(
            "--json", action="store_true", help="for programs: one JSON document"
        )


async def run_key_command(
    arguments: argparse.Namespace, registry: KeyRegistry, wall_clock: Clock, say: Say
) -> None:
    """
    Raises:
        CommandFailed: it was not done.
        StoreUnavailable: the keys are out of reach.
    """
    try:
        match arguments.act:
            case "create":
                terms = key_terms(arguments, wall_clock.now())
                _say_issued(await registry.create(terms), arguments, wall_clock, say)
            case "list":
                _say_list(await registry.all(), arguments, wall_clock, say)
            case "revoke":
                record = await registry.revoke(arguments.public_id)
                _say_revoked(record, arguments, wall_clock, say)
            case "rotate":
                overlap_s = arguments.overlap
                issued = await registry.rotate(arguments.public_id, overlap_s=overlap_s)
                _say_issued(issued, arguments, wall_clock, say)
    except KeyNotFound:
        raise CommandFailed(f"there is no key {arguments.public_id}") from None
    except KeyNotActive as error:
        raise CommandFailed(f"key {arguments.public_id} is {error}") from None
    except ValueError as error:
        raise CommandFailed(f"the store is damaged: {error}") from None


def _say_issued(
    issued: IssuedKey, arguments: argparse.Namespace, wall_clock: Clock, say: Say
) -> None:
    text, record = issued.text.reveal(), issued.record
    if arguments.json:
        document = {"key": text, **_document(record, wall_clock.now())}
        say(json.dumps(document))
        return
    say(f"The key of {record.terms.name}; it is shown only this once:\n")
    say(f"    {text}\n")
    say(f"public id  {record.public_id}")
    say(f"scopes     {_words(record.terms.scopes)}")
    say(f"models     {_words(record.terms.models or ['all'])}")
    say(f"limits     {_limits(record)}")
    say(f"expires    {_date(record.terms.expires_at) or 'never'}")
    if record.previous_until is not None:
        say(f"old key    holds until {_date(record.previous_until)}")
    if issued.is_first:
        say("\nThe gateway is closed from now on: it answers only who has a key.")


def _say_list(
    records: list[KeyRecord],
    arguments: argparse.Namespace,
    wall_clock: Clock,
    say: Say,
) -> None:
    now_s = wall_clock.now()
    if arguments.json:
        say(json.dumps([_document(record, now_s) for record in records]))
        return
    if not records:
        say("There are no keys; until there is one, the gateway is open.")
        return
    rows = [_HEADINGS, *(_row(record, now_s) for record in records)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        say("  ".join(cells).rstrip())


def _say_revoked(
    record: KeyRecord, arguments: argparse.Namespace, wall_clock: Clock, say: Say
) -> None:
    if arguments.json:
        say(json.dumps(_document(record, wall_clock.now())))
        return
    say(
        f"Key {record.public_id} ({record.terms.name}) is revoked; running gateways "
        "refuse it within 5 seconds."
    )


def _row(record: KeyRecord, now_s: float) -> tuple[str, ...]:
    terms = record.terms
    return (
        record.public_id,
        terms.name,
        record.state(now_s),
        _words(terms.scopes),
        _words(terms.models or ["all"]),
        _limits(record),
        _date(terms.expires_at) or "never",
    )


def _limits(record: KeyRecord) -> str:
    limits = record.terms.limits
    words = []
    if limits.rate is not None:
        words.append(limits.rate)
    if limits.max_concurrent is not None:
        words.append(f"{limits.max_concurrent} at a time")
    if limits.images_per_day is not None:
        words.append(f"{limits.images_per_day} images a day")
    return ", ".join(words) or "none"


def _words(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _date(at: float | None) -> str | None:
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def _document(record: KeyRecord, now_s: float) -> dict[str, Any]:
    """For programs; without anything secret."""
    terms = record.terms
    return {
        "public_id": record.public_id,
        "name": terms.name,
        "state": record.state(now_s),
        "scopes": sorted(terms.scopes),
        "models": None if terms.models is None else sorted(terms.models),
        "weight": terms.weight,
        "rate": terms.limits.rate,
        "max_concurrent": terms.limits.max_concurrent,
        "images_per_day": terms.limits.images_per_day,
        "created_at": _date(record.created_at),
        "expires_at": _date(terms.expires_at),
        "revoked_at": _date(record.revoked_at),
        "old_secret_until": _date(record.previous_until),
    }
