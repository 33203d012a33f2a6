import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from easel.gateway.access.key_texts import (
    KeyText,
    new_key_text,
    parse_key_text,
    with_new_secret,
)

LETTERS = st.sampled_from(string.ascii_letters + string.digits)


def texts() -> st.SearchStrategy[KeyText]:
    return st.builds(
        KeyText,
        st.text(LETTERS, min_size=8, max_size=8),
        st.text(LETTERS, min_size=43, max_size=43),
    )


def test_a_key_has_the_documented_form() -> None:
    prefix, public_id, secret, checksum = new_key_text().reveal().split("_")
    assert prefix == "easel"
    assert [len(public_id), len(secret), len(checksum)] == [8, 43, 6]
    assert (public_id + secret + checksum).isalnum()


def test_no_two_keys_are_equal() -> None:
    assert len({new_key_text() for _ in range(100)}) == 100


def test_a_new_secret_keeps_the_public_id() -> None:
    old = new_key_text()
    new = with_new_secret(old.public_id)
    assert new.public_id == old.public_id
    assert new.secret != old.secret


def test_a_secret_is_not_shown_by_accident() -> None:
    key = new_key_text()
    assert key.secret not in f"{key} {key!r}"


@given(texts())
def test_what_is_revealed_is_read(key: KeyText) -> None:
    assert parse_key_text(key.reveal()) == key


@given(texts(), st.integers(0, 64), LETTERS)
def test_one_wrong_letter_is_noticed(key: KeyText, at: int, letter: str) -> None:
    text = key.reveal()
    wrong = text[:at] + letter + text[at + 1 :]
    assert wrong == text or parse_key_text(wrong) is None


@given(texts(), st.integers(0, 63))
def test_two_letters_the_wrong_way_round_are_noticed(key: KeyText, at: int) -> None:
    text = key.reveal()
    wrong = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    assert wrong == text or parse_key_text(wrong) is None


@given(st.text())
def test_other_text_is_no_key(text: str) -> None:
    assert parse_key_text(text) is None


@pytest.mark.parametrize("text", ["", "easel_", "sk-123", "easel_" + "é" * 59])
def test_what_other_services_call_a_key_is_none(text: str) -> None:
    assert parse_key_text(text) is None
