"""The embedded model without torch paints what its stock pipeline paints.

Tolerance: the two libraries multiply matrices in other orders. Over four steps of the
embedded model that moved latents, which are of the order of 1, by less than 1e-4 and a
pixel by one level of 255.
"""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from easel.errors import InvalidRequest
from easel.text2image.engines import LoadOptions, describe_model
from easel.text2image.engines.light.engine import LightEngine
from easel.text2image.engines.light.stable_diffusion import GraphStableDiffusion
from easel.text2image.engines.model_source import open_source
from easel.text2image.settings import EMBEDDED_MODEL
from tests.text2image.engines import row_equality
from tests.text2image.engines.driven_engine import (
    SOURCES,
    UNGUIDED,
    assert_same,
    make_spec,
    source_image,
)
from tests.text2image.engines.light.light_engines import (
    light_engine,
    paint,
    stock_pipeline,
)
from tests.text2image.engines.row_equality import RowEqualityTests
from tests.text2image.engines.stock_equality import paint_stock

# diffusers' schedulers hand torch tensors to NumPy 2 in a way that it deprecates.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"
)


@pytest.fixture(scope="module")
def light() -> LightEngine:
    return light_engine(EMBEDDED_MODEL)


@pytest.fixture(scope="module")
def stock() -> Any:
    return stock_pipeline(open_source(EMBEDDED_MODEL).folder)


CASES: dict[str, dict[str, Any]] = {
    "as it comes": {},
    "unguided": {"guidance_scale": UNGUIDED},
    "wide, with a negative prompt": {
        "negative_prompt": "grey",
        "width": 192,
        "height": 128,
    },
    "a prompt that is cut": {
        "prompt": "a red fox in a wide green forest at night, " * 4
    },
    "image": {"source": SOURCES["image"]},
    "mask": {"source": SOURCES["mask"]},
    "mask, all steps": {"source": SOURCES["mask, all steps"]},
    "euler": {"sampler": "euler"},
    "euler_ancestral": {"sampler": "euler_ancestral"},
    "ddim": {"sampler": "ddim"},
    "lcm": {"sampler": "lcm", "guidance_scale": UNGUIDED},
    "dpmpp_2m_sde": {"sampler": "dpmpp_2m_sde"},
}


@pytest.mark.parametrize("changes", CASES.values(), ids=CASES)
def test_a_seed_is_the_stock_pipelines_picture(
    light: LightEngine, stock: Any, changes: dict[str, Any]
) -> None:
    spec = make_spec(**{"num_inference_steps": 4} | changes)
    stock_of_sampler = with_sampler(stock, spec.sampler)
    painted = paint(light, [spec])[spec.id]
    assert_same(painted, paint_stock(stock_of_sampler, spec))


def with_sampler(pipeline: Any, name: str) -> Any:
    import copy

    from easel.text2image.engines.sampling import stock_scheduler

    changed = copy.copy(pipeline)
    changed.scheduler = stock_scheduler(pipeline.scheduler, name)
    return changed


class TestRowEquality(RowEqualityTests):
    """Company changes nothing, whichever library computes."""

    @pytest.fixture
    def engine(self, light: LightEngine) -> Any:
        return light

    @pytest.fixture
    def family(self, light: LightEngine) -> Any:
        return light._family

    @pytest.fixture(autouse=True)
    def _failing_graphs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A graph takes no hooks, as a module does."""
        monkeypatch.setattr(row_equality, "fails_at_second_call", graph_fails)


@contextmanager
def graph_fails(family: GraphStableDiffusion) -> Iterator[None]:
    calls, graph = itertools.count(1), family._denoiser

    def failing(**inputs: Any) -> Any:
        if next(calls) == 2:
            raise RuntimeError("broken")
        return graph(**inputs)

    family._denoiser = failing  # type: ignore[assignment]  # stands in for the graph
    try:
        yield
    finally:
        family._denoiser = graph


def test_exact_is_equal_to_the_bit_in_any_company(light: LightEngine) -> None:
    exact = make_spec(id="exact", is_exact=True, sampler="euler_ancestral")
    others = [make_spec(id=f"other {seed}", seed=seed) for seed in range(3)]
    alone = paint(light, [exact])["exact"]
    among = paint(light, [others[0], exact, *others[1:]])["exact"]
    assert among.image.tobytes() == alone.image.tobytes()


def test_previews_become_the_image(light: LightEngine) -> None:
    spec = make_spec(prompt="a rocket in space", width=256, height=256)
    spec = replace(spec, num_inference_steps=8)
    sample = light.begin(spec, light.plan(spec))
    previews = []
    for _ in range(sample.plan.steps):
        light.step([sample], max_rows=8)
        previews += light.previews([sample])
    (image,) = light.decode([sample]).result()
    assert isinstance(image, Image.Image)
    alike = [likeness(preview, image) for preview in previews if preview is not None]
    assert len(alike) == 8
    assert alike[-1] > 0.9
    assert alike[0] < alike[-1]


def likeness(preview: Image.Image, image: Image.Image) -> float:
    """Their pixels' correlation, from -1 to 1, at the preview's size."""
    small = image.resize(preview.size, Image.Resampling.BOX)
    pixels = [np.asarray(each, dtype=float).ravel() for each in (preview, small)]
    return float(np.corrcoef(pixels)[0, 1])


def test_numbers_that_are_no_image_fail_alone(light: LightEngine) -> None:
    samples = [light.begin(spec, light.plan(spec)) for spec in (make_spec(),) * 2]
    samples[0].own.latents[:] = np.nan
    samples[0].own.previous_clean[:] = np.nan
    assert light.previews(samples[:1])[0] is not None
    failed, image = light.decode(samples).result()
    assert not isinstance(failed, Image.Image)
    assert "no image" in str(failed)
    assert isinstance(image, Image.Image)


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"sampler": "lcm", "num_inference_steps": 60}, "num_inference_steps"),
        ({"source": source_image(masked=False, strength=0.1)}, "strength"),
    ],
)
def test_a_schedule_without_steps_is_refused_by_name(
    light: LightEngine, changes: dict[str, Any], param: str
) -> None:
    with pytest.raises(InvalidRequest, match=f"^{param}: ") as refusal:
        light.plan(make_spec(**changes))
    assert refusal.value.param == param


def test_a_prompt_that_is_cut_is_said_to_be(light: LightEngine) -> None:
    (warning,) = light.plan(make_spec(prompt="apple " * 30)).warnings
    assert warning == "The prompt is 32 tokens long; the model read the first 24."


def test_the_document_is_torchs_but_for_what_differs(light: LightEngine) -> None:
    torchs = describe_model(EMBEDDED_MODEL, LoadOptions("cpu", "auto", runtime="torch"))
    # These have no plan: they are diffusers' own schedulers.
    without_plan = {"unipc", "ddpm"}
    assert set(torchs.samplers) - set(light.model.samplers) == without_plan
    same = {
        "runtime": "onnx",
        "state": "ready",
        "samplers": tuple(n for n in torchs.samplers if n not in without_plan),
        "features": torchs.features.model_copy(update={"loras": False}),
    }
    assert light.model == torchs.model_copy(update=same)
