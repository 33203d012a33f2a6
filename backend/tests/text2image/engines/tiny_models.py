"""Diffusers folders with random weights, built in a second, without any download.

They paint noise; what they prove is that their pipeline class is driven correctly.
"""

import json
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderKLQwenImage,
    AutoPipelineForText2Image,
    DDIMScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    FluxPipeline,
    FluxTransformer2DModel,
    QwenImagePipeline,
    QwenImageTransformer2DModel,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
    ZImagePipeline,
    ZImageTransformer2DModel,
)
from tokenizers import Tokenizer
from tokenizers.models import Unigram
from tokenizers.pre_tokenizers import ByteLevel
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen3Config,
    Qwen3Model,
    T5Config,
    T5EncoderModel,
)


def load(folder: Path) -> Any:
    pipeline: Any = AutoPipelineForText2Image.from_pretrained(str(folder))
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def save_stable_diffusion(
    folder: Path, *, scheduler: Any = None, **unet_changes: Any
) -> Path:
    """A StableDiffusionPipeline that paints 64 x 64, with DDIM by default."""
    torch.manual_seed(0)
    tokenizer = _clip_tokenizer(folder)
    pipeline: Any = StableDiffusionPipeline(
        vae=_autoencoder(),
        text_encoder=_clip_text_model(tokenizer),
        tokenizer=tokenizer,
        unet=_unet(cross_attention_dim=32, **unet_changes),
        scheduler=scheduler or DDIMScheduler(steps_offset=1, clip_sample=False),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder)
    return folder


def save_stable_diffusion_xl(folder: Path, *, scheduler: Any = None) -> Path:
    """A StableDiffusionXLPipeline, with Euler's sampler by default."""
    torch.manual_seed(0)
    tokenizer = _clip_tokenizer(folder)
    unet = _unet(
        cross_attention_dim=64,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        # The pooled embedding, and six numbers of eight each.
        projection_class_embeddings_input_dim=32 + 6 * 8,
    )
    pipeline: Any = StableDiffusionXLPipeline(
        vae=_autoencoder(),
        text_encoder=_clip_text_model(tokenizer),
        text_encoder_2=CLIPTextModelWithProjection(_clip_config(tokenizer)),
        tokenizer=tokenizer,
        tokenizer_2=tokenizer,
        unet=unet,
        scheduler=scheduler or _euler(),
        add_watermarker=False,
    )
    pipeline.save_pretrained(folder)
    return folder


def save_flux(folder: Path, *, guidance_embeds: bool = True) -> Path:
    """A FluxPipeline: dev, whose schedule shifts with the size, or schnell."""
    torch.manual_seed(0)
    tokenizer = _clip_tokenizer(folder)
    transformer = FluxTransformer2DModel(
        patch_size=1,
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=32,
        pooled_projection_dim=32,
        axes_dims_rope=(4, 4, 8),
        guidance_embeds=guidance_embeds,
    )
    pipeline: Any = FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=guidance_embeds),
        vae=_shifted_autoencoder(),
        text_encoder=_clip_text_model(tokenizer),
        tokenizer=tokenizer,
        text_encoder_2=_t5_encoder(32),
        tokenizer_2=_letter_tokenizer(),
        transformer=transformer,
    )
    pipeline.save_pretrained(folder)
    return folder


def save_stable_diffusion_3(folder: Path) -> Path:
    """A StableDiffusion3Pipeline, all three text encoders with it."""
    torch.manual_seed(0)
    tokenizer = _clip_tokenizer(folder)
    transformer = SD3Transformer2DModel(
        sample_size=32,
        num_layers=1,
        attention_head_dim=8,
        num_attention_heads=4,
        joint_attention_dim=64,
        caption_projection_dim=32,
        pooled_projection_dim=64,
        pos_embed_max_size=32,
    )
    # Its inpainting takes latents of 16 channels only.
    pipeline: Any = StableDiffusion3Pipeline(
        transformer=transformer,
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=_shifted_autoencoder(latent_channels=16),
        text_encoder=CLIPTextModelWithProjection(_clip_config(tokenizer)),
        tokenizer=tokenizer,
        text_encoder_2=CLIPTextModelWithProjection(_clip_config(tokenizer)),
        tokenizer_2=tokenizer,
        text_encoder_3=_t5_encoder(64),
        tokenizer_3=_letter_tokenizer(),
    )
    pipeline.save_pretrained(folder)
    return folder


