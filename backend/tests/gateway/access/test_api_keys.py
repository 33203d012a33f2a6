import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from easel.gateway.access.api_keys import (
    KeyRecord,
    KeyTerms,
    decode_record,
    encode_record,
    revoked,
    rotated,
    secret_hash,
    secret_holds_until,
)
from easel.gateway.access.callers import CallerLimits
from tests.gateway.access.access_rig import PEPPER

MOMENTS = st.floats(0, 1e10)
LIMITS = st.builds(
    CallerLimits,
    rate=st.none() | st.just("60/minute"),
    max_concurrent=st.none() | st.integers(1),
    images_per_day=st.none() | st.integers(1),
)
TERMS = st.builds(
    KeyTerms,
    name=st.text(),
    scopes=st.frozensets(st.sampled_from(["generate", "admin"])),
    models=st.none() | st.frozensets(st.text(), max_size=3),
    expires_at=st.none() | MOMENTS,
    weight=st.floats(0.01, 100),
    limits=LIMITS,
)
RECORDS = st.builds(
    KeyRecord,
    public_id=st.text(),
    secret_hash=st.text(),
    terms=TERMS,
    created_at=MOMENTS,
    revoked_at=st.none() | MOMENTS,
    previous_hash=st.none() | st.text(),
    previous_until=st.none() | MOMENTS,
)


def some_record(secret: str = "old") -> KeyRecord:
    return KeyRecord(
        public_id="abcdefgh",
        secret_hash=secret_hash(PEPPER, secret),
        terms=KeyTerms(name="studio"),
        created_at=0.0,
    )


@given(RECORDS)
def test_a_record_survives_the_store(record: KeyRecord) -> None:
    assert decode_record(encode_record(record)) == record


@given(st.binary())
def test_anything_else_in_the_store_is_an_error_that_does_not_quote_it(
    value: bytes,
) -> None:
    with pytest.raises(ValueError, match=r"^not an API key's record$"):
        decode_record(value)


def test_a_record_of_a_newer_version_is_read() -> None:
    document = json.loads(encode_record(some_record()))
    document["later"] = "unknown"
    assert decode_record(json.dumps(document).encode()) == some_record()


def test_a_secret_is_not_in_the_record() -> None:
    assert b"my secret" not in encode_record(some_record("my secret"))
    assert secret_hash(PEPPER, "my secret") not in repr(some_record("my secret"))


def test_a_secret_means_nothing_under_another_pepper() -> None:
    record = some_record("secret")
    other = secret_hash(b"another pepper", "secret")
    assert secret_holds_until(record, other) is None


def test_after_rotation_the_old_secret_holds_for_the_overlap() -> None:
    record = rotated(
        some_record("old"), secret_hash(PEPPER, "new"), now_s=100.0, overlap_s=60.0
    )
    assert secret_holds_until(record, secret_hash(PEPPER, "new")) == float("inf")
    assert secret_holds_until(record, secret_hash(PEPPER, "old")) == 160.0


def test_a_second_rotation_ends_the_oldest_secret() -> None:
    record = some_record("oldest")
    for secret in ("old", "new"):
        record = rotated(record, secret_hash(PEPPER, secret), now_s=0.0, overlap_s=60.0)
    assert secret_holds_until(record, secret_hash(PEPPER, "oldest")) is None
    assert secret_holds_until(record, secret_hash(PEPPER, "old")) == 60.0


def test_a_key_ends_at_its_time() -> None:
    record = some_record()
    record = replace(record, terms=replace(record.terms, expires_at=50.0))
    assert record.state(49.9) == "active"
    assert record.state(50.0) == "expired"


def test_revoking_twice_keeps_the_first_time() -> None:
    record = revoked(revoked(some_record(), 1.0), 2.0)
    assert record.revoked_at == 1.0
    assert record.state(0.0) == "revoked"


def test_a_key_becomes_a_caller_with_its_terms() -> None:
    terms = KeyTerms(
        name="batch",
        scopes=frozenset({"generate", "admin"}),
        models=frozenset({"tiny"}),
        weight=2.0,
        limits=CallerLimits(rate="1/second"),
    )
    caller = replace(some_record(), terms=terms).caller()
    assert (caller.id, caller.is_anonymous, caller.weight) == ("abcdefgh", False, 2.0)
    assert (caller.scopes, caller.models) == (terms.scopes, terms.models)
    assert caller.limits == terms.limits
