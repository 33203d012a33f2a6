"""The models as callers of this API name them: ours, and aliases for ours."""

from collections.abc import Mapping

from easel.contract.generations import MAX_IMAGES
from easel.contract.models import ModelDocument
from easel.errors import ModelNotFound
from easel.gateway.access.callers import Caller
from easel.gateway.replicas.pool import ReplicaPool


class OfferedModels:
    """
    Args:
        pool: Whose models they are.
        aliases: Ids of ours by the names that clients insist on, `dall-e-3` say.
    """

    def __init__(self, pool: ReplicaPool, aliases: Mapping[str, str]) -> None:
        self._pool = pool
        self._aliases = dict(aliases)

    def names(self, caller: Caller) -> list[str]:
        """What `caller` may ask for: our ids, the default first, then the aliases."""
        known = self._known()
        aliases = [alias for alias, id in self._aliases.items() if id in known]
        return [name for name in (*known, *aliases) if self._may(caller, name)]

    def id_of(self, name: str | None) -> str | None:
        """The id to ask a replica for; None stays the default.

        Raises:
            ModelNotFound: no replica has it. While none has told what it has, that
                is for the replica to say.
        """
        if name is None:
            return None
        id = self._aliases.get(name, name)
        known = self._known()
        if known and id not in known:
            raise ModelNotFound(
                f"The model {name!r} does not exist; there are {', '.join(known)}.",
                param="model",
            )
        return id

    def max_images(self, id: str | None) -> int:
        """How many images of it one generation can be, at most."""
        known = self._known()
        model = next(iter(known.values()), None) if id is None else known.get(id)
        return MAX_IMAGES if model is None else min(model.max_images, MAX_IMAGES)

    def _may(self, caller: Caller, name: str) -> bool:
        return caller.models is None or self._aliases.get(name, name) in caller.models

    def _known(self) -> dict[str, ModelDocument]:
        known: dict[str, ModelDocument] = {}
        for replica in self._pool.replicas:
            for model in replica.models:
                known.setdefault(model.id, model)
        return known
