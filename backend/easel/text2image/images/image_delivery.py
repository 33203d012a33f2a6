"""A painted image on its way out: checked, encoded, written, beside the step loop."""

import asyncio
import errno
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeVar

from PIL.Image import Image

from easel.contract.generations import ImageSafety, Parameters
from easel.errors import InternalError, ServiceError, StorageFull
from easel.text2image.images.image_files import ImageFiles, StoredImage
from easel.text2image.images.previews import preview_url
from easel.text2image.images.safety import SafetyChecker, SafetyPolicy, apply
from easel.web.parameters import image_seeds

log = logging.getLogger(__name__)

_FULL = (errno.ENOSPC, errno.EDQUOT)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Delivered:
    """One finished file, and what the safety check said of it."""

    stored: StoredImage
    safety: ImageSafety | None


class ImageDelivery:
    """
    Args:
        files: Where images go.
        encoders: Threads that encode them.
        checker: Looks at images; None where the policy is `off`.
        policy: What happens to those that it objects to.
        make_room: Forgets old images when the disk is full; False if there are none.
    """

    def __init__(
        self,
        files: ImageFiles,
        encoders: Executor,
        *,
        checker: SafetyChecker | None,
        policy: SafetyPolicy,
        make_room: Callable[[], bool],
    ) -> None:
        self._files = files
        self._encoders = encoders
        self._checker = checker
        self._policy = policy
        self._make_room = make_room

    async def store(
        self,
        generation_id: str,
        index: int,
        image: Image,
        *,
        parameters: Parameters,
        model: str,
        is_durable: bool,
    ) -> Delivered:
        """
        Args:
            is_durable: Whether it must survive a loss of power.

        Raises:
            ContentRefused: the safety policy does not let it out.
            OSError: it cannot be written.
        """

        def work() -> Delivered:
            allowed, safety = self._checked(image, parameters)
            stored = self._files.store(
                generation_id,
                index,
                allowed,
                parameters=parameters,
                seed=image_seeds(parameters)[index],
                model=model,
                is_durable=is_durable,
            )
            return Delivered(stored, safety)

        try:
            return await self.in_pool(work)
        except OSError as error:
            # The oldest images give way to the new ones, once.
            if error.errno not in _FULL or not self._make_room():
                raise
            log.warning("the disk is full; the older half of the images is removed")
            # Those are removed in the same pool: wait for what is in it.
            await self.in_pool(lambda: None)
            return await self.in_pool(work)

    async def discard(self, generation_id: str) -> None:
        await self.in_pool(self._files.discard, generation_id)

    async def preview(self, image: Image) -> str:
        return await self.in_pool(preview_url, image)

    async def in_pool(self, call: Callable[..., T], *arguments: object) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._encoders, call, *arguments)

    def _checked(
        self, image: Image, parameters: Parameters
    ) -> tuple[Image, ImageSafety | None]:
        if self._checker is None or not parameters.safety_check:
            return image, None
        (verdict,) = self._checker.check([image])
        allowed, action = apply(self._policy, image, verdict)
        safety = ImageSafety(
            flagged=verdict.flagged, score=round(verdict.score, 4), action=action
        )
        return allowed, safety


def storage_error(error: Exception) -> ServiceError:
    """What the caller is told when no image could be delivered."""
    if isinstance(error, ServiceError):
        return error
    if isinstance(error, OSError) and error.errno in _FULL:
        return StorageFull("The server has no space left for images.")
    return InternalError("The image could not be stored.")
