from typing import Any

import httpx2
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from easel.contract.errors import Problem
from easel.errors import QueueFull
from easel.gateway.facades.dialect import Dialect, Dialects
from easel.web.head_requests import HeadRequests
from easel.web.problems import problem_response


def in_pirate(problem: Problem) -> Response:
    said = {"arr": problem.detail}
    return JSONResponse(said, status_code=418, headers={"X-Parrot": "yes"})


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuses at every path but `/pirate/treasure`."""
    answer: Response = PlainTextResponse("gold")
    if Request(scope).url.path != "/pirate/treasure":
        error = QueueFull("No room.", retry_after_s=7)
        answer = problem_response(error, {"Allow": "GET", "X-Request-Id": "r1"})
    await answer(scope, receive, send)


PIRATE = Dialect(speaks=lambda path: path.startswith("/pirate"), render=in_pirate)


async def ask(path: str, method: str = "GET") -> httpx2.Response:
    wrapped: Any = Dialects(HeadRequests(app), dialects=[PIRATE])
    transport = httpx2.ASGITransport(app=wrapped)
    async with httpx2.AsyncClient(transport=transport, base_url="http://x") as client:
        return await client.request(method, path)


async def test_a_problem_is_told_in_the_dialect_of_the_path() -> None:
    answer = await ask("/pirate/ship")
    assert answer.status_code == 418
    assert answer.json() == {"arr": "No room."}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-length"] == str(len(answer.content))


async def test_headers_of_the_refusal_stay() -> None:
    headers = (await ask("/pirate/ship")).headers
    assert headers["retry-after"] == "7"
    assert headers["allow"] == "GET"
    assert headers["x-request-id"] == "r1"
    assert headers["x-parrot"] == "yes"


async def test_other_paths_keep_the_problem() -> None:
    answer = await ask("/navy")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "queue_full"


async def test_what_is_no_problem_passes() -> None:
    assert (await ask("/pirate/treasure")).text == "gold"


async def test_a_refused_head_request_has_no_body() -> None:
    answer = await ask("/pirate/ship", "HEAD")
    assert answer.status_code == 503
    assert answer.content == b""
