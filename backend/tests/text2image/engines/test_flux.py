from typing import Any

import pytest
import torch

from easel.text2image.engines.families import has_family
from easel.text2image.engines.family import ModelFamily
from easel.text2image.engines.flux import Flux
from tests.text2image.engines.driven_engine import (
    make_engine,
    make_spec,
    paint_alone,
)
from tests.text2image.engines.row_equality import RowEqualityTests
from tests.text2image.engines.stock_equality import StockEqualityTests
from tests.text2image.engines.tiny_models import load, save_flux


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> ModelFamily:
    return Flux(load(save_flux(tmp_path_factory.mktemp("models") / "dev")))


@pytest.fixture(scope="module")
def schnell(tmp_path_factory: pytest.TempPathFactory) -> ModelFamily:
    folder = tmp_path_factory.mktemp("models") / "schnell"
    return Flux(load(save_flux(folder, guidance_embeds=False)))


class TestDev(RowEqualityTests, StockEqualityTests):
    @pytest.fixture
    def family(self, dev: ModelFamily) -> ModelFamily:
        return dev


class TestSchnell(StockEqualityTests):
    @pytest.fixture
    def family(self, schnell: ModelFamily) -> ModelFamily:
        return schnell


def test_guidance_adds_no_row_and_acts_on_dev_only(
    dev: ModelFamily, schnell: ModelFamily
) -> None:
    weak, strong = make_spec(guidance_scale=1.5), make_spec(guidance_scale=9.0)
    for family, acts in ((dev, True), (schnell, False)):
        engine = make_engine(family)
        assert engine.plan(strong).rows == 1
        first, second = (paint_alone(engine, spec).latents for spec in (weak, strong))
        assert first is not None
        assert second is not None
        assert torch.equal(first, second) is not acts


@pytest.mark.parametrize(
    "changes", [{"invert_sigmas": True}, {"stochastic_sampling": True}]
)
def test_a_schedule_that_cannot_be_planned_is_left_to_the_pipeline(
    dev: ModelFamily, changes: dict[str, Any]
) -> None:
    pipeline = dev.pipeline
    usual = pipeline.scheduler
    assert has_family(pipeline)
    try:
        pipeline.scheduler = type(usual).from_config(usual.config, **changes)
        assert not has_family(pipeline)
    finally:
        pipeline.scheduler = usual
