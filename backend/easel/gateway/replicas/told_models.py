"""The models of one server, as it lists them, and how long they take to load. Pure."""

from collections.abc import Callable

from easel.clock import Clock
from easel.contract.models import ModelDocument, ModelState
from easel.gateway.replicas.load_times import LoadTimes, LoadWatch

# Under which the loading of a server's first model is watched: it has no list yet.
_THE_START = ""


class ToldModels:
    """
    Attributes:
        documents: As last told; None if it never was. They outlive the server.
    """

    def __init__(self, clock: Clock, load_times: LoadTimes) -> None:
        self.documents: tuple[ModelDocument, ...] | None = None
        self._by_id: dict[str, ModelDocument] = {}
        self._loads = LoadWatch(clock, load_times)

    @property
    def default(self) -> ModelDocument | None:
        """What is painted with where none is named."""
        return self.documents[0] if self.documents else None

    def saw(self, documents: tuple[ModelDocument, ...]) -> None:
        self.documents = documents
        # Of two of one id, the first: as their server finds it.
        self._by_id = {model.id: model for model in reversed(documents)}
        for model in documents:
            self._loads.saw(model.id, model.state, progress=model.load_progress)

    def saw_start(self, *, is_loading: bool, is_over: bool) -> None:
        """The server loads its first model, or has it, or neither."""
        up: ModelState = "ready" if is_over else "failed"
        self._loads.saw(_THE_START, "loading" if is_loading else up)

    def has(self, model: str | None, *, default: str | None) -> bool | None:
        """Whether it has that model; None if it has not said which it has.

        Args:
            model: Its id; None for the default.
            default: Of all servers together: who is asked without a model paints with
                its own default, which has to be that one.
        """
        if self.documents is None:
            return None
        if model is None:
            return self.default is not None and self.default.id == default
        return self._find(model) is not None

    def fits(self, model: str | None, can: Callable[[ModelDocument], bool]) -> bool:
        """Whether it can do so with that model, as far as it has said."""
        document = self._find(model)
        return document is None or can(document)

    def has_failed(self, model: str | None) -> bool:
        """Whether it could not load that model."""
        document = self._find(model)
        return document is not None and document.state == "failed"

    def load_s(self, model: str | None) -> float:
        """Seconds until it could have loaded that model; 0 if it has, or may have."""
        document = self._find(model)
        if document is None or document.state == "ready":
            return 0.0
        return self._loads.remaining_s(document.id)

    def start_s(self) -> float:
        """Seconds until a server that is loading its first model should be ready."""
        return self._loads.remaining_s(_THE_START)

    def _find(self, model: str | None) -> ModelDocument | None:
        if model is None:
            return self.default
        return self._by_id.get(model)
