"""New settings for a running gateway, at SIGHUP: all of them right, or none taken.

Under gunicorn its master reads them again, and workers with the new ones replace the
others. A gateway that is one process takes over what can change while it runs.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, Protocol

from easel.gateway.settings import GatewaySettings, unknown_variables
from easel.web.command_line import WrongSettings, load_settings, read_settings

log = logging.getLogger(__name__)

# What a single process can change while it runs.
_LIVE = frozenset({"max_concurrent_requests", "max_queue", "text2image_server_url"})

# What gunicorn.conf.py adds by itself.
_OF_THE_MASTER = frozenset({"shared_dir", "workers", "prometheus_multiproc_dir"})


class _Door(Protocol):
    def set_limits(self, max_inside: int, max_waiting: int) -> None: ...


class _Pool(Protocol):
    async def reconfigure(self, urls: Sequence[str]) -> None: ...


class MasterSettings:
    """Those of gunicorn's master; its workers inherit them when they fork.

    So all workers have the same ones, also a worker that replaces a dead one after
    `.env` was broken.
    """

    def __init__(self) -> None:
        self._held: GatewaySettings | None = None
        self._before: GatewaySettings | None = None

    @property
    def held(self) -> GatewaySettings | None:
        """None outside of a gunicorn with our gunicorn.conf.py."""
        return self._held

    def take(self) -> GatewaySettings:
        """At first a wrong value ends the process; later, what was there stays."""
        if self._held is None:
            self._held = read_settings(GatewaySettings, [])
        else:
            self._before = self._held
            self._held = _newer(self._before, []) or self._before
        return self._held

    def go_back(self) -> None:
        """To what was held before the newest `take`."""
        self._held = self._before or self._held

    def add(self, **values: Any) -> None:
        """What only the master knows."""
        assert self._held is not None
        self._held = self._held.model_copy(update=values)


# Of this process, and of those that are forked from it.
of_master = MasterSettings()


class Reload:
    """Of a gateway that is one process.

    Args:
        settings: What it was started with.
        arguments: Its flags, which stay the strongest.
        door: Takes new limits.
        pool: Takes new servers.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        arguments: Sequence[str],
        *,
        door: _Door,
        pool: _Pool,
    ) -> None:
        self._settings = settings
        self._arguments = arguments
        self._door = door
        self._pool = pool
        self._one_at_a_time = asyncio.Lock()

    async def __call__(self) -> None:
        async with self._one_at_a_time:
            new = _newer(self._settings, self._arguments)
            if new is None:
                return
            changed = _changed(self._settings, new)
            if "text2image_server_url" in changed:
                await self._pool.reconfigure(new.server_urls)
            self._door.set_limits(new.max_concurrent_requests, new.max_waiting)
            live = {name: getattr(new, name) for name in _LIVE}
            self._settings = self._settings.model_copy(update=live)
            if waiting := _changed(self._settings, new):
                log.warning(
                    "some settings hold from the next start on",
                    extra={"fields": {"settings": ", ".join(waiting)}},
                )


def warn_of_unknown_variables() -> None:
    """Most are misspelled, and the default that holds instead goes unnoticed."""
    for name, meant in unknown_variables().items():
        hint = f"; is {meant} meant?" if meant else ""
        log.warning("%s sets nothing%s", name, hint)


def _newer(old: GatewaySettings, arguments: Sequence[str]) -> GatewaySettings | None:
    """None if one is wrong; either way, a line says what became of it."""
    try:
        new = load_settings(GatewaySettings, arguments)
    except WrongSettings as wrong:
        log.error("the settings stay as they are: %s", "; ".join(wrong.args))  # noqa: TRY400 - the operator's mistake
        return None
    warn_of_unknown_variables()
    changed = ", ".join(_changed(old, new)) or "nothing has changed"
    log.info("settings read again", extra={"fields": {"changed": changed}})
    return new


def _changed(old: GatewaySettings, new: GatewaySettings) -> list[str]:
    """Names only: some of the values are secrets."""
    names = GatewaySettings.model_fields.keys() - _OF_THE_MASTER
    return sorted(name for name in names if getattr(old, name) != getattr(new, name))
