"""Who a request comes from. Knows headers and keys, not how an answer is sent."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from starlette.types import Scope

from easel.clock import Clock
from easel.errors import Forbidden, LinkExpired, RateLimited, Unauthorized
from easel.gateway.access.api_keys import KeyRecord, secret_hash, secret_holds_until
from easel.gateway.access.bounded import keep
from easel.gateway.access.callers import Caller, CallerLimits
from easel.gateway.access.failed_attempts import FailedAttempts, client_of
from easel.gateway.access.key_book import KeyBook
from easel.gateway.access.key_texts import KeyText, parse_key_text
from easel.gateway.access.permissions import is_loopback
from easel.gateway.access.signed_links import SignedLinks, is_signed

FailureReason = Literal[
    "missing", "malformed", "unknown", "expired", "revoked", "link", "throttled"
]

ANONYMOUS_PREFIX = "address:"

# Its clients know no keys, only what the web UI's `--api-auth user:password` wants.
_PASSWORD_PATHS = "/sdapi/"

_MISSING = (
    "This gateway needs an API key: send it as `Authorization: Bearer <key>` or "
    "`x-api-key: <key>`."
)
_NOT_VALID = "This API key is not valid."


@dataclass(frozen=True, slots=True)
class _Verified:
    """A key's text that was found right; holds as long as its record stays the same.

    Attributes:
        record: As the key book had it.
        caller: Whom it stands for.
        until: When the key or this secret ends, in seconds since 1970.
    """

    record: KeyRecord
    caller: Caller
    until: float


class Authenticator:
    """
    Args:
        keys: Which there are.
        pepper: See `api_keys.secret_hash`.
        links: Signed links to images.
        clock: Measures how often a client fails.
        wall_clock: Tells which keys have expired.
        requires_keys: Without a key nothing is answered, even before the first is made.
        anonymous_limits: Of each address while the gateway is open.
        on_failure: Told why somebody was not let in; for metrics.
    """

    def __init__(
        self,
        *,
        keys: KeyBook,
        pepper: bytes,
        links: SignedLinks,
        clock: Clock,
        wall_clock: Clock,
        requires_keys: bool = False,
        anonymous_limits: CallerLimits | None = None,
        on_failure: Callable[[FailureReason], None] = lambda reason: None,
    ) -> None:
        self._keys = keys
        self._pepper = pepper
        self._links = links
        self._wall_clock = wall_clock
        self._requires_keys = requires_keys
        self._anonymous_limits = anonymous_limits or CallerLimits()
        self._on_failure = on_failure
        self._attempts = FailedAttempts(clock)
        # By SHA-256 of the key's text.
        self._verified: dict[bytes, _Verified] = {}
        self._anonymous: dict[str, Caller] = {}

    async def identify(self, scope: Scope, path: str) -> Caller:
        """
        Args:
            scope: Of the request.
            path: Below the gateway's root.

        Raises:
            Unauthorized: no key, or one that does not hold.
            Forbidden: a signed link that does not hold.
            LinkExpired: one that did.
            RateLimited: this client tried too many keys that do not hold.
            StoreUnavailable: a key that is not known, and cannot be looked up now.
        """
        query: bytes = scope["query_string"]
        if is_signed(scope["method"], path, query):
            return await self._signed(scope, path, query)
        credential = presented_key(scope, path)
        if credential is not None:
            digest = hashlib.sha256(credential).digest()
            known = self._verified.get(digest)
            if known is not None and await self._still_holds(known):
                return known.caller
            if not await self._is_open():
                return await self._verify(credential, digest, host_of(scope))
        elif not await self._is_open():
            self._on_failure("missing")
            raise Unauthorized(_MISSING)
        return self._address(host_of(scope))

    async def _is_open(self) -> bool:
        return not self._requires_keys and await self._keys.is_open()

    async def _still_holds(self, known: _Verified) -> bool:
        public_id = known.record.public_id
        record = self._keys.fresh(public_id) or await self._keys.lookup(public_id)
        return record is known.record and self._wall_clock.now() < known.until

    async def _verify(self, credential: bytes, digest: bytes, host: str) -> Caller:
        wait_s = self._attempts.wait_s(host)
        if wait_s is not None:
            self._on_failure("throttled")
            raise RateLimited(
                "Too many API keys that do not hold came from this address.",
                retry_after_s=wait_s,
            )
        text = parse_key_text(credential.decode("latin-1"))
        if text is None:
            raise self._refused("malformed", host, _NOT_VALID)
        record = await self._keys.lookup(text.public_id)
        until = None if record is None else self._holds_until(record, text)
        if record is None or until is None:
            raise self._refused("unknown", host, _NOT_VALID)
        state = record.state(self._wall_clock.now())
        if state != "active":
            detail = f"This API key is {state}."
            raise self._refused(state, host, detail)
        ends = record.terms.expires_at
        verified = _Verified(
            record, record.caller(), until if ends is None else min(until, ends)
        )
        keep(self._verified, digest, verified)
        return verified.caller

    def _holds_until(self, record: KeyRecord, text: KeyText) -> float | None:
        presented = secret_hash(self._pepper, text.secret)
        until = secret_holds_until(record, presented)
        return None if until is None or until <= self._wall_clock.now() else until

    def _refused(self, reason: FailureReason, host: str, detail: str) -> Unauthorized:
        self._attempts.note(host)
        self._on_failure(reason)
        return Unauthorized(detail)

    async def _signed(self, scope: Scope, path: str, query: bytes) -> Caller:
        try:
            caller_id = self._links.caller_id(path, query)
            if caller_id.startswith(ANONYMOUS_PREFIX):
                return Caller(id=caller_id, scopes=frozenset())
            record = await self._keys.lookup(caller_id)
            if record is None or record.state(self._wall_clock.now()) != "active":
                raise Forbidden("The API key that made this link does not hold.")
        except (Forbidden, LinkExpired):
            self._on_failure("link")
            raise
        return record.caller()

    def _address(self, host: str) -> Caller:
        caller = self._anonymous.get(host)
        if caller is None:
            caller = Caller(
                id=ANONYMOUS_PREFIX + client_of(host),
                # What an open gateway lets an address do besides, see `Authentication`.
                scopes=frozenset({"generate"}),
                limits=self._anonymous_limits,
            )
            keep(self._anonymous, host, caller)
        return caller


def presented_key(scope: Scope, path: str) -> bytes | None:
    """The key of `x-api-key`, or of `Authorization`; None if there is none."""
    key: bytes | None = None
    for name, value in scope["headers"]:
        if name == b"x-api-key":
            own: bytes = value
            return own.strip()
        if name == b"authorization":
            key = _authorization_key(value, path)
    return key


def _authorization_key(value: bytes, path: str) -> bytes | None:
    """`Bearer`; where AUTOMATIC1111 is spoken also `Basic`, with any user's name."""
    if value[:7].lower() == b"bearer ":
        return value[7:].strip()
    if not path.startswith(_PASSWORD_PATHS) or value[:6].lower() != b"basic ":
        return None
    try:
        _, _, password = base64.b64decode(value[6:], validate=True).partition(b":")
    except binascii.Error:
        return None
    return password or None


def host_of(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else "unknown"


def is_from_this_machine(scope: Scope) -> bool:
    """No proxy and no web page in between: both could speak for somebody else."""
    names = {name for name, _ in scope["headers"]}
    foreign = {b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via", b"origin"}
    return is_loopback(host_of(scope)) and not names & foreign


def holds_token(scope: Scope, token: str) -> bool:
    presented = presented_key(scope, scope["path"])
    return presented is not None and hmac.compare_digest(presented, token.encode())
