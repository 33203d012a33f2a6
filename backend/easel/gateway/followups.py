"""Asynchronous generations, followed to their end after the 202.

Whoever asked has gone, so the gateway looks how they end: to settle what they cost,
and to tell a webhook. What is to be followed is in the store, and any process of any
gateway may take the next look; a process that dies is replaced by another.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

from easel.errors import (
    GenerationNotFound,
    ServiceError,
    StoreUnavailable,
    UpstreamUnavailable,
)
from easel.gateway.access.accounts import Accounts
from easel.gateway.access.callers import Caller
from easel.gateway.replicas.asking import open_at
from easel.gateway.replicas.pool import ReplicaPool
from easel.gateway.store.base import Store
from easel.gateway.upstream import UNAVAILABLE, UpstreamRequest
from easel.gateway.webhooks.backoff import delay_s
from easel.gateway.webhooks.sender import Delivery, WebhookSender

log = logging.getLogger(__name__)

_LOOKS = "followups"
_WEBHOOKS = "webhooks"

# How often the timetable is looked at.
_TICK_S = 1.0
# At a time; the next tick is for the next ones.
_MANY = 20
# Who claims a look and dies has it taken over after this long.
_CLAIM_S = 60.0
_SOONEST_S, _LATEST_S = 1.0, 30.0
_AGAIN_S = 5.0
# A server keeps results for a day; after that there is nothing left to see.
_GIVE_UP_S = 48 * 3600.0
_DOCUMENT_BYTES = 2**20
# Looking at it is a matter of milliseconds, and the next one waits.
_SILENCE_S = 5.0

_ENDED = ("completed", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class _Followed:
    """An asynchronous generation that has not been seen to end."""

    caller: str
    webhook: str | None


@dataclass(frozen=True, slots=True)
class _Message:
    """A webhook that has not been taken."""

    url: str
    body: str
    attempts: int = 0


class Followups:
    def __init__(
        self,
        store: Store,
        pool: ReplicaPool,
        accounts: Accounts,
        sender: WebhookSender | None,
        *,
        random: Random,
        count: Callable[[Delivery], None],
    ) -> None:
        """
        Args:
            sender: None where there are no webhooks.
            random: Spreads repetitions.
            count: Told how each delivery ended.
        """
        self._store = store
        self._pool = pool
        self._accounts = accounts
        self._sender = sender
        self._random = random
        self._count = count

    async def begin(
        self, generation_id: str, caller: Caller, *, webhook: str | None
    ) -> None:
        """Follow a generation that a server is about to get.

        Nothing to do for a caller who neither pays nor listens.

        Raises:
            StoreUnavailable: it will not be followed.
        """
        if caller.is_anonymous and webhook is None:
            return
        followed = json.dumps(asdict(_Followed(caller.id, webhook))).encode()
        await self._store.put(_key(generation_id), followed, ttl_s=_GIVE_UP_S)
        await self._store.schedule(_LOOKS, generation_id, _SOONEST_S)

    async def forget(self, generation_id: str) -> None:
        """No server took it. What the store cannot forget is found to be nowhere."""
        with suppress(StoreUnavailable):
            await self._store.delete(_key(generation_id))
            await self._store.unschedule(_LOOKS, generation_id)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While inside, this process takes part in the looks."""
        working = asyncio.create_task(self._work())
        try:
            yield
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            try:
                await self.look()
                await self.deliver()
            except StoreUnavailable:
                log.info("follow-ups wait for the store")
            except Exception:
                log.exception("a bug: a follow-up failed")
            await asyncio.sleep(_TICK_S)

    async def look(self) -> None:
        """At all that are due."""
        due = await self._store.due(_LOOKS, limit=_MANY, again_in_s=_CLAIM_S)
        for generation_id in due:
            try:
                await self._look_at(generation_id)
            except ServiceError:
                # Its server is away, or is not known yet: we have just been started.
                await self._store.schedule(_LOOKS, generation_id, _AGAIN_S)

    async def _look_at(self, generation_id: str) -> None:
        value = await self._store.get(_key(generation_id))
        if value is None:
            await self._store.unschedule(_LOOKS, generation_id)
            return
        followed = _Followed(**json.loads(value))
        try:
            document = await self._document(generation_id, followed)
        except GenerationNotFound:
            document = {"id": generation_id, "status": "failed"}
        if document["status"] not in _ENDED:
            eta_s = document.get("eta_s") or _SOONEST_S
            in_s = min(max(eta_s, _SOONEST_S), _LATEST_S)
            await self._store.schedule(_LOOKS, generation_id, in_s)
            return
        images = len(document.get("images", ()))
        await self._accounts.settle_later(generation_id, delivered=images)
        if followed.webhook is not None:
            await self._announce(followed.webhook, document)
        await self._store.delete(_key(generation_id))
        await self._store.unschedule(_LOOKS, generation_id)

    async def _document(
        self, generation_id: str, followed: _Followed
    ) -> dict[str, Any]:
        replica = self._pool.owner_of(generation_id)
        if replica is None:
            raise StoreUnavailable("its server is not known yet")
        request = UpstreamRequest("GET", f"/generations/{generation_id}", headers={})
        async with open_at(replica, request, silence_s=_SILENCE_S) as answer:
            if answer.status >= 400:
                raise await answer.error()
            return _parsed(await answer.read(_DOCUMENT_BYTES))

    async def _announce(self, url: str, document: dict[str, Any]) -> None:
        body = json.dumps(
            {
                "type": f"generation.{document['status']}",
                "timestamp": datetime.now(UTC).isoformat(),
                "data": document,
            }
        )
        message_id = f"msg_{document['id']}"
        message = json.dumps(asdict(_Message(url, body))).encode()
        await self._store.put(_webhook_key(message_id), message, ttl_s=_GIVE_UP_S)
        await self._store.schedule(_WEBHOOKS, message_id, 0.0)

    async def deliver(self) -> None:
        """All webhooks that are due."""
        if self._sender is None:
            return
        due = await self._store.due(_WEBHOOKS, limit=_MANY, again_in_s=_CLAIM_S)
        await asyncio.gather(*(self._deliver(self._sender, one) for one in due))

    async def _deliver(self, sender: WebhookSender, message_id: str) -> None:
        value = await self._store.get(_webhook_key(message_id))
        if value is None:
            await self._store.unschedule(_WEBHOOKS, message_id)
            return
        message = _Message(**json.loads(value))
        outcome = await sender.send(message.url, message_id, message.body)
        self._count(outcome)
        attempts = message.attempts + 1
        again_in_s = delay_s(attempts, self._random) if outcome == "failed" else None
        if again_in_s is None:
            await self._store.delete(_webhook_key(message_id))
            await self._store.unschedule(_WEBHOOKS, message_id)
            return
        later = _Message(message.url, message.body, attempts)
        encoded = json.dumps(asdict(later)).encode()
        await self._store.put(_webhook_key(message_id), encoded, ttl_s=_GIVE_UP_S)
        await self._store.schedule(_WEBHOOKS, message_id, again_in_s)


def _parsed(body: bytes) -> dict[str, Any]:
    """Raises UpstreamUnavailable if it is no generation's document."""
    try:
        document: Any = json.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict) or "status" not in document:
        raise UpstreamUnavailable(f"{UNAVAILABLE}: it tells nothing of a generation.")
    return document


def _key(generation_id: str) -> str:
    return f"followup/{generation_id}"


def _webhook_key(message_id: str) -> str:
    return f"webhook/{message_id}"
