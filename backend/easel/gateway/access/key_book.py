"""Which keys there are, as a process may believe it: at most five seconds old.

While the store fails, known keys go on for ten minutes and unknown ones are answered
with 503. Once closed, always closed: a process that has seen a key never opens again,
whatever becomes of the store.
"""

import logging
from typing import Literal

from easel.clock import Clock
from easel.errors import StoreUnavailable
from easel.gateway.access.api_keys import KeyRecord, decode_record
from easel.gateway.access.bounded import CAPACITY
from easel.gateway.access.cautious_store import CautiousStore
from easel.gateway.access.remembered import Remembered

log = logging.getLogger(__name__)

KEY_AREA = "key/"
# There from before the first key on; one value, so that nobody must look for keys.
CLOSED = "access/closed"

_FRESH_S = 5.0
_GRACE_S = 600.0


class KeyBook:
    def __init__(self, store: CautiousStore, clock: Clock) -> None:
        self._store = store
        self._records = Remembered(
            self._read_record,
            clock,
            fresh_s=_FRESH_S,
            grace_s=_GRACE_S,
            capacity=CAPACITY,
        )
        self._door = Remembered(
            self._read_door, clock, fresh_s=_FRESH_S, grace_s=_GRACE_S, capacity=1
        )
        self._is_closed = False

    def fresh(self, public_id: str) -> KeyRecord | None:
        """The record if it is known and fresh; the same object until it changes."""
        return self._records.fresh(public_id)

    async def lookup(self, public_id: str) -> KeyRecord | None:
        """None if there is no such key.

        Raises:
            StoreUnavailable: whether there is cannot be known now.
        """
        return await self._records.get(public_id)

    async def is_open(self) -> bool:
        """Whether no key was ever made.

        Raises:
            StoreUnavailable: that cannot be known now.
        """
        if self._is_closed:
            return False
        self._is_closed = await self._door.get(CLOSED) == "closed"
        return not self._is_closed

    async def mode(self) -> Literal["open", "keys"]:
        """For people: `keys` also where it cannot be known, for so we act then."""
        try:
            return "open" if await self.is_open() else "keys"
        except StoreUnavailable:
            return "keys"

    async def _read_door(self, name: str) -> Literal["open", "closed"]:
        mark = await self._store.ask(lambda store: store.get(name))
        return "open" if mark is None else "closed"

    async def _read_record(self, public_id: str) -> KeyRecord | None:
        value = await self._store.ask(lambda store: store.get(KEY_AREA + public_id))
        if value is None:
            return None
        self._is_closed = True
        try:
            return decode_record(value)
        except ValueError as error:
            log.exception("the record of key %s is damaged", public_id)
            raise StoreUnavailable("This key's record cannot be read.") from error
