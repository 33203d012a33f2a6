from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from easel.clock import ManualClock
from easel.errors import Forbidden, LinkExpired
from easel.gateway.access.signed_links import SignedLinks, is_signed
from tests.gateway.access.access_rig import NOON, PEPPER

PATH = "/generations/gen_a_1/images/0"


def split(link: str) -> tuple[str, bytes]:
    parts = urlsplit(link)
    return parts.path, parts.query.encode()


def links(now_s: float = NOON, pepper: bytes = PEPPER) -> SignedLinks:
    return SignedLinks(pepper, ManualClock(now_s))


@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1))
def test_a_link_stands_for_who_made_it(caller: str) -> None:
    path, query = split(links().sign(PATH, caller, ttl_s=60.0))
    assert links().caller_id(path, query) == caller


def test_other_fields_of_the_query_are_free() -> None:
    path, query = split(links().sign(PATH, "abcdefgh", ttl_s=60.0))
    assert links().caller_id(path, b"width=128&" + query) == "abcdefgh"


def test_a_link_ends() -> None:
    path, query = split(links().sign(PATH, "abcdefgh", ttl_s=60.0))
    assert links(NOON + 59.0).caller_id(path, query) == "abcdefgh"
    with pytest.raises(LinkExpired):
        links(NOON + 60.0).caller_id(path, query)


def test_a_link_opens_no_other_image() -> None:
    _, query = split(links().sign(PATH, "abcdefgh", ttl_s=60.0))
    with pytest.raises(Forbidden, match="does not hold"):
        links().caller_id("/generations/gen_a_1/images/1", query)


def test_a_link_of_another_gateway_does_not_hold() -> None:
    path, query = split(links(pepper=b"another").sign(PATH, "abcdefgh", ttl_s=60.0))
    with pytest.raises(Forbidden):
        links().caller_id(path, query)


@given(st.integers(0, 200), st.integers(33, 126))
def test_no_change_of_the_query_is_let_through(at: int, byte: int) -> None:
    path, query = split(links().sign(PATH, "abcdefgh", ttl_s=60.0))
    at %= len(query)
    changed = query[:at] + bytes([byte]) + query[at + 1 :]
    if changed == query:
        return
    with pytest.raises(Forbidden):
        links().caller_id(path, changed)


@given(st.binary())
def test_a_query_of_anything_is_refused(query: bytes) -> None:
    with pytest.raises(Forbidden):
        links().caller_id(PATH, query)


def test_a_boundary_between_fields_cannot_be_moved() -> None:
    made = SignedLinks(PEPPER, ManualClock(NOON))
    assert made._signature("/a", "1", "2") != made._signature("/a\n1", "2", "")
    assert made._signature("/a", "12", "3") != made._signature("/a", "1", "23")


@pytest.mark.parametrize(
    ("method", "path", "query", "is_it"),
    [
        ("GET", PATH, b"expires=1&caller=a&signature=b", True),
        ("HEAD", PATH, b"signature=", True),
        ("GET", PATH, b"width=128", False),
        ("DELETE", PATH, b"signature=b", False),
        ("GET", "/generations/gen_a_1", b"signature=b", False),
        ("GET", "/admin/a/images/0", b"signature=b", False),
    ],
)
def test_only_an_image_is_judged_by_its_signature(
    method: str, path: str, query: bytes, is_it: bool
) -> None:
    assert is_signed(method, path, query) is is_it