def save_z_image(folder: Path) -> Path:
    """A ZImagePipeline with a Qwen 3 text encoder."""
    torch.manual_seed(0)
    transformer: Any = ZImageTransformer2DModel(
        in_channels=4,
        dim=32,
        n_layers=1,
        n_refiner_layers=1,
        n_heads=2,
        n_kv_heads=2,
        cap_feat_dim=32,
        axes_dims=[8, 4, 4],
        axes_lens=[1024, 64, 64],
    )
    # Zeros would hide a wrong number of padded tokens.
    torch.nn.init.normal_(transformer.x_pad_token)
    torch.nn.init.normal_(transformer.cap_pad_token)
    pipeline: Any = ZImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=_shifted_autoencoder(),
        text_encoder=Qwen3Model(
            Qwen3Config(vocab_size=64, head_dim=16, **_SMALL_LANGUAGE_MODEL)
        ),
        tokenizer=_letter_tokenizer(chat_template=_CHAT_TEMPLATE),
        transformer=transformer,
    )
    pipeline.save_pretrained(folder)
    return folder


def save_qwen_image(folder: Path) -> Path:
    """A QwenImagePipeline with a Qwen 2.5 VL text encoder and a video autoencoder."""
    torch.manual_seed(0)
    transformer = QwenImageTransformer2DModel(
        in_channels=16,
        out_channels=4,
        num_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=32,
        axes_dims_rope=(8, 4, 4),
    )
    autoencoder = AutoencoderKLQwenImage(
        base_dim=8,
        z_dim=4,
        dim_mult=[1, 2],
        num_res_blocks=1,
        temperal_downsample=[False],
        latents_mean=[0.1, -0.2, 0.3, -0.4],
        latents_std=[0.5, 1.0, 1.5, 2.0],
    )
    text_encoder = Qwen2_5_VLForConditionalGeneration(
        Qwen2_5_VLConfig(
            text_config={
                "vocab_size": 64,
                "bos_token_id": 0,
                "eos_token_id": 1,
                "rope_scaling": {"rope_type": "default", "mrope_section": [2, 3, 3]},
                **_SMALL_LANGUAGE_MODEL,
            },
            vision_config={
                "depth": 1,
                "hidden_size": 16,
                "intermediate_size": 16,
                "num_heads": 2,
                "out_hidden_size": 32,
            },
        )
    )
    pipeline: Any = QwenImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(
            use_dynamic_shifting=True, shift_terminal=0.02
        ),
        vae=autoencoder,
        text_encoder=text_encoder,
        tokenizer=_letter_tokenizer(),
        transformer=transformer,
    )
    pipeline.save_pretrained(folder)
    return folder


_SMALL_LANGUAGE_MODEL: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 37,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
}
_CHAT_TEMPLATE = "{% for message in messages %}{{ message.content }}{% endfor %} so"


def _unet(**changes: Any) -> Any:
    return UNet2DConditionModel(
        block_out_channels=(8, 16),
        layers_per_block=1,
        sample_size=32,
        in_channels=4,
        out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=4,
        norm_num_groups=4,
        **changes,
    )


def _euler() -> Any:
    """With the betas that Stable Diffusion was trained with."""
    return EulerDiscreteScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        timestep_spacing="leading",
        steps_offset=1,
    )


def _autoencoder(*, latent_channels: int = 4, **changes: Any) -> Any:
    return AutoencoderKL(
        block_out_channels=(8, 8),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        latent_channels=latent_channels,
        norm_num_groups=4,
        **changes,
    )


def _shifted_autoencoder(**changes: Any) -> Any:
    """As flow-matching models have it."""
    return _autoencoder(
        shift_factor=0.1, use_quant_conv=False, use_post_quant_conv=False, **changes
    )


def _clip_tokenizer(folder: Path) -> Any:
    """CLIP's tokenizer with single bytes for a vocabulary."""
    letters = sorted(ByteLevel.alphabet())
    words = [*letters, *(f"{letter}</w>" for letter in letters)]
    words += ["<|startoftext|>", "<|endoftext|>"]
    files = folder.with_name(f"{folder.name}-tokenizer")
    files.mkdir(parents=True)
    vocabulary = {word: index for index, word in enumerate(words)}
    (files / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    (files / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")
    return CLIPTokenizer(
        str(files / "vocab.json"), str(files / "merges.txt"), model_max_length=77
    )


def _clip_text_model(tokenizer: Any) -> Any:
    return CLIPTextModel(_clip_config(tokenizer))


def _clip_config(tokenizer: Any) -> Any:
    return CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=37,
        num_hidden_layers=1,
        num_attention_heads=4,
        projection_dim=32,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


def _t5_encoder(width: int) -> Any:
    return T5EncoderModel(
        T5Config(
            vocab_size=64, d_model=width, d_kv=8, d_ff=37, num_layers=2, num_heads=4
        )
    )


def _letter_tokenizer(**changes: Any) -> Any:
    special = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    letters = [(letter, -2.0) for letter in "abcdefghijklmnopqrstuvwxyz "]
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(Unigram(special + letters, unk_id=2)),
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=128,
        **changes,
    )
