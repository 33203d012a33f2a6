from pathlib import Path

import pytest

from easel.gateway.store.opening import open_store


async def test_without_a_url_it_is_a_file_in_the_data_folder(tmp_path: Path) -> None:
    store = open_store(redis_url=None, data_dir=tmp_path / "data")
    assert store.kind == "sqlite"
    async with store:
        await store.put("key", b"1")
        assert (tmp_path / "data" / "gateway.sqlite3").exists()


async def test_with_a_url_it_is_redis_and_makes_no_folder(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with open_store(redis_url="redis://127.0.0.1:1", data_dir=data) as store:
        assert store.kind == "redis"
    assert not data.exists()


@pytest.mark.parametrize("url", ["", "http://localhost", "localhost:6379"])
def test_a_url_of_something_else_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ValueError, match="scheme"):
        open_store(redis_url=url, data_dir=tmp_path)
