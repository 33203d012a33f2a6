"""Where measured step times come from: a server, or a file with what one said."""

import json
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

from pydantic import ValidationError

from easel.contract.costs import CostsDocument

_TIMEOUT_S = 10.0
_MOST_BYTES = 4 * 2**20


class CostsUnavailable(Exception):
    """Says what could not be reached or read, and why."""


def read_costs(source: str) -> CostsDocument:
    """
    Args:
        source: `http://server:8001`, or a file that holds the answer of its `/costs`.

    Raises:
        CostsUnavailable: there is none.
        ValueError: it is none; names the field and the limit.
    """
    is_url = urlsplit(source).scheme in ("http", "https")
    text = _asked(source.rstrip("/")) if is_url else _read(Path(source))
    try:
        return CostsDocument.model_validate(json.loads(text))
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(str(part) for part in fault["loc"])
        raise ValueError(
            f"--from: {source}: {field}: {fault['msg']} (got {fault['input']!r})"
        ) from None
    except ValueError:
        raise ValueError(f"--from: {source} is not a server's /costs") from None


def _asked(url: str) -> bytes:
    # A server is asked directly, also where a proxy leads to the outside.
    opener = build_opener(ProxyHandler({}))
    try:
        with opener.open(f"{url}/costs", timeout=_TIMEOUT_S) as answer:
            content: bytes = answer.read(_MOST_BYTES)
    except HTTPError as error:
        with error:
            raise CostsUnavailable(
                f"--from: {url} answers {error.code}; a text-to-image server of this "
                "version has /costs, a gateway has none"
            ) from None
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise CostsUnavailable(f"--from: cannot reach {url}: {reason}") from None
    return content


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CostsUnavailable(
            f"--from: {path} cannot be read: {error.strerror}"
        ) from None
