"""Generations on servers of other makes, in the store that all gateways share.

Those servers keep nothing, and the process that waits for one may not be the one that
is asked about it. So each generation is a record here, and its pictures lie beside it
in pieces: the store's values are small. While a process waits for the server it holds a
lease; a generation without one, that has not ended, has lost its process.
"""

import asyncio
from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from easel.contract.generations import Generation
from easel.gateway.store.base import Store

# Counts the bytes of pictures.
_BYTES = "foreign-bytes"

# The store's values are below 64 KiB.
_PIECE_BYTES = 48 * 2**10

# A process that is heard of no more for so long has lost what it waited for.
LEASE_S = 15.0

# Longer than anybody looks for it.
_STOP_TTL_S = 600.0


class Record(BaseModel):
    """
    Attributes:
        user: Whose it is.
        fingerprint: Of the request.
        document: How it stands.
        image_bytes: Length of each picture, once they are there.
    """

    model_config = ConfigDict(frozen=True)

    user: str
    fingerprint: str
    document: Annotated[Generation, Field(discriminator="status")]
    image_bytes: tuple[int, ...] = ()

    def encoded(self) -> bytes:
        return self.model_dump_json().encode()


class KeptPaintings:
    """All operations raise StoreUnavailable.

    Args:
        store: Shared by all gateways.
        keep_s: How long an ended generation and its pictures are kept, in seconds.
        keep_bytes: Of pictures that may come within that time. API keys live in the
            same store: pictures must not fill it.
        longest_s: That one may take, in seconds.
    """

    def __init__(
        self, store: Store, *, keep_s: float, keep_bytes: int, longest_s: float
    ) -> None:
        self._store = store
        self._keep_bytes = keep_bytes
        self._keep_s = keep_s
        # As long as it may wait for its turn, and then be painted.
        self._running_ttl_s = keep_s + 2 * longest_s

    async def find(self, generation_id: str) -> Record | None:
        value = await self._store.get(_key(generation_id))
        return None if value is None else Record.model_validate_json(value)

    async def begin(self, record: Record) -> Record:
        """The record that stands: another process may have begun the same."""
        value = await self._store.put_if_absent(
            _key(record.document.id), record.encoded(), ttl_s=self._running_ttl_s
        )
        return Record.model_validate_json(value)

    async def put(self, record: Record, *, has_ended: bool) -> None:
        ttl_s = self._keep_s if has_ended else self._running_ttl_s
        await self._store.put(_key(record.document.id), record.encoded(), ttl_s=ttl_s)

    async def replace(self, old: Record, new: Record) -> bool:
        """As ended, if it still stands as `old`; whether it did."""
        return await self._store.replace(
            _key(old.document.id), old.encoded(), new.encoded(), ttl_s=self._keep_s
        )

    async def forget(self, generation_id: str) -> None:
        await self._store.delete(_key(generation_id))

    # Pictures

    async def has_room(self) -> bool:
        """For those of another generation, which may then take it a bit beyond."""
        return await self._store.count(_BYTES) < self._keep_bytes

    async def put_images(self, generation_id: str, files: Sequence[bytes]) -> None:
        await self._store.add_within(
            _BYTES, sum(map(len, files)), None, ttl_s=self._keep_s
        )
        for index, file in enumerate(files):
            await self.put_image(generation_id, index, file)

    async def put_image(self, generation_id: str, index: int, file: bytes) -> None:
        pieces = [
            file[start : start + _PIECE_BYTES]
            for start in range(0, len(file), _PIECE_BYTES)
        ]
        # Longer than the record, so that what it names is there.
        ttl_s = self._keep_s + LEASE_S
        await asyncio.gather(
            *(
                self._store.put(_piece(generation_id, index, n), piece, ttl_s=ttl_s)
                for n, piece in enumerate(pieces)
            )
        )

    async def image(self, record: Record, index: int) -> bytes | None:
        """None if it is gone."""
        count = -(-record.image_bytes[index] // _PIECE_BYTES)
        pieces = await asyncio.gather(
            *(
                self._store.get(_piece(record.document.id, index, n))
                for n in range(count)
            )
        )
        found = [piece for piece in pieces if piece is not None]
        return b"".join(found) if len(found) == count else None

    # Who waits for it

    async def hold(self, generation_id: str, holder: str) -> None:
        """To be renewed well within `LEASE_S`."""
        await self._store.lease(_lease(generation_id), holder, None, ttl_s=LEASE_S)

    async def release(self, generation_id: str, holder: str) -> None:
        await self._store.release(_lease(generation_id), holder)

    async def is_held(self, generation_id: str) -> bool:
        return await self._store.holders(_lease(generation_id)) > 0

    async def ask_to_stop(self, generation_id: str) -> None:
        """The process that waits for it looks."""
        await self._store.put(_stop(generation_id), b"1", ttl_s=_STOP_TTL_S)

    async def is_to_stop(self, generation_id: str) -> bool:
        return await self._store.get(_stop(generation_id)) is not None


def _key(generation_id: str) -> str:
    return f"foreign/{generation_id}"


def _piece(generation_id: str, index: int, piece: int) -> str:
    return f"foreign-image/{generation_id}/{index}/{piece}"


def _lease(generation_id: str) -> str:
    return f"foreign-run/{generation_id}"


def _stop(generation_id: str) -> str:
    return f"foreign-stop/{generation_id}"
