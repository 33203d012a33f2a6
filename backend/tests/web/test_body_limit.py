from collections.abc import Iterator

import pytest
from fastapi import FastAPI, Request
from starlette.testclient import TestClient

from easel.web.body_limit import BodyLimit
from easel.web.problems import install_problem_handlers


@pytest.fixture
def client() -> TestClient:
    app = FastAPI()
    install_problem_handlers(app)
    app.add_middleware(BodyLimit, limit_bytes=100)

    @app.post("/length")
    async def length(request: Request) -> int:
        return len(await request.body())

    return TestClient(app)


def chunks(count: int) -> Iterator[bytes]:
    for _ in range(count):
        yield b"x" * 50


def test_a_body_at_the_limit_is_read(client: TestClient) -> None:
    assert client.post("/length", content=b"x" * 100).json() == 100
    assert client.post("/length", content=chunks(2)).json() == 100


def test_a_body_over_the_limit_is_refused_by_its_declared_length(
    client: TestClient,
) -> None:
    answer = client.post("/length", content=b"x" * 101)
    assert answer.status_code == 413
    assert answer.json()["detail"] == "The body is 101 bytes; the limit is 100 bytes."


def test_a_body_of_unknown_length_is_refused_when_it_is_over(
    client: TestClient,
) -> None:
    answer = client.post("/length", content=chunks(3))
    assert answer.status_code == 413
    assert answer.json()["code"] == "body_too_large"
