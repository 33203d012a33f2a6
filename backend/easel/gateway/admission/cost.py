"""What a generation costs, in megapixel-steps. Pure.

The same measure as everywhere in the gateway: for shares of the queue, for predicted
times, and for the choice of a replica. It need not be exact, only in proportion.
"""

import math
from collections.abc import Mapping

from easel.contract.generations import GenerationRequest
from easel.contract.models import ModelDefaults, ModelDocument

# Of a model that nobody has described yet: today's usual size and work. Its model's
# guidance is taken for classifier-free.
_UNKNOWN = ModelDefaults(
    width=1024, height=1024, num_inference_steps=30, guidance_scale=5.0
)

# As the text-to-image server has it, and diffusers' image-to-image pipelines.
_STRENGTH = 0.8

_PX_PER_MEGAPIXEL = 1_000_000


class Costs:
    """Megapixels x steps x images x the model's weight.

    Args:
        weights: By model id, positive: how much more a megapixel-step of this model
            costs than one of a model of weight 1. Models that are not named have 1.
    """

    def __init__(self, weights: Mapping[str, float] | None = None) -> None:
        self._weights = dict(weights or {})

    def of(self, request: GenerationRequest, model: ModelDocument | None) -> float:
        """Positive.

        Classifier-free guidance doubles it: each step is two rows of a forward pass.
        Models that have their guidance distilled in take no negative prompt, and one
        row. A generation that begins with an image takes the share of the steps that
        its `strength` says.

        Args:
            request: What is asked for.
            model: Whose defaults hold for what is left out; None if it is not known.
        """
        defaults = model.defaults if model else _UNKNOWN
        work = (
            _megapixels(request, model)
            * _steps(request, defaults)
            * request.num_images
            * (2 if _is_guided(request, model) else 1)
        )
        name = model.id if model else request.model
        return work * self._weights.get(name or "", 1.0)


def _megapixels(request: GenerationRequest, model: ModelDocument | None) -> float:
    """Of what is painted: some models paint at a native size and enlarge."""
    defaults = model.defaults if model else _UNKNOWN
    width = request.width or defaults.width
    height = request.height or defaults.height
    if model and model.sizes.enlarges and model.sizes.native:
        shape = math.log(width / height)
        native = min(
            model.sizes.native,
            key=lambda size: abs(math.log(size.width / size.height) - shape),
        )
        width, height = native.width, native.height
    return width * height / _PX_PER_MEGAPIXEL


def _steps(request: GenerationRequest, defaults: ModelDefaults) -> float:
    steps = request.num_inference_steps or defaults.num_inference_steps
    if request.image is None:
        return steps
    strength = _STRENGTH if request.strength is None else request.strength
    return max(1.0, steps * strength)


def _is_guided(request: GenerationRequest, model: ModelDocument | None) -> bool:
    if model and not (model.features.guidance_scale and model.features.negative_prompt):
        return False
    scale = request.guidance_scale
    if scale is None:
        scale = (model.defaults if model else _UNKNOWN).guidance_scale
    return scale > 1
