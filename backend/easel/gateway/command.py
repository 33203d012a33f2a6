"""`easel keys` and `easel drain`: a hand on keys and on running gateways."""

import argparse
import asyncio
import json
import sys
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from easel.gateway.access.key_commands import (
    CommandFailed,
    add_key_commands,
    run_key_command,
)
from easel.gateway.access.key_registry import KeyRegistry
from easel.gateway.access.pepper import pepper_in
from easel.gateway.access.wall_clock import WallClock
from easel.gateway.settings import GatewaySettings
from easel.gateway.store.base import Store
from easel.gateway.store.opening import open_store
from easel.web.command_line import read_settings

_DRAIN_TIMEOUT_S = 10.0
_ANSWER_BYTES = 64 * 1024


def run_gateway_command(parsed: argparse.Namespace) -> None:
    """
    Raises:
        CommandFailed, StoreUnavailable: it was not done.
        ValueError: a flag is wrong.
    """
    settings = read_settings(GatewaySettings, [])
    if parsed.command == "keys":
        asyncio.run(_keys(parsed, settings))
    else:
        _drain(parsed, settings)


def add_gateway_commands(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    keys = commands.add_parser("keys", help="make, list, revoke and rotate API keys")
    keys.add_argument(
        "--data-dir", type=Path, help="the gateway's data folder, if not as set"
    )
    add_key_commands(keys)
    drain = commands.add_parser(
        "drain", help="let a running gateway finish, and take nothing new"
    )
    drain.add_argument("--url", help="of the gateway; default this machine's")
    drain.add_argument(
        "--key-file",
        metavar="FILE",
        help="holds a key with the scope admin; - reads it from standard input. "
        "Not needed while the gateway is open",
    )
    drain.add_argument("--json", action="store_true", help="the gateway's own answer")


async def _keys(parsed: argparse.Namespace, settings: GatewaySettings) -> None:
    data_dir = parsed.data_dir or settings.data_dir
    store = _store(settings, data_dir)
    pepper = _pepper(settings, data_dir)
    if settings.redis_url is None:
        _remark(f"keys of {data_dir}")
    elif settings.key_pepper is None:
        _remark("GATEWAY_KEY_PEPPER is not set: keys hold on this host only")
    wall_clock = WallClock()
    async with store:
        registry = KeyRegistry(store, pepper, wall_clock)
        await run_key_command(parsed, registry, wall_clock, _say)


def _store(settings: GatewaySettings, data_dir: Path) -> Store:
    redis_url = settings.redis_url.get_secret_value() if settings.redis_url else None
    return open_store(redis_url=redis_url, data_dir=data_dir)


def _pepper(settings: GatewaySettings, data_dir: Path) -> bytes:
    if settings.key_pepper is not None:
        return settings.key_pepper.get_secret_value().encode()
    try:
        return pepper_in(data_dir)
    except OSError as error:
        raise CommandFailed(
            f"--data-dir: {data_dir} cannot be used: {error.strerror}"
        ) from error


def _drain(parsed: argparse.Namespace, settings: GatewaySettings) -> None:
    url = (parsed.url or f"http://127.0.0.1:{settings.port}").rstrip("/")
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError("--url: must begin with http:// or https://")
    request = Request(f"{url}/admin/drain", method="POST")
    if parsed.key_file is not None:
        request.add_header("Authorization", f"Bearer {_key(parsed.key_file)}")
    # A gateway is asked directly, also where a proxy leads to the outside.
    opener = build_opener(ProxyHandler({}))
    try:
        with opener.open(request, timeout=_DRAIN_TIMEOUT_S) as answer:
            document = json.loads(answer.read(_ANSWER_BYTES))
    except HTTPError as error:
        with error:
            raise CommandFailed(f"{url} refuses: {_detail(error)}") from None
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise CommandFailed(f"--url: cannot reach {url}: {reason}") from None
    except ValueError:
        raise CommandFailed(f"--url: {url} is not an Easel gateway") from None
    if parsed.json:
        _say(json.dumps(document))
        return
    _say(
        f"{url} takes no new generations; {document['in_flight']} are under way and "
        f"{document['waiting']} wait. It may be stopped in "
        f"{document['safe_to_stop_in_s']:g} s."
    )


def _detail(error: HTTPError) -> str:
    try:
        return str(json.loads(error.read(_ANSWER_BYTES))["detail"])
    except (ValueError, KeyError, TypeError, OSError):
        return f"HTTP {error.code}"


def _key(key_file: str) -> str:
    try:
        text = sys.stdin.read() if key_file == "-" else Path(key_file).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"--key-file: {key_file} cannot be read: {error}") from None
    key = text.strip()
    if not key or not key.isascii() or not key.isprintable():
        raise ValueError(f"--key-file: there is no key in {key_file}")
    return key


def _say(text: str) -> None:
    print(text)  # noqa: T201 - the command's answer


def _remark(text: str) -> None:
    print(f"easel: {text}", file=sys.stderr)  # noqa: T201 - the command's answer
