import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.testclient import TestClient

from easel.errors import QueueFull
from easel.telemetry.request_id import adopt_request_id
from easel.web.problems import install_problem_handlers


class Item(BaseModel):
    name: str
    sizes: list[int] = []


@pytest.fixture
def client() -> TestClient:
    adopt_request_id("r1")
    app = FastAPI()
    install_problem_handlers(app)

    @app.post("/items")
    async def create(item: Item) -> None:
        if item.name == "full":
            raise QueueFull("32 wait.", retry_after_s=1.2)
        raise HTTPException(418, "short and stout")

    return TestClient(app)


def test_an_error_of_ours_is_its_problem_document(client: TestClient) -> None:
    answer = client.post("/items", json={"name": "full"})
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "2"
    assert answer.json() == {
        "type": "urn:easel:problem:queue_full",
        "title": "The queue is full",
        "status": 503,
        "detail": "32 wait.",
        "code": "queue_full",
        "request_id": "r1",
        "retry_after_s": 1.2,
    }


def test_all_faults_of_a_body_are_said_and_the_first_is_the_param(
    client: TestClient,
) -> None:
    document = client.post("/items", json={"sizes": [1, "x"]}).json()
    assert document["param"] == "name"
    assert "name: field required" in document["detail"]
    assert "sizes.1: input should be a valid integer" in document["detail"]


def test_a_framework_error_that_we_do_not_know_is_still_a_problem(
    client: TestClient,
) -> None:
    answer = client.post("/items", json={"name": "teapot"})
    assert answer.headers["content-type"] == "application/problem+json"
