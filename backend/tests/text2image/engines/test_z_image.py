from typing import Any

import pytest

from easel.text2image.engines.family import ModelFamily
from easel.text2image.engines.z_image import ZImage
from easel.text2image.scheduling.samples import BatchKey
from tests.text2image.engines.driven_engine import (
    UNGUIDED,
    Painting,
    make_engine,
    make_spec,
    mixed_specs,
)
from tests.text2image.engines.row_equality import RowEqualityTests
from tests.text2image.engines.stock_equality import StockEqualityTests
from tests.text2image.engines.tiny_models import load, save_z_image


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> ModelFamily:
    return ZImage(load(save_z_image(tmp_path_factory.mktemp("models") / "tiny")))


class TestRowEquality(RowEqualityTests):
    pass


class TestStockEquality(StockEqualityTests):
    pass


def test_what_shares_a_pass_is_padded_to_one_length(family: ModelFamily) -> None:
    engine = make_engine(family)

    def key(prompt: str, negative: str, guidance_scale: float = 4.0) -> BatchKey:
        spec = make_spec(
            prompt=prompt, negative_prompt=negative, guidance_scale=guidance_scale
        )
        return engine.plan(spec).key

    short, longer, long = "a cat", "a cat in the sun", "a cat in the sun " * 3
    assert key(short, short) == key(longer, short) == key(short, longer)
    assert key(short, long) != key(long, short)
    assert key(short, long) != key(long, long)
    assert key(short, short) != key(long, long)
    # Without guidance the negative prompt does not enter the transformer.
    assert key(short, short) == key(short, long, UNGUIDED)
    assert key(long, long) == key(long, short, UNGUIDED)


def test_one_padded_length_needs_no_mask(family: ModelFamily) -> None:
    masks = []

    def see(_: Any, args: tuple[Any, ...]) -> None:
        masks.append(args[1])

    hooks = [
        module.register_forward_pre_hook(see)
        for module in (*family.denoiser.context_refiner, *family.denoiser.layers)
    ]
    try:
        Painting(make_engine(family))(mixed_specs(8))
    finally:
        for hook in hooks:
            hook.remove()
    assert masks
    assert all(mask is None for mask in masks)


def test_any_scale_above_zero_guides(family: ModelFamily) -> None:
    engine = make_engine(family)
    rows = [
        engine.plan(make_spec(guidance_scale=scale)).rows for scale in (0.0, 0.5, 1.0)
    ]
    assert rows == [1, 2, 2]
