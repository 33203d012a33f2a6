"""Ids that say where a generation lives: `gen_<replica id>_<ulid>`.

Chosen by the gateway, so that it knows a generation before any answer; any gateway
routes by them without shared state.
"""

from ulid import ULID

_PREFIX = "gen"


def new_generation_id(replica_id: str) -> str:
    return f"{_PREFIX}_{replica_id}_{ULID()}"
