"""Makes, lists, rotates and revokes keys: what the `easel keys` commands do."""

from collections.abc import Callable
from dataclasses import dataclass

from easel.clock import Clock
from easel.gateway.access.api_keys import (
    KeyRecord,
    KeyTerms,
    decode_record,
    encode_record,
    revoked,
    rotated,
    secret_hash,
)
from easel.gateway.access.key_book import CLOSED, KEY_AREA
from easel.gateway.access.key_texts import KeyText, new_key_text, with_new_secret
from easel.gateway.store.base import Store


class KeyNotFound(LookupError):
    """There is no key of this public id."""


class KeyNotActive(Exception):
    """The key was revoked, or has expired."""


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """
    Attributes:
        text: With the secret; nobody can show it again.
        record: What is kept.
        is_first: It closed the gateway for all who have no key.
    """

    text: KeyText
    record: KeyRecord
    is_first: bool = False


class KeyRegistry:
    """Every method raises StoreUnavailable while the store is away.

    Args:
        store: Where the records are.
        pepper: See `api_keys.secret_hash`.
        wall_clock: Seconds since 1970.
    """

    def __init__(self, store: Store, pepper: bytes, wall_clock: Clock) -> None:
        self._store = store
        self._pepper = pepper
        self._wall_clock = wall_clock

    async def create(self, terms: KeyTerms) -> IssuedKey:
        """The first key closes the gateway for all who have none."""
        # Closed first: if this process dies in between, nothing is open that should
        # not be.
        is_first = await self._store.get(CLOSED) is None
        await self._store.put(CLOSED, b"1")
        while True:
            text = new_key_text()
            record = KeyRecord(
                public_id=text.public_id,
                secret_hash=secret_hash(self._pepper, text.secret),
                terms=terms,
                created_at=self._wall_clock.now(),
            )
            value = encode_record(record)
            name = KEY_AREA + text.public_id
            if await self._store.put_if_absent(name, value) == value:
                return IssuedKey(text, record, is_first)

    async def all(self) -> list[KeyRecord]:
        """The oldest first.

        Raises:
            ValueError: a record is damaged.
        """
        values = await self._store.items(KEY_AREA)
        records = [decode_record(value) for value in values.values()]
        return sorted(records, key=lambda record: (record.created_at, record.public_id))

    async def revoke(self, public_id: str) -> KeyRecord:
        """
        Raises:
            KeyNotFound: no such key.
            ValueError: its record is damaged.
        """
        now_s = self._wall_clock.now()
        return await self._change(public_id, lambda record: revoked(record, now_s))

    async def rotate(self, public_id: str, *, overlap_s: float) -> IssuedKey:
        """A new secret for the same key; the old one holds for `overlap_s` more.

        Raises:
            KeyNotFound: no such key.
            KeyNotActive: a new secret would not hold either.
            ValueError: its record is damaged.
        """
        now_s = self._wall_clock.now()
        text = with_new_secret(public_id)
        new_hash = secret_hash(self._pepper, text.secret)

        def change(record: KeyRecord) -> KeyRecord:
            if record.state(now_s) != "active":
                raise KeyNotActive(record.state(now_s))
            return rotated(record, new_hash, now_s=now_s, overlap_s=overlap_s)

        return IssuedKey(text, await self._change(public_id, change))

    async def _change(
        self, public_id: str, change: Callable[[KeyRecord], KeyRecord]
    ) -> KeyRecord:
        name = KEY_AREA + public_id
        while True:
            value = await self._store.get(name)
            if value is None:
                raise KeyNotFound(public_id)
            record = change(decode_record(value))
            if await self._store.replace(name, value, encode_record(record)):
                return record
