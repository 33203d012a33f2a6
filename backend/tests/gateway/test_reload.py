import logging
from collections.abc import Sequence
from pathlib import Path

import pytest

from easel.gateway.reload import (
    MasterSettings,
    Reload,
    warn_of_unknown_variables,
)
from easel.gateway.settings import GatewaySettings
from easel.web.command_line import read_settings

VARIABLES = ("TEXT2IMAGE_SERVER_URL", "REQUEST_TIMEOUT", "MAX_CONCURRENT_REQUESTS")


@pytest.fixture(autouse=True)
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty environment, and a `.env` that is not the developer's own."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / ".env"
    monkeypatch.setitem(GatewaySettings.model_config, "env_file", path)
    return path


def write(env_file: Path, *lines: str) -> None:
    env_file.write_text("".join(f"{line}\n" for line in lines))


class Parts:
    """A door and a pool that only remember."""

    def __init__(self) -> None:
        self.limits: list[tuple[int, int]] = []
        self.urls: list[tuple[str, ...]] = []

    def set_limits(self, max_inside: int, max_waiting: int) -> None:
        self.limits.append((max_inside, max_waiting))

    async def reconfigure(self, urls: Sequence[str]) -> None:
        self.urls.append(tuple(urls))


def reload_of(parts: Parts, *arguments: str) -> Reload:
    settings = read_settings(GatewaySettings, list(arguments))
    return Reload(settings, arguments, door=parts, pool=parts)


async def test_limits_and_servers_change_while_running(env_file: Path) -> None:
    parts = Parts()
    reload = reload_of(parts)
    servers = "TEXT2IMAGE_SERVER_URL=http://a:1,http://b:1"
    write(env_file, "MAX_CONCURRENT_REQUESTS=3", servers)
    await reload()
    assert parts.limits == [(3, 12)]
    assert parts.urls == [("http://a:1", "http://b:1")]
    await reload()
    assert len(parts.urls) == 1, "nothing has changed"


async def test_flags_stay_the_strongest(env_file: Path) -> None:
    parts = Parts()
    reload = reload_of(parts, "--max-queue", "5")
    write(env_file, "MAX_CONCURRENT_REQUESTS=3", "GATEWAY_MAX_QUEUE=9")
    await reload()
    assert parts.limits == [(3, 5)]


async def test_one_wrong_value_and_all_stays_as_it_was(
    env_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    parts = Parts()
    reload = reload_of(parts)
    write(env_file, "MAX_CONCURRENT_REQUESTS=3", "REQUEST_TIMEOUT=soon")
    await reload()
    assert (parts.limits, parts.urls) == ([], [])
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "REQUEST_TIMEOUT: " in record.getMessage()


async def test_what_needs_a_start_is_said_and_secrets_are_not(
    env_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reload = reload_of(Parts())
    write(env_file, "GATEWAY_METRICS_TOKEN=hush", "GATEWAY_MAX_QUEUE=3")
    with caplog.at_level(logging.INFO):
        for _ in range(2):
            caplog.clear()
            await reload()
            later = caplog.records[-1]
            assert later.levelno == logging.WARNING
            assert later.__dict__["fields"] == {"settings": "metrics_token"}
            assert "hush" not in str([record.__dict__ for record in caplog.records])


def test_the_master_keeps_what_was_right(env_file: Path) -> None:
    master = MasterSettings()
    assert master.held is None
    write(env_file, "MAX_CONCURRENT_REQUESTS=3")
    assert master.take().max_concurrent_requests == 3
    write(env_file, "MAX_CONCURRENT_REQUESTS=none")
    assert master.take().max_concurrent_requests == 3
    write(env_file, "MAX_CONCURRENT_REQUESTS=5")
    assert master.take().max_concurrent_requests == 5
    master.add(workers=4)
    assert master.held is not None
    assert (master.held.workers, master.held.max_concurrent_requests) == (4, 5)
    master.go_back()
    assert master.held.max_concurrent_requests == 3


def test_the_master_ends_when_it_is_started_with_a_wrong_value(env_file: Path) -> None:
    write(env_file, "MAX_CONCURRENT_REQUESTS=none")
    with pytest.raises(SystemExit) as caught:
        MasterSettings().take()
    assert caught.value.code == 2


def test_a_misspelled_variable_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("GATEWAY_PROT", "8100")
    warn_of_unknown_variables()
    assert "GATEWAY_PROT sets nothing; is GATEWAY_PORT meant?" in caplog.text
