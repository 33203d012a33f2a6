"""Which generation answers a request that was made before.

A flight is a generation under way, or finished: its id and its seed, found by the
caller's `Idempotency-Key` or by the request itself. The server attaches who asks for a
flight's id again (see `web/tier_headers.py`), so nothing of an answer is kept here.
"""

import hashlib
import json
from dataclasses import asdict, dataclass

from easel.contract.generations import GenerationRequest
from easel.errors import IdempotencyKeyReused, InvalidRequest
from easel.gateway.store.base import Store

_MAX_KEY_CHARACTERS = 255
_KEY_TTL_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Flight:
    """
    Attributes:
        id: Of the generation.
        seed: That it was given, where the request left it open.
        fingerprint: Of the request as it came.
    """

    id: str
    seed: int
    fingerprint: str

    def encoded(self) -> bytes:
        return json.dumps(asdict(self)).encode()


@dataclass(frozen=True, slots=True)
class FlightKey:
    """Under which a flight is found.

    Attributes:
        name: In the store.
        fingerprint: Of the request.
        ttl_s: For how long it is found.
        is_promise: The caller brought the key: without the store there is no answer.
    """

    name: str
    fingerprint: str
    ttl_s: float
    is_promise: bool


def fingerprint(request: GenerationRequest) -> str:
    document = request.model_dump_json(exclude_unset=True)
    return hashlib.sha256(document.encode()).hexdigest()


def idempotency_key(caller: str, key: str, request: GenerationRequest) -> FlightKey:
    """Raises InvalidRequest if it is too long or not printable ASCII."""
    if not (
        0 < len(key) <= _MAX_KEY_CHARACTERS and key.isascii() and key.isprintable()
    ):
        raise InvalidRequest(
            "Idempotency-Key: must be 1 to "
            f"{_MAX_KEY_CHARACTERS} printable ASCII characters",
            param="Idempotency-Key",
        )
    # Hashed: a key may be long, and may say something about its caller.
    name = hashlib.sha256(f"{caller}\0{key}".encode()).hexdigest()
    return FlightKey(
        f"idempotency/{name}", fingerprint(request), _KEY_TTL_S, is_promise=True
    )


def content_key(
    caller: str | None, request: GenerationRequest, *, ttl_s: float
) -> FlightKey:
    """`caller` None: shared by all."""
    content = fingerprint(request)
    name = hashlib.sha256(f"{caller or ''}\0{content}".encode()).hexdigest()
    return FlightKey(f"answer/{name}", content, ttl_s, is_promise=False)


class Flights:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def find(self, key: FlightKey) -> Flight | None:
        """
        Raises:
            IdempotencyKeyReused: the key belongs to another request.
            StoreUnavailable: unknown.
        """
        return _decoded(await self._store.get(key.name), key)

    async def begin(self, key: FlightKey, flight: Flight) -> Flight:
        """The flight that stands under the key afterwards: this one, or an earlier.

        Raises: as `find`.
        """
        stands = await self._store.put_if_absent(
            key.name, flight.encoded(), ttl_s=key.ttl_s
        )
        decoded = _decoded(stands, key)
        assert decoded is not None
        return decoded

    async def replace(self, key: FlightKey, old: Flight, new: Flight) -> Flight:
        """The flight that stands afterwards: `new`, unless somebody was quicker.

        Raises: as `find`.
        """
        if await self._store.replace(
            key.name, old.encoded(), new.encoded(), ttl_s=key.ttl_s
        ):
            return new
        return await self.begin(key, new)

    async def forget(self, key: FlightKey, flight: Flight) -> None:
        """It failed: the next one who asks begins anew."""
        if await self._store.get(key.name) == flight.encoded():
            await self._store.delete(key.name)


def _decoded(value: bytes | None, key: FlightKey) -> Flight | None:
    if value is None:
        return None
    flight = Flight(**json.loads(value))
    if flight.fingerprint != key.fingerprint:
        raise IdempotencyKeyReused(
            "Idempotency-Key: came with another request before; a new request needs "
            "a new key.",
            param="Idempotency-Key",
        )
    return flight
