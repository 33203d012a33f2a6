"""The checkers on tiny random weights: that they load, agree and refuse, not what
they recognise."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.pipelines.stable_diffusion.safety_checker import (
    StableDiffusionSafetyChecker,
)
from diffusers.utils import logging as diffusers_logging
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import (
    CLIPConfig,
    CLIPImageProcessorPil,
    ViTConfig,
    ViTForImageClassification,
    ViTImageProcessorPil,
)

from easel.text2image.engines.base import ModelUnavailable
from easel.text2image.engines.safety_checkers import load_safety_checker

# Any: the configurations take these among arguments of many types.
TINY: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 37,
    "num_hidden_layers": 1,
    "num_attention_heads": 4,
}
TINY_VISION = TINY | {"image_size": 32, "patch_size": 8}


def save_classifier(folder: Path, labels: tuple[str, ...]) -> Path:
    torch.manual_seed(0)
    config = ViTConfig(**TINY_VISION, id2label=dict(enumerate(labels)))
    model: Any = ViTForImageClassification(config)
    # Of random weights the classes would all be as likely as one another.
    torch.nn.init.normal_(model.classifier.weight, std=2.0)
    model.save_pretrained(folder)
    ViTImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder


def save_concept_checker(folder: Path) -> Path:
    """Limits such that some concepts are near, and some special-care ones too."""
    torch.manual_seed(0)
    text = TINY | {"vocab_size": 10, "bos_token_id": 0, "eos_token_id": 1}
    config = CLIPConfig(vision_config=TINY_VISION, text_config=text, projection_dim=16)
    model = StableDiffusionSafetyChecker(config)
    torch.nn.init.normal_(model.visual_projection.weight)
    torch.nn.init.normal_(model.concept_embeds)
    torch.nn.init.normal_(model.special_care_embeds)
    torch.nn.init.uniform_(model.concept_embeds_weights, 0.4, 0.7)
    torch.nn.init.uniform_(model.special_care_embeds_weights, 0.1, 0.3)
    model.save_pretrained(folder)
    processor = CLIPImageProcessorPil(
        size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}
    )
    processor.save_pretrained(folder)
    return folder


def some_images(count: int) -> list[Image.Image]:
    random = np.random.default_rng(0)
    shapes = [(48, 64, 3) if index % 2 else (64, 40, 3) for index in range(count)]
    colours = random.integers(0, 256, (count, 3))
    noise = [random.integers(0, 128, shape) for shape in shapes]
    return [
        Image.fromarray(((grain + colour) / 2).astype(np.uint8))
        for grain, colour in zip(noise, colours, strict=True)
    ]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("checkers")
    save_classifier(root / "classifier", ("normal", "NSFW", "Porn"))
    save_concept_checker(root / "concepts")
    return root


@pytest.fixture
def quiet_oracle() -> Iterator[None]:
    """The stock checker logs each image that it would paint black."""
    before = diffusers_logging.get_verbosity()
    diffusers_logging.set_verbosity_error()
    yield
    diffusers_logging.set_verbosity(before)


def test_a_classifier_s_score_is_the_probability_of_its_unsafe_classes(
    folders: Path,
) -> None:
    images = some_images(6)
    model = ViTForImageClassification.from_pretrained(folders / "classifier")
    processor = ViTImageProcessorPil.from_pretrained(folders / "classifier")
    with torch.no_grad():
        logits = model(**processor(images=images, return_tensors="pt")).logits
    expected = 1 - logits.softmax(-1)[:, 0]
    verdicts = load_safety_checker(folders / "classifier").check(images)
    scores = [verdict.score for verdict in verdicts]
    assert scores == pytest.approx(expected.tolist(), abs=1e-5)
    assert [verdict.flagged for verdict in verdicts] == [s >= 0.5 for s in scores]


def test_threshold_and_labels_can_be_chosen(folders: Path) -> None:
    (image,) = some_images(1)
    folder = folders / "classifier"
    of_normal = load_safety_checker(folder, unsafe_labels=["NORMAL"]).check([image])[0]
    of_unsafe = load_safety_checker(folder).check([image])[0]
    assert of_normal.score == pytest.approx(1 - of_unsafe.score, abs=1e-5)
    strict = load_safety_checker(folder, threshold=0).check([image])[0]
    lax = load_safety_checker(folder, threshold=1.1).check([image])[0]
    assert (strict.flagged, lax.flagged) == (True, False)


@pytest.mark.usefixtures("quiet_oracle")
def test_stable_diffusion_s_checker_objects_to_what_diffusers_own_code_does(
    folders: Path,
) -> None:
    images = some_images(64)
    stock = StableDiffusionSafetyChecker.from_pretrained(folders / "concepts")
    processor = CLIPImageProcessorPil.from_pretrained(folders / "concepts")
    pixels = processor(images=images, return_tensors="pt").pixel_values
    _, expected = stock(images=[np.zeros(1)] * len(images), clip_input=pixels)
    verdicts = load_safety_checker(folders / "concepts").check(images)
    assert [verdict.flagged for verdict in verdicts] == expected
    assert 0 < sum(expected) < len(images)
    assert all(verdict.flagged == (verdict.score >= 1) for verdict in verdicts)
    assert min(verdict.score for verdict in verdicts) >= 0


def test_the_processor_may_be_next_door_as_in_a_diffusers_folder(
    folders: Path, tmp_path: Path
) -> None:
    save_concept_checker(tmp_path / "safety_checker")
    (tmp_path / "feature_extractor").mkdir()
    name = "preprocessor_config.json"
    (tmp_path / "safety_checker" / name).rename(tmp_path / "feature_extractor" / name)
    images = some_images(2)
    moved = load_safety_checker(tmp_path / "safety_checker").check(images)
    assert moved == load_safety_checker(folders / "concepts").check(images)


@pytest.mark.parametrize("name", ["classifier", "concepts"])
def test_threads_get_the_verdicts_that_one_gets(folders: Path, name: str) -> None:
    checker = load_safety_checker(folders / name)
    batches = [[image] for image in some_images(16)]
    alone = [checker.check(batch) for batch in batches]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(checker.check, batches)) == alone


def one_line_about(folder: Path) -> str:
    with pytest.raises(ModelUnavailable) as refusal:
        load_safety_checker(folder)
    message = str(refusal.value)
    assert "\n" not in message
    assert str(folder) in message
    return message


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    assert "no config.json" in one_line_about(tmp_path)
    assert "no config.json" in one_line_about(tmp_path / "missing")


def test_a_folder_with_a_broken_configuration_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{")
    one_line_about(tmp_path)


def test_a_folder_that_brings_its_own_code_is_refused_and_the_code_not_run(
    tmp_path: Path,
) -> None:
    save_classifier(tmp_path, ("normal", "nsfw"))
    config = {"model_type": "own", "auto_map": {"AutoConfig": "code.Own"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "code.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    one_line_about(tmp_path)
    assert not (tmp_path / "ran").exists()


def test_a_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    save_classifier(tmp_path, ("normal", "nsfw"))
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    one_line_about(tmp_path)


def test_a_classifier_that_knows_nothing_unsafe_is_refused(tmp_path: Path) -> None:
    save_classifier(tmp_path, ("cat", "dog"))
    assert "none of its classes (cat, dog)" in one_line_about(tmp_path)


def test_a_folder_without_a_processor_is_refused(tmp_path: Path) -> None:
    save_classifier(tmp_path, ("normal", "nsfw"))
    (tmp_path / "preprocessor_config.json").unlink()
    assert "no preprocessor_config.json" in one_line_about(tmp_path)


def test_weights_that_lack_a_part_are_refused_not_made_up(tmp_path: Path) -> None:
    save_concept_checker(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    del weights["concept_embeds"]
    save_file(weights, tmp_path / "model.safetensors", {"format": "pt"})
    assert "1 weights are missing, such as concept_embeds" in one_line_about(tmp_path)


def test_truncated_weights_are_refused(tmp_path: Path) -> None:
    save_classifier(tmp_path, ("normal", "nsfw"))
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    one_line_about(tmp_path)
