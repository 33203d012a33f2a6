"""Safety checkers that are models: Stable Diffusion's own, or an image classifier.

They run on the CPU, in whichever thread encodes the images, so the device paints on.
"""

import threading
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers.pipelines.stable_diffusion.safety_checker import (
    StableDiffusionSafetyChecker,
)
from PIL.Image import Image
from transformers import (
    AutoConfig,
    AutoImageProcessor,
    AutoModelForImageClassification,
    CLIPImageProcessorPil,
)

from easel.text2image.engines.base import ModelUnavailable
from easel.text2image.images.safety import SafetyChecker, Verdict

# What the well-known classifiers call what a public server would not show.
UNSAFE_LABELS = frozenset(
    ("nsfw", "porn", "hentai", "sexual", "explicit", "unsafe", "violence", "gore")
)

# A folder is data: nothing is fetched for it, and no code in it is run.
_DATA_ONLY = {"local_files_only": True, "trust_remote_code": False}

# How much nearer a concept counts where a special-care one was found: the checker's
# published inference code says so, its weights do not.
_SPECIAL_CARE_BONUS = 0.01


def load_safety_checker(
    folder: Path,
    *,
    threshold: float | None = None,
    unsafe_labels: Collection[str] = UNSAFE_LABELS,
) -> SafetyChecker:
    """Load the checker in `folder`; takes seconds.

    Args:
        folder: Holds `config.json`, the weights and `preprocessor_config.json`; the
            last may be next door in `feature_extractor`, as in a diffusers folder.
        threshold: The score from which an image is flagged: by default 0.5 for a
            classifier, 1 for Stable Diffusion's checker.
        unsafe_labels: Names of a classifier's classes; case does not matter.

    Raises:
        ModelUnavailable: there is no such checker, or it cannot be loaded.
    """
    if not (folder / "config.json").is_file():
        raise ModelUnavailable(f"{folder} has no config.json: not a safety checker")
    try:
        config = AutoConfig.from_pretrained(folder, **_DATA_ONLY)
        if "StableDiffusionSafetyChecker" in (config.architectures or ()):
            return ConceptChecker(folder, 1.0 if threshold is None else threshold)
        return ClassifierChecker(
            folder, 0.5 if threshold is None else threshold, unsafe_labels
        )
    except ModelUnavailable:
        raise
    # transformers raises what its readers raise: OSError, ValueError, KeyError, …
    except Exception as error:
        reason = " ".join(str(error).split())
        raise ModelUnavailable(f"{folder}: not a safety checker: {reason}") from error


class ConceptChecker:
    """Stable Diffusion's checker: how near an image is to 17 unnamed concepts.

    The score is the largest similarity as a share of its concept's own limit, so 1 is
    where the checker itself objects.
    """

    def __init__(self, folder: Path, threshold: float) -> None:
        self._threshold = threshold
        self._processor = CLIPImageProcessorPil.from_pretrained(
            _processor_folder(folder), local_files_only=True
        )
        self._model = _loaded(StableDiffusionSafetyChecker, folder)
        # One at a time: a pass uses all cores as it is.
        self._lock = threading.Lock()

    def check(self, images: Sequence[Image]) -> list[Verdict]:
        pixels = self._processor(images=list(images), return_tensors="pt").pixel_values
        with self._lock, torch.inference_mode():
            scores = self._scores(pixels)
        return [Verdict(score >= self._threshold, score) for score in scores.tolist()]

    def _scores(self, pixels: torch.Tensor) -> torch.Tensor:
        """(batch, 3, height, width) -> (batch,)"""
        model = self._model
        pooled = model.vision_model(pixels).pooler_output
        image = torch.nn.functional.normalize(model.visual_projection(pooled))
        special = image @ torch.nn.functional.normalize(model.special_care_embeds).T
        nearness = image @ torch.nn.functional.normalize(model.concept_embeds).T
        is_special = (special > model.special_care_embeds_weights).any(1, keepdim=True)
        nearness = nearness + _SPECIAL_CARE_BONUS * is_special
        shares: torch.Tensor = nearness / model.concept_embeds_weights
        return shares.amax(1).clamp(min=0)


class ClassifierChecker:
    """Any image classifier with classes that name what is unsafe.

    The score is the probability that the image is of one of them.
    """

    def __init__(
        self, folder: Path, threshold: float, unsafe_labels: Collection[str]
    ) -> None:
        """Raises ModelUnavailable if no class of the model is in `unsafe_labels`."""
        self._threshold = threshold
        self._processor = AutoImageProcessor.from_pretrained(
            _processor_folder(folder), **_DATA_ONLY
        )
        self._model = _loaded(AutoModelForImageClassification, folder)
        self._lock = threading.Lock()
        wanted = {label.casefold() for label in unsafe_labels}
        labels: dict[int, str] = self._model.config.id2label
        self._unsafe = [i for i, name in labels.items() if name.casefold() in wanted]
        if not self._unsafe:
            raise ModelUnavailable(
                f"{folder}: none of its classes ({', '.join(labels.values())}) is one "
                f"of the unsafe ones ({', '.join(sorted(wanted))})"
            )

    def check(self, images: Sequence[Image]) -> list[Verdict]:
        inputs = self._processor(images=list(images), return_tensors="pt")
        with self._lock, torch.inference_mode():
            probabilities = self._model(**inputs).logits.softmax(-1)
        scores = probabilities[:, self._unsafe].sum(-1).tolist()
        return [Verdict(score >= self._threshold, score) for score in scores]


def _processor_folder(folder: Path) -> Path:
    beside = folder.parent / "feature_extractor"
    for candidate in (folder, beside):
        if (candidate / "preprocessor_config.json").is_file():
            return candidate
    raise ModelUnavailable(f"{folder} has no preprocessor_config.json")


# Any: transformers' auto classes return whichever class the folder names.
def _loaded(model_class: Any, folder: Path) -> Any:
    """Raises ModelUnavailable if weights are missing: they would be random."""
    model, report = model_class.from_pretrained(
        folder, **_DATA_ONLY, dtype=torch.float32, output_loading_info=True
    )
    missing = sorted(report["missing_keys"])
    if missing:
        raise ModelUnavailable(
            f"{folder}: {len(missing)} weights are missing, such as {missing[0]}"
        )
    return model.eval()
