"""One request of this API as the generations that it takes. Pure."""

import hashlib
import secrets
from collections.abc import Sequence
from typing import Any

from easel.contract.generations import MAX_SEED, GenerationRequest
from easel.gateway.facades.openai.image_requests import ImageOptions, native_request


def native_parts(
    options: ImageOptions,
    *,
    model: str | None,
    max_images: int,
    source: dict[str, str],
    idempotency_key: str | None,
) -> list[GenerationRequest]:
    """Generations of at most `max_images` each, whose images follow one another.

    Args:
        options: What was asked.
        model: Its native id.
        max_images: Of one generation.
        source: The native fields `image` and `mask`, where there are any.
        idempotency_key: The same key must give the same requests.

    Raises:
        RequestValidationError: the contract does not allow it.
    """
    fields: dict[str, Any] = {**options.native_fields(), **source, "model": model}
    whole, rest = divmod(options.wanted, max_images)
    counts = [max_images] * whole + [rest] * (rest > 0)
    if len(counts) == 1:
        # Without a seed it stays so: who runs the generation draws one.
        return [
            native_request({**fields, "num_images": counts[0], "seed": options.seed})
        ]
    seed = _first_seed(options.seed, idempotency_key)
    return [
        native_request({**fields, "num_images": count, "seed": part_seed})
        for count, part_seed in zip(counts, _part_seeds(seed, counts), strict=True)
    ]


def part_key(idempotency_key: str | None, index: int) -> str | None:
    """Each part has a key of its own; the first one has the caller's."""
    if idempotency_key is None or index == 0:
        return idempotency_key
    # Hashed: there may be no room for a suffix.
    return hashlib.sha256(f"{idempotency_key}\0{index}".encode()).hexdigest()


def _first_seed(seed: int | None, idempotency_key: str | None) -> int:
    if seed is not None:
        return seed
    if idempotency_key is None:
        return secrets.randbelow(MAX_SEED + 1)
    digest = hashlib.sha256(idempotency_key.encode()).digest()
    return int.from_bytes(digest[:4])


def _part_seeds(seed: int, counts: Sequence[int]) -> list[int]:
    """Counting up over all images, and around at the largest, as one generation does.

    A seed out of range stays so, for the contract to refuse.
    """
    if not 0 <= seed <= MAX_SEED:
        return [seed] * len(counts)
    return [
        (seed + sum(counts[:index])) % (MAX_SEED + 1) for index in range(len(counts))
    ]
