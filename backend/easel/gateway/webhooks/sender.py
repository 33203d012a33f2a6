"""Sends one webhook, signed as Standard Webhooks says (standardwebhooks.com)."""

import base64
import binascii
import logging
from collections.abc import Collection
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal, Self

import aiohttp
from standardwebhooks import Webhook

from easel.gateway.webhooks.guard import GuardedResolver

log = logging.getLogger(__name__)

# Taken: 2xx. Refused for good: 410, which the specification has for "never again".
Delivery = Literal["taken", "gone", "failed"]

_WHOLE_S = 10.0


class WebhookSender:
    """Use as a context manager.

    Args:
        secret: `whsec_` and base64, which receivers check signatures with.
        allowed_hosts: May have private addresses, and be spoken to without TLS.

    Raises:
        ValueError: the secret is not base64, or is empty.
    """

    def __init__(self, secret: str, allowed_hosts: Collection[str]) -> None:
        try:
            base64.b64decode(secret.removeprefix("whsec_") + "==", validate=True)
            self._signer = Webhook(secret)
        except (binascii.Error, RuntimeError) as error:
            raise ValueError("must be whsec_ and base64") from error
        self._allowed_hosts = allowed_hosts
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        resolver = GuardedResolver(self._allowed_hosts)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=resolver, use_dns_cache=False, force_close=True
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=_WHOLE_S),
        )
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._session is not None
        await self._session.close()

    async def send(self, url: str, message_id: str, body: str) -> Delivery:
        """One try, of ten seconds at most. A redirect is a failure."""
        assert self._session is not None, "used outside of its block"
        now = datetime.now(UTC)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Easel",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(message_id, now, body),
        }
        try:
            async with self._session.post(
                url, data=body.encode(), headers=headers, allow_redirects=False
            ) as answer:
                # The body is not read: it says nothing to us, and may have no end.
                status = answer.status
                answer.close()
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            fields = {"webhook_id": message_id, "error": type(error).__name__}
            log.info("webhook not delivered", extra={"fields": fields})
            return "failed"
        if status == 410:
            return "gone"
        return "taken" if 200 <= status < 300 else "failed"
