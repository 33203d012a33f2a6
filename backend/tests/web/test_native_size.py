import pytest
from hypothesis import given
from hypothesis import strategies as st

from easel.contract.generations import NativeSize
from easel.contract.models import SizeSupport
from easel.web.native_size import Size, covering_crop, painted_size

SQUARE, WIDE, TALL = (128, 128), (160, 96), (96, 160)

sides = st.integers(min_value=96, max_value=2048)


def sizes(*, enlarges: bool) -> SizeSupport:
    native = tuple(NativeSize(width=w, height=h) for w, h in (SQUARE, WIDE, TALL))
    return SizeSupport(
        minimum=96, maximum=2048, multiple_of=8, native=native, enlarges=enlarges
    )


@pytest.mark.parametrize(
    ("asked", "painted"),
    [
        (Size(1024, 1024), SQUARE),
        (Size(1024, 600), WIDE),
        (Size(600, 1024), TALL),
        (Size(512, 480), SQUARE),
        (Size(2048, 128), WIDE),
    ],
)
def test_the_nearest_native_shape_is_painted(
    asked: Size, painted: tuple[int, int]
) -> None:
    assert painted_size(asked, sizes(enlarges=True)) == Size(*painted)


def test_a_model_that_takes_any_size_paints_what_was_asked() -> None:
    assert painted_size(Size(640, 352), sizes(enlarges=False)) == Size(640, 352)


@given(width=sides, height=sides)
def test_the_crop_has_the_asked_shape_and_lies_inside(width: int, height: int) -> None:
    painted = painted_size(Size(width, height), sizes(enlarges=True))
    left, top, right, bottom = covering_crop(painted, Size(width, height))
    assert (right - left) / (bottom - top) == pytest.approx(width / height)
    assert left >= -1e-9
    assert top >= -1e-9
    assert right <= painted.width + 1e-9
    assert bottom <= painted.height + 1e-9
    touches = right - left == pytest.approx(painted.width) or (
        bottom - top == pytest.approx(painted.height)
    )
    assert touches
