"""Exits with 0 if a URL answers 200, else with 1: the images' health checks.

python answers.py http://127.0.0.1:8000/livez
"""

import sys
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

_TIMEOUT_S = 4.0
_OK = 200


def answers(url: str) -> bool:
    """Asked directly, also where a proxy leads to the outside."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status == _OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if answers(sys.argv[1]) else 1)
