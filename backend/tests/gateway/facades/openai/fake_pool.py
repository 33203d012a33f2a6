"""Text-to-image servers as far as a façade looks at them: their models."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from easel.contract.models import (
    FloatRange,
    IntRange,
    ModelDefaults,
    ModelDocument,
    ModelFeatures,
    SizeSupport,
)
from easel.gateway.replicas.pool import ReplicaPool


def model(id: str, **changes: Any) -> ModelDocument:
    document = ModelDocument(
        id=id,
        display_name=id.title(),
        description="Paints foxes.",
        license=None,
        pipeline="FoxPipeline",
        sizes=SizeSupport(
            minimum=64, maximum=2048, multiple_of=8, native=(), enlarges=False
        ),
        num_inference_steps=IntRange(minimum=1, maximum=100),
        guidance_scale=FloatRange(minimum=0, maximum=20),
        max_images=4,
        max_prompt_tokens=77,
        sampler="euler",
        defaults=ModelDefaults(
            width=512, height=512, num_inference_steps=8, guidance_scale=7.5
        ),
        features=ModelFeatures(
            negative_prompt=True, guidance_scale=True, previews=True
        ),
    )
    return document.model_copy(update=changes)


@dataclass
class FakeReplica:
    models: Sequence[ModelDocument]


@dataclass
class FakePool:
    replicas: Sequence[FakeReplica]


def pool_of(*replicas: Sequence[ModelDocument]) -> ReplicaPool:
    """Each argument is the models of one replica."""
    pool = FakePool([FakeReplica(models) for models in replicas])
    # A façade looks at nothing else of it.
    return cast(ReplicaPool, pool)
