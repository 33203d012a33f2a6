"""The models as AUTOMATIC1111's checkpoints, and which of them a caller has chosen."""

from collections.abc import Sequence
from urllib.parse import quote

from easel.contract.models import ModelDocument
from easel.errors import ModelNotFound, StoreUnavailable, UpstreamUnavailable
from easel.gateway.access.callers import Caller
from easel.gateway.replicas.pool import ReplicaPool
from easel.gateway.store.base import Store
from easel.gateway.upstream import UNAVAILABLE

# AUTOMATIC1111 keeps the choice for ever; here strangers by the thousand may choose.
_KEPT_S = 30 * 24 * 3600.0


class ServedModels:
    """
    Args:
        pool: Whose models they are.
        store: Keeps each caller's choice, for all workers.
    """

    def __init__(self, pool: ReplicaPool, store: Store) -> None:
        self._pool = pool
        self._store = store

    async def all(self, caller: Caller) -> list[ModelDocument]:
        """What `caller` may paint with, the default first.

        Raises:
            UpstreamUnavailable: no server has said yet what it has.
        """
        if not self._are_known():
            await self.refresh()
            if not self._are_known():
                raise UpstreamUnavailable(UNAVAILABLE)
        known: dict[str, ModelDocument] = {}
        for replica in self._pool.replicas:
            for model in replica.models:
                if caller.models is None or model.id in caller.models:
                    known.setdefault(model.id, model)
        return list(known.values())

    async def samplers(self, caller: Caller) -> list[str]:
        """Of all of them together, by our names. Raises as `all`."""
        models = await self.all(caller)
        names = [model.sampler for model in models]
        names += [name for model in models for name in model.samplers]
        return list(dict.fromkeys(names))

    async def refresh(self) -> None:
        await self._pool.probe()

    async def choose(self, caller: Caller, checkpoint: str) -> None:
        """Make it the caller's default.

        Raises:
            ModelNotFound: there is no such model for this caller.
            StoreUnavailable: the choice cannot be kept.
            UpstreamUnavailable: as `all`.
        """
        model = _named(await self.all(caller), checkpoint)
        await self._store.put(_key(caller), model.id.encode(), ttl_s=_KEPT_S)

    async def model(
        self, caller: Caller, checkpoint: str | None = None
    ) -> ModelDocument:
        """The one asked for; else the caller's choice, if it is there, or the first.

        Raises:
            ModelNotFound: there is no such model for this caller.
            UpstreamUnavailable: as `all`.
        """
        models = await self.all(caller)
        if checkpoint is not None:
            return _named(models, checkpoint)
        if not models:
            raise ModelNotFound("This key may use none of the models.")
        choice = await self._choice(caller)
        return next((model for model in models if model.id == choice), models[0])

    def _are_known(self) -> bool:
        return any(replica.models for replica in self._pool.replicas)

    async def _choice(self, caller: Caller) -> str | None:
        """None also while the store is down: the default paints then."""
        try:
            chosen = await self._store.get(_key(caller))
        except StoreUnavailable:
            return None
        return None if chosen is None else chosen.decode()


def model_item(model: ModelDocument) -> dict[str, object]:
    """As `GET /sdapi/v1/sd-models` lists it. There is no file to name or to hash."""
    return {
        "title": model.id,
        "model_name": model.id,
        "hash": None,
        "sha256": None,
        "filename": model.id,
        "config": None,
    }


def _named(models: Sequence[ModelDocument], checkpoint: str) -> ModelDocument:
    """By id or title, with or without the file's ending that clients remember."""
    wanted = checkpoint.strip().removesuffix(".safetensors").lower()
    for model in models:
        if wanted in (model.id.lower(), model.display_name.lower()):
            return model
    names = ", ".join(model.id for model in models)
    raise ModelNotFound(
        f"sd_model_checkpoint: there are {names or 'none'}",
        param="sd_model_checkpoint",
    )


def _key(caller: Caller) -> str:
    return f"sdapi-model/{quote(caller.id, safe='')}"
