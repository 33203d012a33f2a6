from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from easel.text2image.durability.journal import (
    Journal,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gpu0" / "journal.sqlite3"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with closing(Journal(path)) as opened:
        yield opened
