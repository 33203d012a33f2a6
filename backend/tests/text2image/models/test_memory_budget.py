from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from easel.text2image.models.memory_budget import (
    ResidentModel,
    evictions,
    why_it_never_fits,
)


def resident(
    model: str, size: int, used_at_s: float, *, is_in_use: bool = False
) -> ResidentModel:
    return ResidentModel(model, size, used_at_s, is_in_use)


residents = st.lists(
    st.builds(
        ResidentModel,
        id=st.uuids().map(str),
        weight_bytes=st.integers(0, 50),
        used_at_s=st.floats(0, 100),
        is_in_use=st.booleans(),
    ),
    max_size=7,
    unique_by=lambda each: each.id,
)


def test_nothing_is_unloaded_while_there_is_room() -> None:
    assert evictions(4, [resident("a", 6, 0)], 10) == ()


def test_the_least_recently_used_goes_first() -> None:
    models = [resident("new", 5, 9), resident("old", 5, 1)]
    assert evictions(5, models, 10) == ("old",)


def test_one_in_use_stays_even_if_it_is_the_oldest() -> None:
    models = [resident("old", 5, 1, is_in_use=True), resident("new", 5, 9)]
    assert evictions(5, models, 10) == ("new",)


def test_while_those_in_use_fill_the_device_there_is_no_room() -> None:
    assert evictions(6, [resident("a", 5, 0, is_in_use=True)], 10) is None


def test_a_small_model_stays_if_a_larger_one_must_go_anyway() -> None:
    models = [resident("small", 1, 0), resident("large", 9, 1)]
    assert evictions(9, models, 10) == ("large",)


def test_a_model_larger_than_the_device_is_said_to_be() -> None:
    assert why_it_never_fits("flux", 10, 10) is None
    reason = why_it_never_fits("flux", 24 * 2**30, 8 * 2**30)
    assert reason == ("'flux' needs 24.0 GiB and all models together may take 8.0 GiB")


@given(residents, st.integers(0, 100), st.integers(0, 200))
def test_what_is_left_fits_and_nothing_was_unloaded_in_vain(
    models: list[ResidentModel], needed: int, limit: int
) -> None:
    chosen = evictions(needed, models, limit)
    sizes = {each.id: each.weight_bytes for each in models}
    if chosen is None:
        in_use = sum(each.weight_bytes for each in models if each.is_in_use)
        assert in_use + needed > limit
        return
    left = sum(sizes.values()) - sum(sizes[each] for each in chosen)
    assert left + needed <= limit
    assert all(left + sizes[each] + needed > limit for each in chosen)
    assert not {each.id for each in models if each.is_in_use} & set(chosen)
    assert len(set(chosen)) == len(chosen)


@given(residents, st.integers(0, 100), st.integers(0, 200))
def test_there_is_a_choice_exactly_if_any_would_do(
    models: list[ResidentModel], needed: int, limit: int
) -> None:
    idle = [each for each in models if not each.is_in_use]
    total = sum(each.weight_bytes for each in models)
    possible = any(
        total - sum(each.weight_bytes for each in some) + needed <= limit
        for count in range(len(idle) + 1)
        for some in combinations(idle, count)
    )
    assert (evictions(needed, models, limit) is not None) == possible
