"""What breaks, and what its caller is told: signals, killed processes, bad input."""

import json
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.system.processes import (
    FAKE,
    Program,
    running_gateway,
    running_gunicorn,
    running_server,
    wait_until,
)
from tests.system.processes import free_port as a_free_port

pytestmark = pytest.mark.system

CANNOT_CONNECT = "Cannot connect to text-to-image server"

# Long enough to be sure that it runs when the signal comes, short enough to finish.
RUNNING = {"prompt": "a fox", "num_inference_steps": 100}
ENDLESS = {"prompt": "a fox", "num_inference_steps": 200}
SLOW = ("--model", "fake", "--fake-step-seconds", "0.5")


def post(url: str, body: dict[str, Any]) -> httpx2.Response:
    return httpx2.post(url + "/generate", json=body, timeout=60)


def running_on(server: Program) -> int:
    health = httpx2.get(server.url + "/health").json()
    count: int = health["queued"] + health["running"]
    return count


@contextmanager
def in_the_background(
    url: str, body: dict[str, Any], server: Program
) -> Iterator["Future[httpx2.Response]"]:
    """A generation that has reached `server` when the block begins."""
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(post, url, body)
        wait_until(lambda: running_on(server) == 1, "the generation runs")
        yield future


def test_sigterm_to_the_server_lets_a_generation_finish(folder: Path) -> None:
    with (
        running_server(folder / "s1", *FAKE) as server,
        in_the_background(server.url, RUNNING, server) as answer,
    ):
        server.terminate()
        assert answer.result().status_code == 200
        assert answer.result().json()["status"] == "completed"
        assert server.wait() == 0
    server.assert_clean_log()


def test_sigterm_to_the_server_is_a_clear_error_for_what_outlasts_it(
    folder: Path,
) -> None:
    with (
        running_server(folder / "s2", *SLOW, "--shutdown-grace-s", "0.2") as server,
        in_the_background(server.url, ENDLESS, server) as answer,
    ):
        server.terminate()
        assert answer.result().status_code == 503
        assert answer.result().json()["code"] == "server_stopping"
        assert server.wait() == 0
    server.assert_clean_log()


def test_sigterm_to_the_gateway_lets_a_generation_finish(folder: Path) -> None:
    with (
        running_server(folder / "s3", *FAKE) as server,
        running_gateway(folder / "g3", server.url) as gateway,
        in_the_background(gateway.url, RUNNING, server) as answer,
    ):
        gateway.terminate()
        assert answer.result().status_code == 200
        assert gateway.wait() == 0
    gateway.assert_clean_log()
    server.assert_clean_log()


def test_sigterm_to_gunicorn_lets_a_generation_finish(folder: Path) -> None:
    port = a_free_port()
    with (
        running_server(folder / "s4", *FAKE) as server,
        running_gunicorn(
            folder / "g4",
            f"-m gunicorn main:app -w 2 -b 127.0.0.1:{port}",
            port=port,
            executable=sys.executable,
            TEXT2IMAGE_SERVER_URL=server.url,
        ) as gateway,
        in_the_background(gateway.url, RUNNING, server) as answer,
    ):
        gateway.terminate()
        assert answer.result().status_code == 200
        assert gateway.wait() == 0
    gateway.assert_clean_log()


def test_sigterm_to_the_gateway_frees_the_server_of_what_outlasts_it(
    folder: Path,
) -> None:
    with (
        running_server(folder / "s5", *SLOW) as server,
        running_gateway(
            folder / "g5", server.url, GATEWAY_SHUTDOWN_GRACE_S="0.2"
        ) as gateway,
        in_the_background(gateway.url, ENDLESS, server) as answer,
    ):
        gateway.terminate()
        assert answer.result().status_code == 503
        assert answer.result().json()["code"] == "server_stopping"
        assert gateway.wait() == 0
        wait_until(lambda: running_on(server) == 0, "the server is free again")
    # That it had to break something off is said once, as an error.
    assert "Traceback" not in gateway.log


def test_a_killed_server_is_named_and_the_gateway_recovers_by_itself(
    folder: Path,
) -> None:
    with running_gateway(folder / "g6", f"http://127.0.0.1:{a_free_port()}") as other:
        assert post(other.url, RUNNING).json()["detail"] == CANNOT_CONNECT
    with running_server(folder / "s6", *SLOW) as server:
        port = server.port
        with running_gateway(folder / "g6", server.url) as gateway:
            with in_the_background(gateway.url, ENDLESS, server) as answer:
                server.kill()
                assert answer.result().status_code == 502
                assert answer.result().json()["detail"] == CANNOT_CONNECT
            assert post(gateway.url, RUNNING).json()["detail"] == CANNOT_CONNECT
            assert httpx2.get(gateway.url + "/readyz").status_code == 503
            with running_server(folder / "s6b", *FAKE, port=port):
                assert post(gateway.url, RUNNING).status_code == 200
                wait_until(
                    lambda: httpx2.get(gateway.url + "/readyz").is_success,
                    "the gateway is ready again",
                )
            assert gateway.stop() == 0
    assert "Traceback" not in gateway.log


def test_a_killed_server_ends_an_event_stream_with_a_failed_event(
    folder: Path,
) -> None:
    with (
        running_server(folder / "s7", *SLOW) as server,
        running_gateway(folder / "g7", server.url) as gateway,
        httpx2.stream(
            "POST",
            gateway.url + "/generate",
            json=ENDLESS,
            headers={"Accept": "text/event-stream"},
            timeout=60,
        ) as stream,
    ):
        lines = stream.iter_lines()
        assert next(line for line in lines if line == "event: started")
        server.kill()
        rest = list(lines)
        assert "event: failed" in rest
        data = rest[rest.index("event: failed") + 1].removeprefix("data: ")
        assert json.loads(data)["detail"].startswith(CANNOT_CONNECT)


