"""A request on its way in: checked against its model, its source image read."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from easel.contract.generations import GenerationRequest, ImageFormat, Parameters
from easel.errors import InvalidRequest, ModelNotFound
from easel.text2image.engines.base import SourceImage
from easel.text2image.images.image_delivery import ImageDelivery
from easel.text2image.images.request_images import read_source
from easel.text2image.served_models import ServedModels
from easel.text2image.settings import ServerSettings
from easel.web.parameters import resolve_parameters


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks for a generation and how, beside what it shall show.

    Args:
        user: On whose account it runs.
        is_durable: Whether it goes on without its caller, and after a restart.
        generation_id: Chosen by a gateway; None leaves that to this server.
        timeout_s: In which its caller wants the answer; None for one who has time.
    """

    request_id: str
    user: str = ""
    is_durable: bool = False
    generation_id: str | None = None
    timeout_s: float | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """A request with no default left open, and what its caller should know."""

    model: str
    parameters: Parameters
    warnings: tuple[str, ...]


class Intake:
    """
    Args:
        models: What can be asked for.
        delivery: Lends its threads.
        random_seed: Draws the seed of a request that brings none.
        settings: What callers may switch off.
    """

    def __init__(
        self,
        models: ServedModels,
        delivery: ImageDelivery,
        random_seed: Callable[[], int],
        settings: ServerSettings,
    ) -> None:
        self._models = models
        self._delivery = delivery
        self._random_seed = random_seed
        self._settings = settings

    def resolve(
        self, request: GenerationRequest, output_format: ImageFormat
    ) -> Resolved:
        """
        Args:
            request: Valid by the contract.
            output_format: Used if the request names none.

        Raises:
            InvalidRequest: there is no such model, or it cannot honour the request.
        """
        try:
            model = self._models.find(request.model)
        except ModelNotFound as error:
            raise InvalidRequest(f"model: {error.detail}", param="model") from error
        parameters, warnings = resolve_parameters(
            request,
            model,
            random_seed=self._random_seed(),
            output_format=output_format,
            metadata_allowed=self._settings.metadata == "full",
            may_skip_safety=self._settings.safety_optional,
        )
        return Resolved(model.id, parameters, warnings)

    async def read_source(
        self, request: GenerationRequest, resolved: Resolved
    ) -> tuple[Resolved, SourceImage | None]:
        """What image-to-image begins with; then the parameters name it.

        Raises:
            InvalidRequest: it is no image, or too large.
        """
        if request.image is None:
            return resolved, None
        parameters, source = await self._delivery.in_pool(
            read_source, request, resolved.parameters
        )
        return replace(resolved, parameters=parameters), source

    async def source_again(
        self, request: GenerationRequest, parameters: Parameters
    ) -> SourceImage | None:
        """That of a generation which the same request began."""
        if request.image is None:
            return None
        _, source = await self._delivery.in_pool(read_source, request, parameters)
        return source

    async def fingerprint(self, request: GenerationRequest) -> str:
        """The same for requests that ask for the same, also in later versions.

        A field that comes to the contract leaves it as it is where it is not used.
        """
        if request.image is None:
            return _fingerprint(request)
        # Some megabytes of base64.
        return await self._delivery.in_pool(_fingerprint, request)


def _fingerprint(request: GenerationRequest) -> str:
    document = request.model_dump_json(exclude_defaults=True)
    return hashlib.sha256(document.encode()).hexdigest()
