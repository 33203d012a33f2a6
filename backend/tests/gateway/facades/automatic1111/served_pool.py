"""The servers' models, as far as the façade looks at them."""

from collections.abc import Sequence
from dataclasses import dataclass

from easel.contract.models import ModelDocument


@dataclass
class ServedReplica:
    models: Sequence[ModelDocument]


@dataclass
class ServedPool:
    """As far as the façade looks at it.

    Attributes:
        after_probe: Models that a probe finds, if any.
    """

    replicas: Sequence[ServedReplica]
    after_probe: Sequence[ModelDocument] = ()
    probes: int = 0

    async def probe(self) -> None:
        self.probes += 1
        if self.after_probe:
            self.replicas = [ServedReplica(self.after_probe)]
