import json

import pytest

from easel.gateway.foreign.automatic1111_words import (
    Info,
    info_of,
    offered_samplers,
    words,
)

SCHEDULES = frozenset({"automatic", "uniform", "karras"})


def test_samplers_are_known_by_any_of_their_names() -> None:
    # As stable-diffusion.cpp lists its own.
    listed = [{"name": "euler_a", "aliases": ["Euler A"]}, {"name": "lcm"}]
    found = words(listed, "name", "aliases")
    assert offered_samplers(found, SCHEDULES) == ("euler_ancestral", "lcm")


def test_a_sampler_that_needs_a_schedule_needs_it_there() -> None:
    found = frozenset({"dpm++ 2m"})
    both = ("dpmpp_2m_karras", "dpmpp_2m")
    assert offered_samplers(found, SCHEDULES) == both
    assert offered_samplers(found, frozenset()) == ()


def test_the_default_comes_first_and_nothing_twice() -> None:
    offered = offered_samplers(frozenset({"ddim", "euler"}), frozenset())
    assert offered == ("euler", "ddim")


@pytest.mark.parametrize("items", [None, {}, "x", [1], [{"name": None}], [{}]])
def test_what_is_no_list_names_nothing(items: object) -> None:
    assert words(items, "name") == frozenset()


@pytest.mark.parametrize(
    ("info", "read"),
    [
        ({"all_seeds": [1, 2], "index_of_first_image": 1}, Info(1, (1, 2))),
        ({"all_seeds": [1, -1]}, Info(0, ())),
        ({"all_seeds": "1"}, Info()),
        ({"index_of_first_image": -3}, Info()),
        ([], Info()),
    ],
)
def test_info(info: object, read: Info) -> None:
    assert info_of(json.dumps(info)) == read


@pytest.mark.parametrize("text", [None, 3, "", "{", {"all_seeds": [1]}])
def test_info_that_is_none(text: object) -> None:
    assert info_of(text) == Info()
