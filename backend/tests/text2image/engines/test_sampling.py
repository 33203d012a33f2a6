"""How the rows of one batch get to their next step, each in its own way."""

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from easel.text2image.engines.family import ModelFamily
from easel.text2image.engines.planned_sampling import PlannedSampling, Sampling
from easel.text2image.engines.sampling import Samplings, stock_scheduler
from easel.text2image.engines.stable_diffusion import StableDiffusion
from easel.text2image.engines.stock_sampling import StockSampling
from tests.text2image.engines.driven_engine import make_spec, source_image
from tests.text2image.engines.tiny_models import load, save_stable_diffusion

# diffusers' schedulers hand torch tensors to NumPy 2 in a way that it deprecates.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"
)

SAMPLERS = ("ddim", "euler", "euler_ancestral", "lcm", "dpmpp_2m", "heun", "pndm")


@dataclass
class Row:
    sampling: Sampling
    generator: torch.Generator
    own: SimpleNamespace
    steps_done: int = 0


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> ModelFamily:
    folder: Path = tmp_path_factory.mktemp("models") / "tiny"
    return StableDiffusion(load(save_stable_diffusion(folder)))


@pytest.fixture
def samplings(family: ModelFamily) -> Samplings:
    return Samplings(family)


def make_row(samplings: Samplings, sampler: str) -> Row:
    return Row(
        samplings.of(make_spec(sampler=sampler, num_inference_steps=4)),
        torch.Generator().manual_seed(1),
        SimpleNamespace(previous_clean=torch.zeros(1, 4, 4, 4)),
    )


def moved(samplings: Samplings, rows: list[Row], *, together: bool) -> torch.Tensor:
    """All rows' latents after three steps with a model that says the same to all."""
    latents = torch.ones(len(rows), 4, 4, 4)
    batches = [rows] if together else [[row] for row in rows]
    ended = []
    for batch in batches:
        own = latents[: len(batch)]
        for _ in range(3):
            said = samplings.inputs(batch, own) * 0.5 + 0.1
            own, clean = samplings.advance(batch, own, said)
            for row, estimate in zip(batch, clean.split(1), strict=True):
                row.own.previous_clean = estimate
                row.steps_done += 1
        ended.append(own)
    return torch.cat(ended)


def test_rows_of_all_samplers_move_together_as_each_alone(
    samplings: Samplings,
) -> None:
    alone, together = (
        moved(
            samplings, [make_row(samplings, name) for name in SAMPLERS], together=each
        )
        for each in (False, True)
    )
    assert torch.equal(alone, together)


def test_a_row_draws_from_its_own_generator_only(samplings: Samplings) -> None:
    rows = [make_row(samplings, name) for name in ("ddim", "euler_ancestral")]
    before = [row.generator.get_state() for row in rows]
    moved(samplings, rows, together=True)
    after = [row.generator.get_state() for row in rows]
    assert torch.equal(before[0], after[0])
    assert not torch.equal(before[1], after[1])


def test_a_plan_is_made_once_and_a_schedulers_state_never_shared(
    samplings: Samplings,
) -> None:
    planned, stateful = make_spec(sampler="euler"), make_spec(sampler="heun")
    assert isinstance(samplings.of(planned), PlannedSampling)
    assert samplings.of(planned) is samplings.of(planned)
    assert isinstance(samplings.of(stateful), StockSampling)
    assert samplings.of(stateful) is not samplings.of(stateful)


def test_plans_differ_with_steps_sampler_and_strength(samplings: Samplings) -> None:
    specs = [
        make_spec(sampler="euler"),
        make_spec(sampler="euler", num_inference_steps=4),
        make_spec(sampler="ddim"),
        make_spec(sampler="euler", source=source_image(masked=False, strength=0.7)),
    ]
    plans = [samplings.of(spec) for spec in specs]
    assert len(set(map(id, plans))) == len(specs)
    assert [len(plan) for plan in plans] == [3, 4, 3, 2]


@pytest.mark.parametrize("sampler", ["euler", "heun"])
def test_no_step_left_is_an_error(samplings: Samplings, sampler: str) -> None:
    source = source_image(masked=False, strength=0.2)
    with pytest.raises(ValueError, match=r"^strength 0\.2 leaves"):
        samplings.of(make_spec(sampler=sampler, source=source))


def test_latents_that_need_no_scale_are_not_copied(samplings: Samplings) -> None:
    latents = torch.ones(2, 4, 4, 4)
    rows = [make_row(samplings, name) for name in ("ddim", "lcm")]
    assert samplings.inputs(rows, latents) is latents


def test_a_named_scheduler_follows_the_models_own_schedule(
    family: ModelFamily,
) -> None:
    own = family.pipeline.scheduler
    euler = stock_scheduler(own, "euler")
    assert type(euler).__name__ == "EulerDiscreteScheduler"
    assert euler.config.steps_offset == own.config.steps_offset == 1
    default = stock_scheduler(own, "a name that only the model knows")
    assert type(default) is type(own)
    assert default is not own
