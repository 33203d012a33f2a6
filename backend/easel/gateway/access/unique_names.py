"""Names that no process of any host gives twice."""

import secrets
from collections.abc import Iterator
from itertools import count


def unique_names() -> Iterator[str]:
    """For one process: what it gave before a fork its children would give again."""
    prefix = secrets.token_hex(8)
    for number in count():
        yield f"{prefix}{number:x}"
