from typing import Any

import pytest
import torch

from easel.text2image.engines.family import Conditioning, ModelFamily
from easel.text2image.engines.qwen_image import TEXT_MULTIPLE, QwenImage
from easel.text2image.scheduling.samples import BatchKey
from tests.text2image.engines.driven_engine import (
    make_engine,
    make_spec,
)
from tests.text2image.engines.row_equality import RowEqualityTests
from tests.text2image.engines.stock_equality import StockEqualityTests
from tests.text2image.engines.tiny_models import load, save_qwen_image


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> ModelFamily:
    return QwenImage(load(save_qwen_image(tmp_path_factory.mktemp("models") / "tiny")))


class TestRowEquality(RowEqualityTests):
    pass


class TestStockEquality(StockEqualityTests):
    pass


def test_rows_of_one_length_go_without_a_mask(family: ModelFamily) -> None:
    stacked = family.stack([embedded(family, "a cat"), embedded(family, "a dog")])
    assert stacked["mask"] is None
    assert stacked["prompt"].shape[0] == 2


def test_rows_of_other_lengths_are_padded_and_masked(family: ModelFamily) -> None:
    short, long = embedded(family, "a cat"), embedded(family, "two red birds")
    lengths = [each.tensors["prompt"].shape[1] for each in (short, long)]
    stacked = family.stack([short, long])
    assert stacked["prompt"].shape[1] % TEXT_MULTIPLE == 0
    assert stacked["mask"].sum(1).tolist() == lengths
    kept = stacked["prompt"][0, : lengths[0]]
    assert torch.equal(kept, short.tensors["prompt"][0])


def test_what_shares_a_pass_is_the_padded_length_of_the_longer_prompt(
    family: ModelFamily,
) -> None:
    engine = make_engine(family)
    long = "a cat " * 20

    def key(**changes: Any) -> BatchKey:
        return engine.plan(make_spec(**changes)).key

    assert key() == key(prompt="two red birds", negative_prompt="grey")
    assert key() != key(prompt=long)
    assert key(prompt=long) == key(negative_prompt=long)
    assert key(guidance_scale=1.0, negative_prompt=long) == key()


def test_as_many_tokens_as_planned_enter_the_transformer(family: ModelFamily) -> None:
    for prompt in ("a cat", "a cat " * 10, "a cat " * 300):
        spec = make_spec(prompt=prompt, guidance_scale=1.0)
        tokens = family.encode(spec, negative=False).tensors["prompt"].shape[1]
        assert 0 <= family.text_length(spec) - tokens < TEXT_MULTIPLE


def embedded(family: ModelFamily, prompt: str) -> Conditioning:
    return family.encode(make_spec(prompt=prompt), negative=False)
