"""Models described without their weights."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    LCMScheduler,
)

from easel.text2image.engines import LoadOptions, describe_model, load_engine
from easel.text2image.engines.base import ModelUnavailable
from easel.text2image.engines.capabilities import sampler_names
from easel.text2image.engines.load_options import RuntimeChoice
from easel.text2image.samplers import SAMPLERS
from easel.text2image.settings import EMBEDDED_MODEL
from tests.text2image.engines import tiny_models
from tests.text2image.engines.tiny_loras import save_lora
from tests.text2image.engines.tiny_pipelines import loaded

# diffusers' schedulers hand torch tensors to NumPy 2 in a way that it deprecates.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"
)

OPTIONS = LoadOptions(device="cpu", dtype="auto")

SAVED: list[Callable[[Path], Path]] = [
    getattr(tiny_models, name)
    for name in sorted(vars(tiny_models))
    if name.startswith("save_")
]


@pytest.fixture(scope="module")
def tiny_sd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny-sd"
    return tiny_models.save_stable_diffusion(folder)


@pytest.fixture
def own_sd(tiny_sd: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    folder = tmp_path / "tiny-sd"
    shutil.copytree(tiny_sd, folder)
    return folder


def write_sidecar(folder: Path, **fields: Any) -> None:
    (folder / "easel.json").write_text(json.dumps(fields), encoding="utf-8")


def change_config(folder: Path, file: str, **fields: Any) -> None:
    path = folder / file
    config = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(config | fields), encoding="utf-8")


def equals_the_loaded(model: str, options: LoadOptions = OPTIONS) -> bool:
    described = describe_model(model, options)
    assert described.state == "unloaded"
    engine = load_engine(model, options, lambda _: None)
    return described.model_copy(update={"state": "ready"}) == engine.model


@pytest.mark.parametrize("save", SAVED, ids=lambda save: save.__name__)
def test_a_description_is_what_the_loaded_model_says(
    tmp_path: Path, save: Callable[[Path], Path]
) -> None:
    folder = save(tmp_path / "tiny")
    # Tiny transformers have no positions for the size that their class falls back to.
    write_sidecar(folder, default_width=64, default_height=64)
    assert equals_the_loaded(str(folder))


@pytest.mark.parametrize("runtime", ["torch", "onnx"])
def test_the_embedded_model_is_described_as_it_is(runtime: RuntimeChoice) -> None:
    options = replace(OPTIONS, runtime=runtime)
    assert equals_the_loaded(EMBEDDED_MODEL, options)
    document = describe_model(EMBEDDED_MODEL, options)
    assert document.runtime == runtime
    assert document.sampler == "dpmpp_2m"
    assert document.features.batching
    assert document.features.previews
    assert [style.name for style in document.styles or ()] == ["Flat icon", "Cartoon"]


def test_a_pipeline_without_a_family_is_described_as_it_is(own_sd: Path) -> None:
    change_config(own_sd, "model_index.json", _class_name="StableDiffusionPAGPipeline")
    assert equals_the_loaded(str(own_sd))
    assert not describe_model(str(own_sd), OPTIONS).features.batching


def test_adapters_that_fit_are_described(own_sd: Path, tmp_path: Path) -> None:
    save_lora(loaded(own_sd), tmp_path / "loras", "ink", seed=1)
    options = LoadOptions(device="cpu", dtype="auto", lora_dir=tmp_path / "loras")
    assert describe_model(str(own_sd), options).loras == ("ink",)
    assert equals_the_loaded(str(own_sd), options)


def test_no_weights_are_read(own_sd: Path) -> None:
    before = describe_model(str(own_sd), OPTIONS)
    for file in own_sd.rglob("*.safetensors"):
        file.unlink()
    assert describe_model(str(own_sd), OPTIONS) == before


def test_what_only_weights_could_tell_is_promised_by_nobody(own_sd: Path) -> None:
    write_sidecar(own_sd, display_name="Tiny", default_width=128, default_height=64)
    (own_sd / "unet" / "config.json").write_text("{")
    document = describe_model(str(own_sd), OPTIONS)
    assert (document.id, document.display_name) == ("tiny-sd", "Tiny")
    assert document.pipeline == "StableDiffusionPipeline"
    assert (document.defaults.width, document.defaults.height) == (128, 64)
    # These our server can do with any model.
    ours = {"exact", "seed", "progress", "cancel"}
    assert not any(document.features.model_dump(exclude=ours).values())
    assert document.samplers == (document.sampler,)


@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_a_damaged_index_is_one_line(own_sd: Path, text: str) -> None:
    (own_sd / "model_index.json").write_text(text)
    with pytest.raises(ModelUnavailable, match="damaged"):
        describe_model(str(own_sd), OPTIONS)


def test_offloaded_models_share_no_passes_and_compiled_ones_are_not_exact(
    tiny_sd: Path,
) -> None:
    offloaded = LoadOptions(device="cuda", dtype="auto", offload="model")
    assert not describe_model(str(tiny_sd), offloaded).features.batching
    compiled = LoadOptions(device="cpu", dtype="auto", compile=True)
    assert not describe_model(str(tiny_sd), compiled).features.exact
    assert describe_model(str(tiny_sd), OPTIONS).features.exact


def test_a_unet_that_wants_a_mask_beside_the_latents_begins_with_no_image(
    own_sd: Path,
) -> None:
    plain = describe_model(str(own_sd), OPTIONS).features
    assert plain.image_to_image
    assert plain.inpainting
    change_config(own_sd, "unet/config.json", in_channels=9)
    masked = describe_model(str(own_sd), OPTIONS).features
    assert not masked.image_to_image
    assert not masked.inpainting
    assert not masked.batching


def test_the_makers_sampler_is_the_default(own_sd: Path) -> None:
    write_sidecar(own_sd, default_sampler="euler")
    document = describe_model(str(own_sd), OPTIONS)
    assert document.sampler == "euler"
    assert document.samplers[0] == "euler"
    assert document.samplers.count("euler") == 1
    assert "ddim" in document.samplers


def test_a_sampler_that_does_not_fit_is_refused_with_those_that_do(
    own_sd: Path,
) -> None:
    write_sidecar(own_sd, default_sampler="flow_match_euler")
    with pytest.raises(ModelUnavailable, match="one of: ddim, euler"):
        describe_model(str(own_sd), OPTIONS)


@pytest.mark.parametrize(
    ("scheduler_class", "config", "name"),
    [
        (DDIMScheduler, {"clip_sample": False}, "ddim"),
        (DDIMScheduler, {"clip_sample": True}, "ddim_default"),
        (DPMSolverMultistepScheduler, {}, "dpmpp_2m"),
        (DPMSolverMultistepScheduler, {"use_karras_sigmas": True}, "dpmpp_2m_karras"),
        (DPMSolverMultistepScheduler, {"solver_order": 3}, "dpm_solver_multistep"),
        (EulerDiscreteScheduler, {}, "euler"),
        (EulerDiscreteScheduler, {"use_karras_sigmas": True}, "euler_discrete"),
        (FlowMatchEulerDiscreteScheduler, {"shift": 3.0}, "flow_match_euler"),
    ],
)
def test_a_schedulers_own_name_means_exactly_that_scheduler(
    scheduler_class: Any, config: dict[str, Any], name: str
) -> None:
    scheduler = scheduler_class(**config)
    assert sampler_names(scheduler)[0] == name
    if name in SAMPLERS:
        stock_class, overrides = SAMPLERS[name]
        assert type(scheduler).__name__ == stock_class
        again = type(scheduler).from_config(scheduler.config, **overrides)
        assert {**again.config} == {**scheduler.config, **again.config}


def test_samplers_of_another_kind_of_noise_schedule_do_not_fit() -> None:
    assert sampler_names(FlowMatchEulerDiscreteScheduler()) == ("flow_match_euler",)
    names = sampler_names(EulerDiscreteScheduler(prediction_type="v_prediction"))
    assert "flow_match_euler" not in names
    assert {"euler", "ddim", "dpmpp_2m"} <= set(names)


@pytest.mark.parametrize(
    ("scheduler_class", "config", "steps", "guidance"),
    [
        (LCMScheduler, {}, 4, 0.0),
        (EulerAncestralDiscreteScheduler, {"timestep_spacing": "trailing"}, 4, 0.0),
        (EulerDiscreteScheduler, {"timestep_spacing": "leading"}, 50, 7.5),
        (
            EulerDiscreteScheduler,
            {
                "timestep_spacing": "trailing",
                "prediction_type": "v_prediction",
                "rescale_betas_zero_snr": True,
            },
            50,
            7.5,
        ),
    ],
)
def test_distilled_models_take_few_steps_without_guidance(
    own_sd: Path,
    scheduler_class: Any,
    config: dict[str, Any],
    steps: int,
    guidance: float,
) -> None:
    scheduler = scheduler_class(steps_offset=1, **config)
    scheduler.save_pretrained(own_sd / "scheduler")
    change_config(
        own_sd,
        "model_index.json",
        scheduler=["diffusers", scheduler_class.__name__],
    )
    defaults = describe_model(str(own_sd), OPTIONS).defaults
    assert (defaults.num_inference_steps, defaults.guidance_scale) == (steps, guidance)
