"""One denoiser pass: which rows it has, in which order, in how many parts."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch

from easel.errors import OutOfMemory
from easel.text2image.engines.family import (
    Conditioning,
    ModelFamily,
    Rows,
    guided,
    stacked,
)
from easel.text2image.engines.forward import COMPILED_ROWS, Forward, ForwardSample
from easel.text2image.engines.stable_diffusion import StableDiffusion
from easel.text2image.engines.torch_arrays import TORCH
from tests.text2image.engines.driven_engine import (
    Painted,
    Painting,
    assert_same,
    latents_of,
    make_engine,
    make_spec,
    mixed_specs,
    paint_alone,
)
from tests.text2image.engines.tiny_models import load, save_stable_diffusion

# diffusers' schedulers hand torch tensors to NumPy 2 in a way that it deprecates.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"
)

SIZE = (16, 8)


@dataclass
class LinearFamily:
    """Predicts latents times the prompt's number, and keeps what it was given."""

    seen: list[Rows] = field(default_factory=list)
    stacks: int = 0

    def stack(self, conditionings: Sequence[Conditioning]) -> dict[str, torch.Tensor]:
        self.stacks += 1
        return stacked(conditionings, TORCH)

    def predict(self, rows: Rows) -> torch.Tensor:
        self.seen.append(rows)
        numbers: torch.Tensor = rows.conditioning["prompt"]
        predicted: torch.Tensor = rows.latents * numbers.view(-1, 1, 1, 1)
        return predicted

    def guide(
        self, positive: torch.Tensor, negative: torch.Tensor, scales: torch.Tensor
    ) -> torch.Tensor:
        return guided(positive, negative, scales)


@pytest.fixture
def linear() -> LinearFamily:
    return LinearFamily()


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> ModelFamily:
    folder: Path = tmp_path_factory.mktemp("models") / "tiny"
    return StableDiffusion(load(save_stable_diffusion(folder)))


def make_forward(family: Any, *, compiled: bool = False) -> Forward:
    return Forward(family, TORCH, compiled=compiled)


def prompt(number: float) -> Conditioning:
    return Conditioning({"prompt": torch.tensor([number])})


def make_sample(
    positive: float, negative: float | None = None, scale: float = 2.0
) -> ForwardSample:
    return ForwardSample(
        timestep=positive * 10,
        guidance_scale=scale,
        positive=prompt(positive),
        negative=None if negative is None else prompt(negative),
    )


def ones(count: int) -> torch.Tensor:
    return torch.ones(count, 1, 1, 1)


MIXED = [make_sample(3.0, 1.0), make_sample(5.0), make_sample(7.0, 2.0, scale=3.0)]
# Guided: negative + scale x (positive - negative).
PREDICTED = [1.0 + 2.0 * (3.0 - 1.0), 5.0, 2.0 + 3.0 * (7.0 - 2.0)]


def test_guidance_takes_two_rows_and_its_absence_one(linear: LinearFamily) -> None:
    output = make_forward(linear)(MIXED, ones(3), SIZE, 64)
    assert output.flatten().tolist() == PREDICTED
    (rows,) = linear.seen
    # Negatives first, as stock pipelines have them.
    assert rows.conditioning["prompt"].tolist() == [1, 2, 3, 5, 7]
    assert rows.timesteps.tolist() == [30, 70, 30, 50, 70]
    assert rows.guidance_scales.tolist() == [2, 3, 2, 2, 3]
    assert (rows.width, rows.height) == SIZE


@pytest.mark.parametrize(
    "samples", [MIXED[:1], MIXED[1:2], MIXED[:2], [MIXED[0], MIXED[2]]]
)
def test_all_none_and_some_guided_agree(
    linear: LinearFamily, samples: list[ForwardSample]
) -> None:
    output = make_forward(linear)(samples, ones(len(samples)), SIZE, 64)
    expected = [PREDICTED[MIXED.index(sample)] for sample in samples]
    assert output.flatten().tolist() == expected


@pytest.mark.parametrize("max_rows", [1, 2, 3, 4])
def test_no_part_has_more_rows_than_it_may(linear: LinearFamily, max_rows: int) -> None:
    output = make_forward(linear)(MIXED, ones(3), SIZE, max_rows)
    assert output.flatten().tolist() == PREDICTED
    sizes = [len(rows.latents) for rows in linear.seen]
    assert sum(sizes) == 5
    assert max(sizes) == max_rows


