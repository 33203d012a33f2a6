"""`POST /generate` with an id that its gateway chose: taken in once, then attached to.

Lives on the event loop.
"""

import asyncio
import re
from dataclasses import dataclass, field

from easel.contract.generations import GenerationRequest, ImageFormat
from easel.errors import (
    GenerationCancelled,
    GenerationNotFound,
    IdempotencyKeyReused,
    InvalidRequest,
)
from easel.text2image.attachments import Attachment, CacheStatus
from easel.text2image.generations import Generations
from easel.text2image.intake import Call
from easel.text2image.live_generation import LiveGeneration
from easel.web.tier_headers import GENERATION_ID_HEADER

_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", re.ASCII)


@dataclass(frozen=True, slots=True)
class _First:
    """The first request with an id, while it is being taken in."""

    fingerprint: str
    decided: asyncio.Event = field(default_factory=asyncio.Event)


class Arrivals:
    """However often an id arrives, there is one generation of it."""

    def __init__(self, generations: Generations) -> None:
        self._generations = generations
        self._firsts: dict[str, _First] = {}
        self._keeping = asyncio.Lock()

    async def arrive(
        self, request: GenerationRequest, output_format: ImageFormat, call: Call
    ) -> Attachment:
        """Attach to the generation with the call's id, or begin it.

        Raises:
            IdempotencyKeyReused: the id is that of another request.
            InvalidRequest: the id cannot be one of this server's.
            ServiceError: what `Generations.accept` raises.
        """
        if call.generation_id is None:
            own = await self._generations.accept(request, output_format, call)
            return Attachment(own, self._generations.cancel)
        self._check_id(call.generation_id)
        fingerprint = await self._generations.intake.fingerprint(request)
        while (first := self._firsts.get(call.generation_id)) is not None:
            _check_same(first.fingerprint, fingerprint)
            await first.decided.wait()
        # No `await` from here on to the attachment, or the generation might end for
        # want of callers.
        live = self._known(call.generation_id)
        if live is None:
            return await self._begin(request, output_format, call, fingerprint)
        _check_same(live.accepted.fingerprint, fingerprint)
        status: CacheStatus = "hit" if live.has_ended else "running"
        attached = Attachment(live, self._generations.cancel, status)
        if call.is_durable:
            await self._keep(attached, request)
        return attached

    async def _begin(
        self,
        request: GenerationRequest,
        output_format: ImageFormat,
        call: Call,
        fingerprint: str,
    ) -> Attachment:
        assert call.generation_id is not None
        if self._generations.present.holds(call.generation_id):
            # It was cancelled and is forgotten, but its last step still runs.
            raise GenerationCancelled("The generation was cancelled a moment ago.")
        first = self._firsts[call.generation_id] = _First(fingerprint)
        try:
            live = await self._generations.accept(
                request, output_format, call, fingerprint=fingerprint
            )
            return Attachment(live, self._generations.cancel, "miss")
        finally:
            # If it was refused, whoever waits with the same id tries for itself.
            del self._firsts[call.generation_id]
            first.decided.set()

    async def _keep(self, attached: Attachment, request: GenerationRequest) -> None:
        """One that was begun for as long as its callers stay now goes on without."""
        live = attached.live
        try:
            async with self._keeping:
                if live.has_ended or live.accepted.is_durable:
                    return
                # The server has dropped the images by now; the request is the same.
                intake = self._generations.intake
                source = await intake.source_again(request, live.parameters)
                await self._generations.keep(live, source)
        except BaseException:
            attached.leave("client_disconnected")
            raise

    def _known(self, generation_id: str) -> LiveGeneration | None:
        try:
            return self._generations.find(generation_id)
        except GenerationNotFound:
            return None

    def _check_id(self, generation_id: str) -> None:
        prefix = f"gen_{self._generations.replica}_"
        ulid = generation_id.removeprefix(prefix)
        if not generation_id.startswith(prefix) or not _ULID.fullmatch(ulid):
            raise InvalidRequest(
                f"{GENERATION_ID_HEADER}: must be {prefix!r} and a ULID",
                param=GENERATION_ID_HEADER,
            )


def _check_same(known: str, asked: str) -> None:
    if known != asked:
        raise IdempotencyKeyReused(
            f"{GENERATION_ID_HEADER}: is the id of another request.",
            param=GENERATION_ID_HEADER,
        )
