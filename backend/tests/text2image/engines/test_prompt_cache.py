from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from easel.text2image.engines.family import Conditioning, ModelFamily
from easel.text2image.engines.prompt_cache import PromptCache
from easel.text2image.engines.stable_diffusion import StableDiffusion
from easel.text2image.engines.stable_diffusion_xl import StableDiffusionXL
from tests.text2image.engines.driven_engine import (
    make_engine,
    make_spec,
    paint_alone,
)
from tests.text2image.engines.tiny_models import (
    load,
    save_stable_diffusion,
    save_stable_diffusion_xl,
)

FAMILIES: dict[str, tuple[Callable[..., Path], Callable[[Any], ModelFamily]]] = {
    "stable_diffusion": (save_stable_diffusion, StableDiffusion),
    "stable_diffusion_xl": (save_stable_diffusion_xl, StableDiffusionXL),
}


@pytest.fixture(scope="module", params=FAMILIES)
def family(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> ModelFamily:
    save, family_class = FAMILIES[request.param]
    return family_class(load(save(tmp_path_factory.mktemp("models") / "tiny")))


class Encoder:
    """Makes conditionings of `floats` numbers, and keeps what for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, name: str, floats: int = 1) -> Callable[[], Conditioning]:
        def encode() -> Conditioning:
            self.asked.append(name)
            return Conditioning({"prompt": torch.zeros(1, floats)})

        return encode


def test_what_was_asked_before_is_not_encoded_again() -> None:
    cache, encoder = PromptCache(), Encoder()
    first = cache.get("a", encoder("a"))
    assert cache.get("a", encoder("a")) is first
    assert cache.get("b", encoder("b")) is not first
    assert encoder.asked == ["a", "b"]
    assert (cache.hits, cache.misses) == (1, 2)


def test_the_least_recently_used_leave_when_bytes_run_out() -> None:
    cache, encoder = PromptCache(max_bytes=3 * 4), Encoder()
    for name in ("a", "b", "c"):
        cache.get(name, encoder(name))
    cache.get("a", encoder("a"))
    cache.get("d", encoder("d"))
    encoder.asked.clear()
    for name in ("a", "c", "d", "b"):
        cache.get(name, encoder(name))
    assert encoder.asked == ["b"]


def test_one_large_prompt_takes_the_place_of_many() -> None:
    cache, encoder = PromptCache(max_bytes=4 * 4), Encoder()
    for name in ("a", "b", "c"):
        cache.get(name, encoder(name))
    cache.get("large", encoder("large", floats=4))
    encoder.asked.clear()
    for name in ("large", "c"):
        cache.get(name, encoder(name))
    assert encoder.asked == ["c"]


def test_a_prompt_larger_than_all_is_kept_alone() -> None:
    cache, encoder = PromptCache(max_bytes=4), Encoder()
    cache.get("a", encoder("a"))
    cache.get("large", encoder("large", floats=100))
    cache.get("large", encoder("large", floats=100))
    assert encoder.asked == ["a", "large"]


def test_a_cleared_cache_counts_from_nothing() -> None:
    cache, encoder = PromptCache(max_bytes=2 * 4), Encoder()
    for name in ("a", "b"):
        cache.get(name, encoder(name))
    cache.clear()
    for name in ("a", "b", "a", "b"):
        cache.get(name, encoder(name))
    assert encoder.asked == ["a", "b"] * 2


def test_an_image_of_kept_prompts_is_the_same_image(family: ModelFamily) -> None:
    calls = 0

    def count(*_: Any) -> None:
        nonlocal calls
        calls += 1

    engine = make_engine(family)
    spec = make_spec(negative_prompt="grey")
    hook = family.pipeline.text_encoder.register_forward_pre_hook(count)
    try:
        first = paint_alone(engine, spec)
        assert calls == 2
        again = paint_alone(engine, spec)
        assert calls == 2
    finally:
        hook.remove()
    assert again.latents is not None
    assert first.latents is not None
    assert torch.equal(again.latents, first.latents)
    assert again.image.tobytes() == first.image.tobytes()


def test_one_text_means_another_thing_as_a_negative_prompt(
    family: ModelFamily,
) -> None:
    engine = make_engine(family)
    crossed = [("grey", "a cat"), ("a cat", "grey"), ("grey", None), ("grey", "")]
    for prompt, negative_prompt in crossed:
        spec = make_spec(prompt=prompt, negative_prompt=negative_prompt)
        fresh = paint_alone(make_engine(family), spec)
        assert paint_alone(engine, spec).image.tobytes() == fresh.image.tobytes()
