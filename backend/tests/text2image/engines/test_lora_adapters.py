"""Adapters on tiny random models: which fit, and what acting does to images."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from easel.errors import InvalidRequest, OutOfMemory
from easel.text2image.engines.lora_adapters import LoraAdapters
from tests.text2image.engines.tiny_loras import save_lora
from tests.text2image.engines.tiny_models import save_flux, save_stable_diffusion
from tests.text2image.engines.tiny_pipelines import loaded, predicted

Loras = tuple[tuple[str, float], ...]


@pytest.fixture(scope="module")
def tiny_sd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_stable_diffusion(tmp_path_factory.mktemp("models") / "tiny-sd")


@pytest.fixture
def pipeline(tiny_sd: Path) -> Any:
    return loaded(tiny_sd)


@pytest.fixture
def folder(tmp_path: Path, pipeline: Any) -> Path:
    made = tmp_path / "loras"
    save_lora(pipeline, made, "v1.5-ink", seed=1)
    save_lora(pipeline, made, "clay", seed=2, for_text=True)
    return made


def painted(pipeline: Any, steps: int = 2) -> Any:
    return pipeline(
        "a cat",
        width=64,
        height=64,
        num_inference_steps=steps,
        generator=torch.Generator("cpu").manual_seed(3),
        output_type="np",
    ).images[0]


def test_an_adapter_acts_and_leaves_no_trace(pipeline: Any, folder: Path) -> None:
    before = painted(pipeline)
    adapters = LoraAdapters(pipeline, folder)
    adapters.use((("v1.5-ink", 1.0),))
    assert np.abs(painted(pipeline) - before).max() > 0.01
    adapters.use(())
    assert (painted(pipeline) == before).all()


def test_an_adapter_of_the_text_encoder_changes_what_is_read(
    pipeline: Any, folder: Path
) -> None:
    adapters = LoraAdapters(pipeline, folder)

    def read() -> torch.Tensor:
        embeddings: torch.Tensor = pipeline.encode_prompt("a cat", "cpu", 1, False)[0]
        return embeddings

    before = read()
    adapters.use((("clay", 1.0),))
    assert not torch.allclose(read(), before)
    adapters.use((("v1.5-ink", 1.0),))
    assert torch.equal(read(), before)


def test_at_scale_zero_it_does_nothing(pipeline: Any, folder: Path) -> None:
    before = painted(pipeline)
    LoraAdapters(pipeline, folder).use((("clay", 0.0),))
    np.testing.assert_allclose(painted(pipeline), before, atol=1e-5)


def test_two_can_act_together_each_at_its_scale(pipeline: Any, folder: Path) -> None:
    adapters = LoraAdapters(pipeline, folder)
    seen = []
    choices: tuple[Loras, ...] = (
        (("clay", 0.5), ("v1.5-ink", 1.0)),
        (("clay", 1.0), ("v1.5-ink", 0.5)),
        (("clay", 1.0),),
    )
    for loras in choices:
        adapters.use(loras)
        seen.append(predicted(pipeline))
    assert np.abs(seen[0] - seen[1]).max() > 1e-3
    assert np.abs(seen[1] - seen[2]).max() > 1e-3


def test_changing_them_at_every_step_is_as_each_alone(
    tiny_sd: Path, pipeline: Any, folder: Path
) -> None:
    choices: tuple[Loras, ...] = (
        (("clay", 0.7),),
        (("v1.5-ink", 1.0),),
        (("v1.5-ink", 0.5),),
        (),
    )
    alone = {}
    for loras in choices:
        other = loaded(tiny_sd)
        LoraAdapters(other, folder).use(loras)
        alone[loras] = predicted(other)
    adapters = LoraAdapters(pipeline, folder)
    for loras in choices * 3:
        adapters.use(loras)
        assert (predicted(pipeline) == alone[loras]).all()


def test_the_least_recently_used_leave_the_device(pipeline: Any, folder: Path) -> None:
    save_lora(pipeline, folder, "oil", seed=4)
    adapters = LoraAdapters(pipeline, folder, max_resident=2)
    adapters.use((("clay", 1.0),))
    clay = predicted(pipeline)
    for name in ("oil", "clay", "v1.5-ink"):
        adapters.use(((name, 1.0),))
    assert len(pipeline.get_list_adapters()["unet"]) == 2
    # `oil` left, `clay` was used since.
    assert len(pipeline.get_list_adapters()["text_encoder"]) == 1
    adapters.use((("oil", 1.0),))
    adapters.use((("clay", 1.0),))
    assert (predicted(pipeline) == clay).all()


def test_more_at_once_than_may_be_resident_all_act(pipeline: Any, folder: Path) -> None:
    adapters = LoraAdapters(pipeline, folder, max_resident=1)
    adapters.use((("clay", 1.0), ("v1.5-ink", 1.0)))
    assert len(pipeline.get_active_adapters()) == 2
    adapters.use((("clay", 1.0),))
    assert len(pipeline.get_list_adapters()["unet"]) == 1


def test_acting_adapters_are_not_to_be_trained(pipeline: Any, folder: Path) -> None:
    LoraAdapters(pipeline, folder).use((("clay", 1.0),))
    assert not any(each.requires_grad for each in pipeline.unet.parameters())
    assert not any(each.requires_grad for each in pipeline.text_encoder.parameters())


def test_only_files_that_fit_are_listed(
    tmp_path: Path, pipeline: Any, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    flux = loaded(save_flux(tmp_path / "flux"))
    save_lora(flux, folder, "for-flux", seed=5)
    wide = load_file(folder / "v1.5-ink.safetensors")
    save_file(
        {name: torch.cat([each, each], 1) for name, each in wide.items()},
        folder / "wider.safetensors",
    )
    (folder / "damaged.safetensors").write_bytes(b"not at all")
    (folder / "notes.txt").write_text("no adapter")
    assert LoraAdapters(pipeline, folder).ids == ("clay", "v1.5-ink")
    assert LoraAdapters(flux, folder).ids == ("for-flux",)
    assert [record.fields["file"] for record in caplog.records] == [  # type: ignore[attr-defined]  # our logs carry fields
        "damaged.safetensors"
    ] * 2


def test_adapters_named_as_other_trainers_name_them_fit(
    pipeline: Any, folder: Path
) -> None:
    """As kohya-ss writes them, with an alpha beside each pair."""
    renamed = {}
    for name, tensor in load_file(folder / "v1.5-ink.safetensors").items():
        path, _, side = name.removesuffix(".weight").rpartition(".")
        path = "lora_unet_" + path.removeprefix("unet.").replace(".", "_")
        renamed[f"{path}.lora_{'down' if side == 'lora_A' else 'up'}.weight"] = tensor
        renamed[f"{path}.alpha"] = torch.tensor(1.0)
    save_file(renamed, folder / "kohya.safetensors")
    adapters = LoraAdapters(pipeline, folder)
    assert "kohya" in adapters.ids
    adapters.use((("kohya", 2.0),))
    doubled = predicted(pipeline)
    # Of rank 2 with alpha 1: half as strong.
    adapters.use((("v1.5-ink", 1.0),))
    np.testing.assert_allclose(doubled, predicted(pipeline), atol=1e-5)


def test_links_out_of_the_folder_are_not_followed(
    tmp_path: Path, pipeline: Any, folder: Path
) -> None:
    outside = tmp_path / "outside.safetensors"
    shutil.copy(folder / "clay.safetensors", outside)
    (folder / "linked.safetensors").symlink_to(outside)
    (folder / "same.safetensors").symlink_to(folder / "clay.safetensors")
    assert LoraAdapters(pipeline, folder).ids == ("clay", "same", "v1.5-ink")


@pytest.mark.parametrize("name", ["nothing", "../loras/clay", "clay.safetensors", ""])
def test_a_name_that_is_not_listed_is_never_opened(
    pipeline: Any, folder: Path, name: str
) -> None:
    with pytest.raises(InvalidRequest, match="there is no adapter") as refusal:
        LoraAdapters(pipeline, folder).use(((name, 1.0),))
    assert refusal.value.param == "loras"


def test_one_that_fails_to_load_leaves_none_acting(pipeline: Any, folder: Path) -> None:
    before = painted(pipeline)
    adapters = LoraAdapters(pipeline, folder)
    adapters.use((("clay", 1.0),))
    acting = painted(pipeline)
    (folder / "v1.5-ink.safetensors").write_bytes(b"overwritten since it was listed")
    with pytest.raises(InvalidRequest, match=r"v1\.5-ink") as refusal:
        adapters.use((("clay", 1.0), ("v1.5-ink", 1.0)))
    assert refusal.value.param == "loras"
    assert "\n" not in str(refusal.value)
    assert (painted(pipeline) == before).all()
    adapters.use((("clay", 1.0),))
    assert (painted(pipeline) == acting).all()


def test_one_that_does_not_fit_on_the_device_is_out_of_memory(
    pipeline: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(pipeline, "load_lora_weights", full)
    with pytest.raises(OutOfMemory):
        LoraAdapters(pipeline, folder).use((("clay", 1.0),))


def test_the_digest_is_the_files(pipeline: Any, folder: Path) -> None:
    content = (folder / "clay.safetensors").read_bytes()
    digest = LoraAdapters(pipeline, folder).digest("clay")
    assert digest == hashlib.sha256(content).hexdigest()


def test_without_a_folder_there_are_none(tmp_path: Path, pipeline: Any) -> None:
    assert LoraAdapters(pipeline, None).ids == ()
    assert LoraAdapters(pipeline, tmp_path / "missing").ids == ()
