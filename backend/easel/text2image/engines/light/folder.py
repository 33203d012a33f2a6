"""What a model folder says of itself, for who reads it without diffusers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from easel.contract.generations import MAX_IMAGES
from easel.text2image.engines.base import ModelUnavailable
from easel.text2image.engines.light.graph_files import PIPELINE, GraphFiles
from easel.text2image.engines.model_facts import ModelFacts
from easel.text2image.engines.model_source import ModelSource, read_index
from easel.text2image.engines.sampler_names import own_sampler, samplers_for
from easel.text2image.samplers import SAMPLERS, Sampler, sampler_for

# What `StableDiffusionPipeline` takes where a caller says nothing.
_USUAL_STEPS = 50
_USUAL_GUIDANCE_SCALE = 7.5

# Not among those that diffusers lets take one another's place: a model has them only if
# it came with them.
_FLOW_SCHEDULER = "FlowMatchEulerDiscreteScheduler"
_OF_THEIR_OWN = (_FLOW_SCHEDULER, "LCMScheduler")


@dataclass(frozen=True, slots=True)
class LightFolder:
    """The configs of a model whose graphs are here.

    Args:
        scheduler: Of `scheduler/`, its class under `_class_name`.
    """

    source: ModelSource
    unet: Mapping[str, Any]
    vae: Mapping[str, Any]
    scheduler: Mapping[str, Any]

    @property
    def graphs(self) -> GraphFiles:
        return GraphFiles(self.source.folder)

    @property
    def factor(self) -> int:
        """Pixels of a side for one latent."""
        return int(2 ** (len(self.vae["block_out_channels"]) - 1))

    @property
    def latent_channels(self) -> int:
        return int(self.unet["in_channels"])

    @property
    def scheduler_class(self) -> str:
        return str(self.scheduler["_class_name"])

    def sampler(self, name: str) -> Sampler | None:
        """The one that `name` means here; None: there is none without diffusers."""
        class_name, overrides = SAMPLERS.get(name, (self.scheduler_class, {}))
        return sampler_for(class_name, self.scheduler, overrides=overrides, name=name)

    def samplers(self) -> tuple[str, ...]:
        """Their names, the scheduler's own first."""
        usable = {self.scheduler_class}
        if self.scheduler_class != _FLOW_SCHEDULER:
            usable |= {name for name, _ in SAMPLERS.values()} - set(_OF_THEIR_OWN)
        own = own_sampler(self.scheduler_class, self.scheduler)
        others = samplers_for(self.scheduler_class, self.scheduler, usable)
        names = (own, *(name for name in others if name != own))
        return tuple(name for name in names if self.sampler(name) is not None)

    def facts(self, max_prompt_tokens: int) -> ModelFacts:
        side = self.unet.get("sample_size")
        return ModelFacts(
            pipeline=PIPELINE,
            scheduler=self.scheduler_class,
            scheduler_config=self.scheduler,
            samplers=self.samplers(),
            multiple_of=self.factor,
            native_side_px=side * self.factor if isinstance(side, int) else None,
            max_images=MAX_IMAGES,
            max_prompt_tokens=max_prompt_tokens,
            usual_steps=_USUAL_STEPS,
            usual_guidance_scale=_USUAL_GUIDANCE_SCALE,
            embeds_guidance=False,
            negative_prompt=True,
            guidance_scale=True,
            image_to_image=True,
            inpainting=True,
            # Adapters change weights that the graphs have been optimised for.
            loras=False,
        )


def why_not_light(source: ModelSource) -> str | None:
    """What keeps a model from being painted without torch, or None.

    Raises:
        ModelUnavailable: its index is damaged.
    """
    if not GraphFiles(source.folder).are_here():
        return "it carries no ONNX graphs"
    if read_index(source).pipeline != PIPELINE:
        return f"it is no {PIPELINE}"
    return None


def open_folder(source: ModelSource) -> LightFolder:
    """Read the configs.

    Raises:
        ModelUnavailable: one is damaged, or its sampler needs diffusers.
    """
    folder = LightFolder(
        source,
        unet=_config(source, "unet/config.json"),
        vae=_config(source, "vae/config.json"),
        scheduler=_config(source, "scheduler/scheduler_config.json"),
    )
    try:
        if not folder.samplers():
            raise ModelUnavailable(
                f"cannot load {source.id!r}: {folder.scheduler_class} needs --runtime "
                "torch"
            )
        assert folder.factor > 0
        assert folder.latent_channels > 0
    except (LookupError, TypeError) as error:
        reason = f"cannot load {source.id!r}: a config is damaged: {error!r}"
        raise ModelUnavailable(reason) from error
    return folder


def _config(source: ModelSource, name: str) -> Mapping[str, Any]:
    try:
        config = json.loads((source.folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = f"cannot load {source.id!r}: {name} is damaged"
        raise ModelUnavailable(reason) from error
    if not isinstance(config, dict):
        raise ModelUnavailable(f"cannot load {source.id!r}: {name} is damaged")
    return config
