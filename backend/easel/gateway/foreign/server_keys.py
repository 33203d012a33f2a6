"""The keys of servers of other makes, as an operator writes them. Pure."""

import json
from collections.abc import Mapping

from pydantic import SecretStr


def server_keys(secret: SecretStr | None) -> Mapping[str, str]:
    """By host, with the port where the server's URL has one.

    Raises:
        ValueError: it is no JSON object of texts; the message repeats none of it.
    """
    if secret is None:
        return {}
    try:
        keys = json.loads(secret.get_secret_value())
    except (ValueError, RecursionError):
        keys = None
    if not isinstance(keys, dict) or not all(
        isinstance(key, str) and key for key in keys.values()
    ):
        raise ValueError('must be JSON such as {"host:port": "key"}') from None
    return keys