def test_a_client_that_leaves_frees_the_server_through_the_gateway(
    folder: Path,
) -> None:
    with (
        running_server(folder / "s8", *SLOW) as server,
        running_gateway(folder / "g8", server.url) as gateway,
    ):
        with httpx2.stream(
            "POST",
            gateway.url + "/generate",
            json=ENDLESS,
            headers={"Accept": "text/event-stream"},
        ):
            assert running_on(server) == 1
        wait_until(lambda: running_on(server) == 0, "the generation is cancelled")
        assert gateway.stop() == 0
        assert server.stop() == 0
    gateway.assert_clean_log()
    server.assert_clean_log()


JSON = "application/json"

# What is sent, as which content type; the status, code and field of the answer.
BAD_INPUT: dict[str, tuple[bytes, str | None, int, str, str | None]] = {
    "empty prompt": (b'{"prompt": ""}', JSON, 422, "invalid_request", "prompt"),
    "blank prompt": (b'{"prompt": "  "}', JSON, 422, "invalid_request", "prompt"),
    "no prompt": (b"{}", JSON, 422, "invalid_request", "prompt"),
    "10 MB prompt": (
        json.dumps({"prompt": "a" * 10_000_000}).encode(),
        JSON,
        422,
        "invalid_request",
        "prompt",
    ),
    "body over the limit": (
        json.dumps({"prompt": "a" * 34_000_000}).encode(),
        JSON,
        413,
        "body_too_large",
        "body",
    ),
    "height 0": (
        b'{"prompt": "x", "height": 0}',
        JSON,
        422,
        "invalid_request",
        "height",
    ),
    "height 1e9": (
        b'{"prompt": "x", "height": 1000000000}',
        JSON,
        422,
        "invalid_request",
        "height",
    ),
    "fractional height": (
        b'{"prompt": "x", "height": 512.5}',
        JSON,
        422,
        "invalid_request",
        "height",
    ),
    "guidance NaN": (
        b'{"prompt": "x", "guidance_scale": NaN}',
        JSON,
        422,
        "invalid_request",
        "guidance_scale",
    ),
    "guidance 1e9": (
        b'{"prompt": "x", "guidance_scale": 1e9}',
        JSON,
        422,
        "invalid_request",
        "guidance_scale",
    ),
    "negative seed": (
        b'{"prompt": "x", "seed": -1}',
        JSON,
        422,
        "invalid_request",
        "seed",
    ),
    "prompt of the wrong type": (
        b'{"prompt": 7}',
        JSON,
        422,
        "invalid_request",
        "prompt",
    ),
    "steps of the wrong type": (
        b'{"prompt": "x", "num_inference_steps": "many"}',
        JSON,
        422,
        "invalid_request",
        "num_inference_steps",
    ),
    "0 images": (
        b'{"prompt": "x", "num_images": 0}',
        JSON,
        422,
        "invalid_request",
        "num_images",
    ),
    "unknown field": (
        b'{"prompt": "x", "steps": 5}',
        JSON,
        422,
        "invalid_request",
        "steps",
    ),
    "unknown model": (
        b'{"prompt": "x", "model": "none"}',
        JSON,
        422,
        "invalid_request",
        "model",
    ),
    "not an object": (b"[1, 2]", JSON, 422, "invalid_request", "body"),
    "no body": (b"", JSON, 422, "invalid_request", "body"),
    "broken JSON": (b'{"prompt": "x"', JSON, 400, "invalid_json", "body"),
    "not UTF-8": (b'{"prompt": "\xff\xfe"}', JSON, 400, "invalid_json", "body"),
    "form instead of JSON": (
        b"prompt=x",
        "application/x-www-form-urlencoded",
        415,
        "unsupported_media_type",
        "Content-Type",
    ),
    "no content type": (
        b'{"prompt": "x"}',
        None,
        415,
        "unsupported_media_type",
        "Content-Type",
    ),
}


@pytest.mark.parametrize("tier", ["gateway", "fake_server"])
@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_is_refused_with_the_name_of_the_field(
    case: str, tier: str, request: pytest.FixtureRequest
) -> None:
    body, content_type, status, code, param = BAD_INPUT[case]
    asked: Program = request.getfixturevalue(tier)
    headers = {"Content-Type": content_type} if content_type else {}
    answer = httpx2.post(
        asked.url + "/generate", content=body, headers=headers, timeout=60
    )
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code)
    assert problem.get("param") == param
    assert problem["request_id"] == answer.headers["x-request-id"]
    # A sentence, not a mirror: prompts do not come back.
    assert len(problem["detail"]) < 500
    asked.assert_clean_log()


@pytest.mark.parametrize("tier", ["gateway", "fake_server"])
@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "not_found"),
        ("GET", "/generations/gen_r000000_none", 404, "generation_not_found"),
        ("DELETE", "/generations/gen_r000000_none", 404, "generation_not_found"),
        ("GET", "/generations/gen_r000000_none/events", 404, "generation_not_found"),
        ("GET", "/generations/gen_r000000_none/images/0", 404, "generation_not_found"),
        ("GET", "/generations/..%2f..%2fetc%2fpasswd", 404, None),
        ("GET", "/models/none", 404, "model_not_found"),
        ("PUT", "/generate", 405, "method_not_allowed"),
    ],
)
def test_what_does_not_exist_is_a_problem_document(
    method: str,
    path: str,
    status: int,
    code: str | None,
    tier: str,
    request: pytest.FixtureRequest,
) -> None:
    asked: Program = request.getfixturevalue(tier)
    answer = httpx2.request(method, asked.url + path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    if code is not None:
        assert answer.json()["code"] == code
    asked.assert_clean_log()
