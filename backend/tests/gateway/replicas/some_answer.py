"""Answers of a text-to-image server, as its replica learns from them."""

from types import SimpleNamespace
from typing import Any, cast

from multidict import CIMultiDict

from easel.gateway.upstream import HttpAnswer, UpstreamAnswer


def some_answer(status: int, **headers: str) -> UpstreamAnswer:
    """Status and headers only; underscores in their names are hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response = SimpleNamespace(
        status=status, content_type="application/json", headers=CIMultiDict(named)
    )
    return HttpAnswer(cast(Any, response))
