"""What is kept of an API key: never its secret, only an HMAC of it. Pure.

A secret has 256 random bits, so one HMAC is enough (a slow password hash protects
secrets that can be guessed); the pepper is not in the store, so that whoever reads the
store can neither try nor make keys.
"""

import hmac
from dataclasses import dataclass, field, replace
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from easel.gateway.access.callers import Caller, CallerLimits, KeyScope

KeyState = Literal["active", "expired", "revoked"]


@dataclass(frozen=True, slots=True)
class KeyTerms:
    """What a key is made for.

    Attributes:
        name: For people.
        scopes: What it may do.
        models: Ids that it may use; None for all.
        expires_at: Seconds since 1970; None: never.
        weight: Share of the queue beside keys of weight 1, above 0.
        limits: Its own.
    """

    name: str
    scopes: frozenset[KeyScope] = frozenset({"generate"})
    models: frozenset[str] | None = None
    expires_at: float | None = None
    weight: float = 1.0
    limits: CallerLimits = field(default_factory=CallerLimits)


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """One key as it lies in the store. Times are seconds since 1970.

    Attributes:
        public_id: Names the key.
        secret_hash: See `secret_hash`, hexadecimal.
        terms: What it was made for.
        created_at: When.
        revoked_at: From when on it does not hold.
        previous_hash: Of the secret before the last rotation.
        previous_until: How long that secret holds beside the new one.
    """

    public_id: str
    secret_hash: str = field(repr=False)
    terms: KeyTerms
    created_at: float
    revoked_at: float | None = None
    previous_hash: str | None = field(default=None, repr=False)
    previous_until: float | None = None

    def state(self, now_s: float) -> KeyState:
        if self.revoked_at is not None:
            return "revoked"
        expires_at = self.terms.expires_at
        return "expired" if expires_at is not None and now_s >= expires_at else "active"

    def caller(self) -> Caller:
        return Caller(
            id=self.public_id,
            is_anonymous=False,
            weight=self.terms.weight,
            scopes=self.terms.scopes,
            models=self.terms.models,
            limits=self.terms.limits,
        )


_CODEC = TypeAdapter(KeyRecord)


def secret_hash(pepper: bytes, secret: str) -> str:
    """HMAC-SHA-256(pepper, secret) in hexadecimal."""
    return hmac.digest(pepper, secret.encode(), "sha256").hex()


def secret_holds_until(record: KeyRecord, presented_hash: str) -> float | None:
    """Until when this secret is one of the key's; None if it never was.

    Infinity for the present secret. Says nothing about the state of the key.
    """
    if hmac.compare_digest(record.secret_hash, presented_hash):
        return float("inf")
    if record.previous_hash is None or record.previous_until is None:
        return None
    if hmac.compare_digest(record.previous_hash, presented_hash):
        return record.previous_until
    return None


def revoked(record: KeyRecord, now_s: float) -> KeyRecord:
    """Revoking twice changes nothing."""
    if record.revoked_at is not None:
        return record
    return replace(record, revoked_at=now_s)


def rotated(
    record: KeyRecord, new_hash: str, *, now_s: float, overlap_s: float
) -> KeyRecord:
    """The key with a new secret; the old one holds for `overlap_s` more.

    A secret older than the old one ends now.
    """
    return replace(
        record,
        secret_hash=new_hash,
        previous_hash=record.secret_hash,
        previous_until=now_s + overlap_s,
    )


def encode_record(record: KeyRecord) -> bytes:
    return _CODEC.dump_json(record)


def decode_record(value: bytes) -> KeyRecord:
    """Raises ValueError if `value` is not the whole of a record."""
    try:
        return _CODEC.validate_json(value)
    except ValidationError:
        # Not chained: pydantic's text quotes the value.
        raise ValueError("not an API key's record") from None
