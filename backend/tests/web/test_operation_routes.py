from collections.abc import Awaitable, Callable

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from easel.errors import ModelLoading, ServiceError
from easel.web.operation_routes import operation_router
from easel.web.problems import install_problem_handlers

Verdict = ServiceError | None


def client(not_ready: Callable[[], Verdict | Awaitable[Verdict]]) -> TestClient:
    app = FastAPI()
    install_problem_handlers(app)
    app.include_router(operation_router(not_ready=not_ready, metrics=lambda: b"x 1\n"))
    return TestClient(app)


async def ready_after_asking() -> Verdict:
    return None


async def loading_after_asking() -> Verdict:
    return ModelLoading("Loading.", retry_after_s=5)


@pytest.mark.parametrize("not_ready", [lambda: None, ready_after_asking])
def test_ready_is_a_200(not_ready: Callable[[], Verdict | Awaitable[Verdict]]) -> None:
    answer = client(not_ready).get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


@pytest.mark.parametrize(
    "not_ready", [lambda: ModelLoading("Loading."), loading_after_asking]
)
def test_not_ready_is_a_503_that_says_why(
    not_ready: Callable[[], Verdict | Awaitable[Verdict]],
) -> None:
    answer = client(not_ready).get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "model_loading")


def test_a_process_that_is_not_ready_is_alive() -> None:
    answer = client(lambda: ModelLoading("Loading.")).get("/livez")
    assert answer.json() == {"status": "alive"}


def test_metrics_are_prometheus_text() -> None:
    answer = client(lambda: None).get("/metrics")
    assert answer.text == "x 1\n"
    assert answer.headers["content-type"].startswith("text/plain; version=")
