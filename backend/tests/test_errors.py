import inspect
import re

import pytest

from easel import errors
from easel.contract.errors import ErrorCode
from easel.errors import QueueFull, ServiceError

CLASSES = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, ServiceError)
]
CONCRETE = [kind for kind in CLASSES if hasattr(kind, "code")]


def test_every_code_has_exactly_one_error() -> None:
    assert sorted(kind.code for kind in CONCRETE) == sorted(ErrorCode)


@pytest.mark.parametrize("kind", CONCRETE)
def test_every_error_becomes_a_problem_document(kind: type[ServiceError]) -> None:
    document = kind("Why.", param="width", retry_after_s=2.0).problem("r1")
    assert document.status == kind.http_status
    assert document.code == kind.code
    assert document.type == f"urn:easel:problem:{kind.code}"
    assert document.title
    assert (document.detail, document.request_id) == ("Why.", "r1")
    assert (document.param, document.retry_after_s) == ("width", 2.0)


def test_the_tree_at_the_top_of_the_file_is_complete_and_right() -> None:
    drawn = dict(re.findall(r"── (\w+) *(\d{3})?", errors.__doc__ or ""))
    assert set(drawn) == {kind.__name__ for kind in CLASSES} - {"ServiceError"}
    for name, status in drawn.items():
        if status:
            assert getattr(errors, name).http_status == int(status)


def test_an_error_says_when_to_come_back_only_if_it_knows() -> None:
    assert QueueFull("Why.").problem("r1").retry_after_s is None
