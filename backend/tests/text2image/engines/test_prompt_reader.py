"""Prompts are counted and cut as the stock pipelines read them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from easel.text2image.engines import describe_model, prompt_counter
from easel.text2image.engines.base import ModelUnavailable
from easel.text2image.engines.load_options import LoadOptions, RuntimeChoice
from easel.text2image.engines.prompt_reader import PromptReader, prompt_reader
from easel.text2image.settings import EMBEDDED_MODEL
from tests.text2image.engines import tiny_models

# diffusers' schedulers hand torch tensors to NumPy 2 in a way that it deprecates.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"
)

SAVED: list[Callable[[Path], Path]] = [
    getattr(tiny_models, name)
    for name in sorted(vars(tiny_models))
    if name.startswith("save_")
]
# The tiny Qwen-Image reads letters, and its template alone has more than it reads.
OF_WORDS = [save for save in SAVED if save is not tiny_models.save_qwen_image]
LONG = "a red fox in a wide green forest at night, " * 40


def reader_of(model: Path | str, runtime: RuntimeChoice = "auto") -> PromptReader:
    options = LoadOptions(device="cpu", dtype="auto", runtime=runtime)
    counter = prompt_counter(str(model), options)
    assert isinstance(counter, PromptReader)
    return counter


@pytest.mark.parametrize("save", SAVED, ids=lambda save: save.__name__)
def test_without_weights_prompts_count_as_in_the_loaded_model(
    tmp_path: Path, save: Callable[[Path], Path]
) -> None:
    folder = save(tmp_path / "tiny")
    loaded = prompt_reader(tiny_models.load(folder))
    assert loaded is not None
    for file in folder.rglob("*.safetensors"):
        file.unlink()
    opened = reader_of(folder)
    for prompt in ("", "a fox", LONG):
        assert opened.count(prompt) == loaded.count(prompt)
    described = describe_model(str(folder), LoadOptions(device="cpu", dtype="auto"))
    assert opened.limit == described.max_prompt_tokens


@pytest.mark.parametrize("save", OF_WORDS, ids=lambda save: save.__name__)
def test_what_is_used_fits_and_one_word_more_does_not(
    tmp_path: Path, save: Callable[[Path], Path]
) -> None:
    reader = reader_of(save(tmp_path / "tiny"))
    counted = reader.count(LONG)
    assert counted.is_cut
    assert counted.used_characters is not None
    assert 0 < counted.used_characters < len(LONG)
    assert not reader.count(LONG[: counted.used_characters]).is_cut
    assert reader.count(LONG[: counted.used_characters + len("forest at")]).is_cut


@pytest.mark.parametrize("runtime", ["torch", "onnx"])
def test_the_embedded_model_reads_24_tokens_with_its_own_two_marks(
    runtime: RuntimeChoice,
) -> None:
    reader = reader_of(EMBEDDED_MODEL, runtime)
    assert reader.count("").tokens == 2
    apple = reader.count("a red apple")
    assert (apple.tokens, apple.max_prompt_tokens) == (5, 24)
    assert (apple.is_cut, apple.used_characters) == (False, None)
    cut = reader.count("apple " * 30)
    assert (cut.tokens, cut.is_cut) == (32, True)
    assert cut.used_characters == len("apple " * 22) - 1


@pytest.mark.parametrize("runtime", ["torch", "onnx"])
def test_characters_are_counted_as_code_points(runtime: RuntimeChoice) -> None:
    reader = reader_of(EMBEDDED_MODEL, runtime)
    plain = reader.count("x apple" + " apple" * 30).used_characters
    assert reader.count("\N{FOX FACE} apple" + " apple" * 30).used_characters == plain


def test_a_pipeline_cuts_shorter_than_its_tokenizer_might(tmp_path: Path) -> None:
    """Stable Diffusion 3 hands T5 256 tokens, whatever T5 could read."""
    pipeline: Any = tiny_models.load(
        tiny_models.save_stable_diffusion_3(tmp_path / "tiny")
    )
    pipeline.tokenizer_3.model_max_length = 512
    reader = prompt_reader(pipeline)
    assert reader is not None
    assert reader.limit == 256


def test_a_pipeline_without_a_tokenizer_has_no_reader(tmp_path: Path) -> None:
    pipeline: Any = tiny_models.load(
        tiny_models.save_stable_diffusion(tmp_path / "tiny")
    )
    pipeline.tokenizer = None
    assert prompt_reader(pipeline) is None


def test_a_damaged_tokenizer_is_said_to_be(tmp_path: Path) -> None:
    folder = tiny_models.save_stable_diffusion(tmp_path / "tiny")
    for file in (folder / "tokenizer").iterdir():
        file.write_text("{", encoding="utf-8")
    with pytest.raises(ModelUnavailable, match="no tokenizer of 'tiny' can be read"):
        prompt_counter(str(folder), LoadOptions("cpu", "auto"))
