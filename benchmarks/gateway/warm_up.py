"""The first requests to a contender: not measured, but looked at."""

import json
import time
from http.client import HTTPConnection

from .contender import Contender

_REQUESTS = 50
_AT_MOST_S = 2.0


def warm_up(contender: Contender, least_bytes: int) -> None:
    """Ask it until it is warm, and see that it answers what it should.

    Raises:
        RuntimeError: another status than 200, or an answer without its images.
    """
    give_up_at = time.monotonic() + _AT_MOST_S
    body = json.dumps(contender.body)
    connection = HTTPConnection("127.0.0.1", contender.port, timeout=60)
    try:
        for _ in range(_REQUESTS):
            connection.request("POST", contender.path, body, dict(contender.headers))
            response = connection.getresponse()
            answer = response.read()
            if response.status != 200 or len(answer) < least_bytes:
                raise RuntimeError(
                    f"{contender.name}: {response.status}, {len(answer)} bytes: "
                    f"{answer[:500]!r}"
                )
            if time.monotonic() > give_up_at:
                return
    finally:
        connection.close()
