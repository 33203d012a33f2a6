import base64
import io

from PIL import Image

from easel.clock import ManualClock
from easel.text2image.images.preview_pacer import PreviewPacer
from easel.text2image.images.previews import preview_url


def due(
    pacer: PreviewPacer, clock: ManualClock, steps: int, step_s: float
) -> list[int]:
    found = []
    for step in range(1, steps + 1):
        clock.advance(step_s)
        if pacer.is_due(step):
            found.append(step)
    return found


def test_a_fast_generation_still_has_a_handful_of_previews() -> None:
    clock = ManualClock()
    pacer = PreviewPacer(30, clock, interval_s=1, least=6)
    assert due(pacer, clock, 30, 0.001) == [5, 10, 15, 20, 25]


def test_a_slow_generation_has_one_at_every_interval() -> None:
    clock = ManualClock()
    pacer = PreviewPacer(50, clock, interval_s=1, least=5)
    assert due(pacer, clock, 9, 0.5) == [2, 4, 6, 8]


def test_there_is_no_preview_after_the_last_step() -> None:
    clock = ManualClock()
    pacer = PreviewPacer(1, clock)
    assert due(pacer, clock, 1, 100) == []


def test_a_preview_is_small_and_keeps_its_shape() -> None:
    url = preview_url(Image.new("RGB", (1024, 512)))
    assert url.startswith("data:image/jpeg;base64,")
    image = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))
    assert image.size == (256, 128)
