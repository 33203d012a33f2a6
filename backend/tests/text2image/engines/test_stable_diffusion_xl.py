"""Stable Diffusion XL, and its kin for a few steps."""

import copy
from dataclasses import replace

import pytest
import torch
from diffusers import EulerAncestralDiscreteScheduler

from easel.text2image.engines.family import ModelFamily
from easel.text2image.engines.stable_diffusion_xl import StableDiffusionXL
from tests.text2image.engines.driven_engine import (
    UNGUIDED,
    Painting,
    assert_same,
    make_engine,
    make_spec,
    paint_alone,
)
from tests.text2image.engines.row_equality import RowEqualityTests
from tests.text2image.engines.stock_equality import (
    StockEqualityTests,
    inputs_of,
    paint_stock,
)
from tests.text2image.engines.tiny_models import load, save_stable_diffusion_xl

# diffusers' schedulers hand torch tensors to NumPy 2 in a way that it deprecates.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"
)


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> ModelFamily:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    return StableDiffusionXL(load(save_stable_diffusion_xl(folder)))


class TestRowEquality(RowEqualityTests):
    pass


class TestStockEquality(StockEqualityTests):
    def test_in_bfloat16_the_denoiser_is_given_what_stock_gives(
        self, family: ModelFamily
    ) -> None:
        """Euler's latents are scaled for the model; stock rounds before that, too."""
        pipeline = copy.deepcopy(family.pipeline).to(torch.bfloat16)
        narrow = StableDiffusionXL(pipeline)
        spec = make_spec(guidance_scale=UNGUIDED)
        noise = narrow.noise(spec, torch.Generator().manual_seed(spec.seed))
        with inputs_of(narrow.denoiser) as ours:
            paint_alone(make_engine(narrow), spec)
        assert ours[0].latents.dtype == torch.bfloat16
        assert torch.allclose(ours[0].latents.float(), noise[0], rtol=2**-7)


@pytest.mark.parametrize("negative_prompt", [None, "", "grey"])
@pytest.mark.parametrize("zeroes", [True, False])
def test_no_negative_prompt_is_zeros_or_an_empty_one_as_the_model_says(
    family: ModelFamily, negative_prompt: str | None, zeroes: bool
) -> None:
    pipeline = copy.copy(family.pipeline)
    pipeline.register_to_config(force_zeros_for_empty_prompt=zeroes)
    spec = make_spec(negative_prompt=negative_prompt)
    painted = paint_alone(make_engine(StableDiffusionXL(pipeline)), spec)
    assert_same(painted, paint_stock(pipeline, spec))


def test_turbo_paints_together_in_one_to_four_steps(family: ModelFamily) -> None:
    pipeline = copy.copy(family.pipeline)
    pipeline.scheduler = EulerAncestralDiscreteScheduler.from_config(
        pipeline.scheduler.config, timestep_spacing="trailing"
    )
    engine = make_engine(StableDiffusionXL(pipeline))
    specs = [
        make_spec(
            id=f"{steps} steps",
            guidance_scale=UNGUIDED,
            num_inference_steps=steps,
            seed=steps,
        )
        for steps in (1, 2, 3, 4)
    ]
    painting = Painting(engine)
    painted = painting(specs)
    assert painting.largest_batch == 4
    for spec in specs:
        assert engine.plan(spec).rows == 1
        stock = paint_stock(pipeline, spec)
        assert_same(painted[spec.id], stock)
        exact = paint_alone(engine, replace(spec, is_exact=True))
        assert exact.image.tobytes() == stock.image.tobytes()