@pytest.mark.parametrize(("count", "padded"), [(1, 1), (3, 4), (5, 8), (65, 65)])
def test_compiled_rows_are_filled_up_to_a_size_that_has_a_graph(
    linear: LinearFamily, count: int, padded: int
) -> None:
    samples = [make_sample(float(number)) for number in range(count)]
    output = make_forward(linear, compiled=True)(samples, ones(count), SIZE, 128)
    assert output.flatten().tolist() == list(range(count))
    (rows,) = linear.seen
    columns = (rows.latents, rows.timesteps, rows.guidance_scales)
    assert {len(column) for column in columns} == {padded}
    assert len(rows.conditioning["prompt"]) == padded
    assert padded in COMPILED_ROWS or padded > COMPILED_ROWS[-1]


def test_filled_up_rows_change_no_images(tiny: ModelFamily) -> None:
    specs = mixed_specs(3)
    samples = [
        ForwardSample(
            timestep=100.0 * (place + 1),
            guidance_scale=spec.guidance_scale,
            positive=tiny.encode(spec, negative=False),
            negative=tiny.encode(spec, negative=True) if spec.guidance_scale else None,
        )
        for place, spec in enumerate(specs)
    ]
    inputs = torch.randn(3, 4, 16, 16, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        plain, compiled = (
            make_forward(tiny, compiled=each)(samples, inputs, SIZE, 64)
            for each in (False, True)
        )
    assert torch.allclose(plain, compiled, atol=1e-5)


def test_conditionings_are_stacked_again_only_when_the_rows_change(
    linear: LinearFamily,
) -> None:
    forward = make_forward(linear)
    for _ in range(3):
        forward(MIXED, ones(3), SIZE, 64)
    assert linear.stacks == 1
    forward(MIXED[:2], ones(2), SIZE, 64)
    assert linear.stacks == 2
    forward.forget()
    forward(MIXED[:2], ones(2), SIZE, 64)
    assert linear.stacks == 3


@contextmanager
def memory_for(family: ModelFamily, max_rows: int) -> Iterator[None]:
    """A denoiser that runs out of memory above `max_rows` rows."""

    def check(_: Any, args: tuple[Any, ...]) -> None:
        if len(args[0]) > max_rows:
            raise torch.OutOfMemoryError("CUDA out of memory")

    hook = family.denoiser.register_forward_pre_hook(check)
    try:
        yield
    finally:
        hook.remove()


def test_what_did_not_fit_goes_on_in_parts_as_if_nothing_had_happened(
    tiny: ModelFamily,
) -> None:
    engine = make_engine(tiny)
    specs = [
        make_spec(id=name, seed=seed, sampler=name, width=32, height=32)
        for seed, name in enumerate(("euler_ancestral", "heun", "default"))
    ]
    samples = [engine.begin(spec, engine.plan(spec)) for spec in specs]
    engine.step(samples, max_rows=64)
    with memory_for(tiny, 4):
        with pytest.raises(OutOfMemory, match="3 image"):
            engine.step(samples, max_rows=64)
        assert [sample.steps_done for sample in samples] == [1, 1, 1]
        while running := [
            sample for sample in samples if sample.steps_done < sample.plan.steps
        ]:
            engine.step(running, max_rows=4)
    images: list[Any] = engine.decode(samples).result()
    for spec, sample, image in zip(specs, samples, images, strict=True):
        painted = Painted(image, latents_of(sample))
        assert_same(painted, paint_alone(engine, spec))


def test_a_neighbour_that_cannot_begin_changes_nothing(
    tiny: ModelFamily, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = make_engine(tiny)
    spec = make_spec()
    (expected,) = Painting(engine)([spec]).values()
    sample = engine.begin(spec, engine.plan(spec))
    engine.step([sample], max_rows=64)
    other = make_spec(id="other", prompt="never seen")
    with monkeypatch.context() as patched:
        patched.setattr(tiny.pipeline.text_encoder, "forward", out_of_memory)
        with pytest.raises(OutOfMemory, match="prompt"):
            engine.begin(other, engine.plan(other))
    while sample.steps_done < sample.plan.steps:
        engine.step([sample], max_rows=64)
    images: list[Any] = engine.decode([sample]).result()
    assert_same(Painted(images[0], latents_of(sample)), expected)


def out_of_memory(*_: Any, **__: Any) -> Any:
    raise torch.OutOfMemoryError("CUDA out of memory")
