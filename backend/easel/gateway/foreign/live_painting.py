"""One generation that this process waits for. Lives on the event loop."""

import asyncio
from typing import Literal

from easel.contract.generations import (
    Generation,
    GenerationRequest,
    Parameters,
    RunningGeneration,
)
from easel.contract.models import ModelDocument
from easel.errors import ServiceError
from easel.gateway.foreign import stages
from easel.gateway.foreign.adapter import Order
from easel.gateway.foreign.kept_paintings import Record

StopReason = Literal["requested", "client_disconnected", "deadline"]


class LivePainting:
    """`Watched`.

    Args:
        record: As it begins; queued.
        request: Lends its images.
        model: What paints.
        is_kept: Whether it goes on without its callers.

    Attributes:
        callers: Who wait for it.
        fault: Why it failed.
        stopping: Why it is to end, as soon as somebody has said so.
        task: That paints it.
        is_painting: It may be cancelled: not what tells of its end.
    """

    def __init__(
        self,
        record: Record,
        request: GenerationRequest,
        model: ModelDocument,
        *,
        is_kept: bool,
    ) -> None:
        self.record = record
        self.model = model
        self.is_kept = is_kept
        self.callers = 0
        self.fault: ServiceError | None = None
        self.stopping: StopReason | None = None
        self.task: asyncio.Task[None] | None = None
        self.is_painting = False
        self.files: list[bytes] = []
        self._change = asyncio.Event()
        self._answerable = asyncio.Event()
        self.order = Order(
            id=record.document.id,
            model=model.id,
            parameters=record.document.parameters,
            image=request.image,
            mask=request.mask,
            on_sent=self._answerable.set,
        )

    @property
    def document(self) -> Generation:
        return self.record.document

    @property
    def parameters(self) -> Parameters:
        return self.document.parameters

    @property
    def has_ended(self) -> bool:
        return isinstance(self.document, stages.ENDED)

    @property
    def is_running(self) -> bool:
        return isinstance(self.document, RunningGeneration)

    def show(self, document: Generation) -> None:
        """To all who watch."""
        self.record = self.record.model_copy(update={"document": document})
        if self.has_ended:
            self._answerable.set()
        self._change.set()
        self._change = asyncio.Event()

    def waits_at(self, position: int) -> None:
        """In the line; that may take long, so who asked for events gets them now."""
        document = self.document
        if document.status == "queued":
            self.show(document.model_copy(update={"position": position}))
        self._answerable.set()

    async def answerable(self) -> None:
        """Return when it is on its way to its server, waits in line, or has ended.

        Before, another server may still be asked instead.
        """
        await self._answerable.wait()

    async def change(self, within_s: float) -> None:
        """See `Watched.change`."""
        if self.has_ended:
            return
        try:
            async with asyncio.timeout(within_s):
                await self._change.wait()
        except TimeoutError:
            pass

    async def image(self, index: int) -> bytes | None:
        """See `Watched.image`."""
        return self.files[index] if index < len(self.files) else None
