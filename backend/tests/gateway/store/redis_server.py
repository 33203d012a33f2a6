"""A real Redis, without persistence, that a test can stop, start and age."""

import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from tests.gateway.store.waiting import wait_until

PROGRAM = shutil.which("redis-server") or shutil.which("valkey-server")

needs_redis = pytest.mark.skipif(
    PROGRAM is None, reason="neither redis-server nor valkey-server is installed"
)


@dataclass
class RedisServer:
    """On a socket in `folder`, which must have a short path."""

    folder: Path
    options: tuple[str, ...] = ()
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        return f"unix://{self._socket}"

    @property
    def _socket(self) -> Path:
        return self.folder / "redis.sock"

    def start(self) -> None:
        assert PROGRAM is not None
        self._process = subprocess.Popen(
            [
                PROGRAM,
                *("--port", "0", "--unixsocket", str(self._socket)),
                *("--save", "", "--appendonly", "no", "--dir", str(self.folder)),
                *self.options,
            ],
            stdout=subprocess.DEVNULL,
        )
        wait_until(self._answers)

    def stop(self) -> None:
        """At once, as if it had crashed; all is forgotten."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def command(self, *words: str) -> object:
        with Redis.from_url(self.url) as redis:
            return redis.execute_command(*words)

    def age(self, seconds: float) -> None:
        """As if so much time had passed: everything ends and is due earlier."""
        passed_ms = round(seconds * 1000)
        with Redis.from_url(self.url) as redis:
            for key in redis.keys("*"):
                if redis.type(key) == b"zset":
                    for member, _ in redis.zrange(key, 0, -1, withscores=True):
                        redis.zincrby(key, -passed_ms, member)
                left_ms = redis.pttl(key)
                if left_ms >= 0:
                    redis.pexpire(key, left_ms - passed_ms)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _answers(self) -> bool:
        with Redis.from_url(self.url) as redis:
            try:
                return bool(redis.ping())
            except RedisConnectionError:
                return False
