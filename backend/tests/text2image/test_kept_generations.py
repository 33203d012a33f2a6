from pathlib import Path

import pytest

from easel.clock import ManualClock
from easel.errors import EngineFailed, GenerationNotFound
from easel.text2image.image_files import ImageFiles
from easel.text2image.kept_generations import KeptGenerations
from tests.text2image.some_generation import some_generation


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def files(tmp_path: Path) -> ImageFiles:
    return ImageFiles(tmp_path / "images")


def kept_generations(
    files: ImageFiles, clock: ManualClock, *, max_ended: int = 10
) -> KeptGenerations:
    return KeptGenerations(files, clock, ttl_s=60, max_ended=max_ended)


def test_an_ended_generation_is_forgotten_after_its_time(
    files: ImageFiles, clock: ManualClock, tmp_path: Path
) -> None:
    kept = kept_generations(files, clock)
    live = some_generation("gen_a")
    kept.add(live)
    live.fail(EngineFailed("no"), clock.now())
    image = tmp_path / "images" / "gen_a" / "0.png"
    image.parent.mkdir()
    image.write_bytes(b"")
    clock.advance(59)
    assert kept.find("gen_a") is live
    clock.advance(1)
    with pytest.raises(GenerationNotFound):
        kept.find("gen_a")
    assert not image.exists()


def test_what_has_not_ended_is_never_forgotten(
    files: ImageFiles, clock: ManualClock
) -> None:
    kept = kept_generations(files, clock, max_ended=1)
    live = some_generation("gen_a")
    kept.add(live)
    clock.advance(10_000)
    assert kept.find("gen_a") is live


def test_the_oldest_go_when_there_are_too_many(
    files: ImageFiles, clock: ManualClock
) -> None:
    kept = kept_generations(files, clock, max_ended=2)
    for name in ("gen_a", "gen_b", "gen_c"):
        live = some_generation(name)
        kept.add(live)
        live.cancel("requested", clock.now())
    with pytest.raises(GenerationNotFound, match="gen_a"):
        kept.find("gen_a")
    assert kept.find("gen_b").id == "gen_b"
    assert kept.find("gen_c").id == "gen_c"
