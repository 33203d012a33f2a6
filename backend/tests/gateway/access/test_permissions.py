import pytest

from easel.errors import Forbidden
from easel.gateway.access.callers import Caller, KeyScope
from easel.gateway.access.permissions import (
    check_model,
    check_scope,
    is_loopback,
    scope_needed,
)


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/models", None),
        ("GET", "/models/tiny/load", None),
        ("GET", "/v1/usage", None),
        ("HEAD", "/generations/a/images/0", None),
        ("POST", "/generate", "generate"),
        ("DELETE", "/generations/a", "generate"),
        ("POST", "/v1/images/generations", "generate"),
        ("POST", "/models/tiny/load", "admin"),
        ("POST", "/models/company/tiny/unload", "admin"),
        ("POST", "/models/company/tiny/tokens", None),
        ("POST", "/generations/tokens", "generate"),
        ("POST", "/admin/drain", "admin"),
        ("GET", "/admin/keys", "admin"),
        ("GET", "/admin", "admin"),
        ("POST", "/administration", "generate"),
    ],
)
def test_what_a_key_must_be_made_for(
    method: str, path: str, scope: KeyScope | None
) -> None:
    assert scope_needed(method, path) == scope


def test_each_scope_allows_its_own_only() -> None:
    painter = Caller(id="p", scopes=frozenset({"generate"}))
    admin = Caller(id="a", scopes=frozenset({"admin"}))
    check_scope(painter, "POST", "/generate")
    check_scope(admin, "POST", "/admin/drain")
    check_scope(admin, "GET", "/models")
    with pytest.raises(Forbidden, match="scope admin"):
        check_scope(painter, "POST", "/admin/drain")
    with pytest.raises(Forbidden, match="scope generate"):
        check_scope(admin, "POST", "/generate")


def test_a_key_may_use_the_models_of_its_list() -> None:
    check_model(Caller(id="a"), "any")
    some = Caller(id="a", models=frozenset({"tiny"}))
    check_model(some, "tiny")
    with pytest.raises(Forbidden) as caught:
        check_model(some, "large")
    assert caught.value.param == "model"


@pytest.mark.parametrize(
    ("host", "is_it"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("localhost", False),
        ("unknown", False),
    ],
)
def test_loopback_is_told_by_address(host: str, is_it: bool) -> None:
    assert is_loopback(host) is is_it
