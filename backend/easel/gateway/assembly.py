"""Makes the parts of a gateway from its settings, and starts them in their order."""

import logging
from collections.abc import Collection
from contextlib import AsyncExitStack
from dataclasses import dataclass
from random import Random

from easel.clock import Clock
from easel.errors import StoreUnavailable
from easel.gateway.access.accounts import Accounts
from easel.gateway.access.authenticator import Authenticator
from easel.gateway.access.callers import Caller, CallerLimits
from easel.gateway.access.cautious_store import CautiousStore
from easel.gateway.access.key_book import KeyBook
from easel.gateway.access.pepper import pepper_in
from easel.gateway.access.signed_links import SignedLinks
from easel.gateway.access.wall_clock import WallClock
from easel.gateway.admission.cost import Costs
from easel.gateway.admission.door import Door
from easel.gateway.admission.process_door import ProcessDoor
from easel.gateway.admission.shared_door import SharedDoor
from easel.gateway.admission.waiting_room import WaitingRoom
from easel.gateway.drain import Drain
from easel.gateway.flights import Flights
from easel.gateway.followups import Followups
from easel.gateway.foreign.making import client_maker
from easel.gateway.foreign.server_keys import server_keys
from easel.gateway.metrics import GatewayMetrics
from easel.gateway.parts import Parts
from easel.gateway.replicas.probed_pool import ProbedPool
from easel.gateway.retry_budget import RetryBudget
from easel.gateway.settings import GatewaySettings
from easel.gateway.store.base import Store
from easel.gateway.store.opening import open_store
from easel.gateway.webhooks.sender import WebhookSender

log = logging.getLogger(__name__)


class StorageUnusable(Exception):
    """The data folder cannot be written; the message names the setting."""


@dataclass(frozen=True)
class Assembly:
    """A gateway without its HTTP.

    Attributes:
        webhook_hosts: May have private addresses; None where there are no webhooks.
    """

    parts: Parts
    store: Store
    keys: KeyBook
    authenticator: Authenticator
    links: SignedLinks
    drain: Drain
    sender: WebhookSender | None
    webhook_hosts: Collection[str] | None
    requires_keys: bool

    async def start(self, stack: AsyncExitStack) -> None:
        """Everything ends with `stack`, in the opposite order.

        Raises:
            RuntimeError: keys are required, and there are none.
        """
        parts = self.parts
        await stack.enter_async_context(self.store)
        await self._look_at_keys()
        await stack.enter_async_context(parts.accounts)
        if isinstance(parts.door, SharedDoor):
            await stack.enter_async_context(parts.door)
        await stack.enter_async_context(parts.pool)
        if self.sender is not None:
            await stack.enter_async_context(self.sender)
        await stack.enter_async_context(parts.followups.running())

    async def _look_at_keys(self) -> None:
        try:
            is_open = await self.keys.is_open()
        except StoreUnavailable:
            log.warning("the store does not answer: who has a key is not known")
            return
        if is_open and self.requires_keys:
            raise RuntimeError(
                "REQUIRE_API_KEYS is set and there is no API key; make one with "
                "`python -m easel keys create`."
            )
        if is_open:
            log.warning(
                "THE GATEWAY IS OPEN: whoever reaches it may use it. The first API key "
                "closes it: python -m easel keys create"
            )

    def link(self, path: str, caller: Caller) -> str:
        """An image's path that opens without a key for an hour."""
        return self.links.sign(path, caller.id, ttl_s=_LINK_S)


# As long as OpenAI's own.
_LINK_S = 3600.0


def assemble(
    settings: GatewaySettings, metrics: GatewayMetrics, clock: Clock
) -> Assembly:
    """Raises StorageUnusable."""
    redis_url = settings.redis_url.get_secret_value() if settings.redis_url else None
    store = open_store(redis_url=redis_url, data_dir=settings.data_dir)
    pepper = _pepper(settings)
    wall_clock = WallClock()
    keys = KeyBook(CautiousStore(store, clock, consequence=_OUTAGE), clock)
    links = SignedLinks(pepper, wall_clock)
    drain = Drain(settings.shared_dir)
    clients = client_maker(
        store,
        keys=server_keys(settings.server_keys),
        keep_s=settings.foreign_keep_s,
        keep_bytes=settings.foreign_keep_mib * 2**20,
        longest_s=settings.request_timeout,
        clock=clock,
    )
    pool = ProbedPool(settings.server_urls, clock=clock, upstream_for=clients)
    accounts = Accounts(
        store,
        clock=clock,
        wall_clock=wall_clock,
        processes=settings.processes,
        longest_s=settings.request_timeout,
    )
    sender = _sender(settings)
    door = _door(settings, clock)
    parts = Parts(
        pool=pool,
        door=door,
        waiting_room=WaitingRoom(lambda: door.state().max_waiting, Random().random),
        accounts=accounts,
        flights=Flights(store),
        followups=Followups(
            store, pool, accounts, sender, random=Random(), count=metrics.webhook
        ),
        costs=Costs(settings.model_weights),
        budget=RetryBudget(
            clock,
            share=settings.retry_budget,
            floor=settings.max_concurrent_requests,
        ),
        metrics=metrics,
        clock=clock,
        drain=drain,
        timeout_s=settings.request_timeout,
        cache_ttl_s=settings.answer_cache_ttl_s if settings.answer_cache else None,
        cache_is_shared=settings.answer_cache_shared,
    )
    return Assembly(
        parts=parts,
        store=store,
        keys=keys,
        authenticator=Authenticator(
            keys=keys,
            pepper=pepper,
            links=links,
            clock=clock,
            wall_clock=wall_clock,
            requires_keys=settings.require_api_keys,
            anonymous_limits=CallerLimits(rate=settings.anonymous_rate),
            on_failure=metrics.auth_failed,
        ),
        links=links,
        drain=drain,
        sender=sender,
        webhook_hosts=settings.webhook_hosts if sender else None,
        requires_keys=settings.require_api_keys,
    )


_OUTAGE = "known API keys go on for ten minutes, unknown ones are answered with 503"


def _pepper(settings: GatewaySettings) -> bytes:
    if settings.key_pepper is not None:
        return settings.key_pepper.get_secret_value().encode()
    try:
        return pepper_in(settings.data_dir)
    except OSError as error:
        raise StorageUnusable(
            f"GATEWAY_DATA_DIR: {settings.data_dir} cannot be written: {error.strerror}"
        ) from error


def _sender(settings: GatewaySettings) -> WebhookSender | None:
    if settings.webhook_secret is None:
        return None
    return WebhookSender(
        settings.webhook_secret.get_secret_value(), settings.webhook_hosts
    )


def _door(settings: GatewaySettings, clock: Clock) -> Door:
    if settings.shared_dir is None:
        return ProcessDoor(
            max_inside=settings.max_concurrent_requests,
            max_waiting=settings.max_waiting,
            clock=clock,
        )
    return SharedDoor(
        settings.shared_dir / "door",
        max_inside=settings.max_concurrent_requests,
        max_waiting=settings.max_waiting,
        clock=clock,
    )
