"""Which store a gateway has, by its settings."""

from pathlib import Path

from easel.gateway.store.base import Store
from easel.gateway.store.sqlite import SqliteStore

_FILE_NAME = "gateway.sqlite3"


def open_store(*, redis_url: str | None, data_dir: Path) -> Store:
    """Not connected yet: enter it. Where it is down, its operations say so.

    Args:
        redis_url: `redis://`, `rediss://` or `unix://`, of Redis or Valkey, for
            gateways on several hosts; None for SQLite.
        data_dir: Where SQLite's file is, on a local disk; made if it is not there.

    Raises:
        ValueError: `redis_url` is not such a URL.
    """
    if redis_url is None:
        return SqliteStore(data_dir / _FILE_NAME)
    # Only who uses Redis pays for the time and memory that the import of it takes.
    from easel.gateway.store.redis import RedisStore

    return RedisStore(redis_url)
