"""The bodies of `/sdapi/v1/txt2img` and `img2img`, as far as they mean something here.

Names are AUTOMATIC1111's. A field that is left out, or null, takes the model's default.
What stock clients send besides is judged by `refused_fields.py`.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

# What AUTOMATIC1111 gives up of the image when nobody says how much.
DEFAULT_DENOISING_STRENGTH = 0.75


class TextToImageFields(BaseModel):
    """Of `txt2img`. As in AUTOMATIC1111, what it has no name for is not read."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)

    prompt: str = ""
    negative_prompt: str | None = None
    seed: int | None = Field(default=None, description="-1 is random, as is null.")
    sampler_name: str | None = None
    sampler_index: str | None = Field(
        default=None, description="The old name of `sampler_name`, which goes first."
    )
    scheduler: str | None = None
    batch_size: int = Field(default=1, ge=1, description="Images of one batch.")
    n_iter: int = Field(default=1, ge=1, description="Batches.")
    steps: int | None = None
    cfg_scale: float | None = None
    width: int | None = Field(default=None, description="Pixels.")
    height: int | None = Field(default=None, description="Pixels.")
    override_settings: dict[str, Any] = Field(default_factory=dict)
    override_settings_restore_afterwards: bool = True
    disable_extra_networks: bool = False
    send_images: bool = True

    @property
    def num_images(self) -> int:
        return self.batch_size * self.n_iter

    @property
    def sampler(self) -> str | None:
        return self.sampler_name or self.sampler_index or None


class ImageToImageFields(TextToImageFields):
    """Of `img2img`."""

    init_images: tuple[str, ...] = ()
    mask: str | None = Field(default=None, description="White is repainted.")
    inpainting_mask_invert: bool = Field(
        default=False, description="Black is repainted instead."
    )
    denoising_strength: float = DEFAULT_DENOISING_STRENGTH
    include_init_images: bool = Field(
        default=False, description="Whether `parameters` of the answer repeats them."
    )
