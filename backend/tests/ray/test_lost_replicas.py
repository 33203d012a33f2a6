"""Fifty generations in flight, a replica killed, then a node: nobody hears of it."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.ray.two_nodes import TwoNodes, fronting, two_nodes, until_replicas
from tests.system.processes import Program, running_server, wait_until

pytestmark = [
    # Not imported here: Ray reads its environment when it is.
    pytest.mark.skipif(find_spec("ray") is None, reason="needs Ray: scripts/test ray"),
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore"),
]

COUNT = 50


@pytest.fixture(scope="module")
def nodes() -> Iterator[TwoNodes]:
    with two_nodes() as started:
        yield started


def request_of(number: int, **changes: Any) -> dict[str, Any]:
    return {"prompt": f"a fox, {number}", "seed": number, **changes}


def post(server: Program, body: dict[str, Any]) -> httpx2.Response:
    return httpx2.post(f"{server.url}/generate", json=body, timeout=400)


def image_of(answer: httpx2.Response) -> str:
    assert answer.status_code == 200, answer.text
    (image,) = answer.json()["images"]
    digest: str = image["sha256"]
    return digest


def all_at_once(
    pool: ThreadPoolExecutor, server: Program, bodies: list[dict[str, Any]]
) -> list["Future[httpx2.Response]"]:
    return [pool.submit(post, server, body) for body in bodies]


def metric(server: Program, name: str) -> float:
    text = httpx2.get(f"{server.url}/metrics").text
    return next(
        float(line.split()[1])
        for line in text.splitlines()
        if line.startswith(f"{name} ")
    )


@pytest.mark.parametrize(
    ("args", "changes"),
    [
        (
            {"model": ["fake"], "fake_step_seconds": 0.05},
            {"num_inference_steps": 50},
        ),
        (
            {"model": ["easel-mini"]},
            # Each painted alone: to the bit the same, whoever its neighbours were.
            {"num_inference_steps": 4, "determinism": "exact"},
        ),
    ],
    ids=["test pattern", "embedded model"],
)
def test_no_client_sees_an_error_and_the_images_are_the_same(
    tmp_path: Path,
    args: dict[str, Any],
    changes: dict[str, Any],
) -> None:
    bodies = [request_of(number, **changes) for number in range(COUNT)]
    model = args["model"][0]
    flags = ("--model", model, "--max-queued", "100", "--max-backlog-s", "1000")
    with two_nodes() as nodes, ThreadPoolExecutor(COUNT) as pool:
        (tmp_path / "front").mkdir()
        nodes.deploy(tmp_path, args, num_replicas=2)
        with fronting(tmp_path / "front", nodes, *flags) as server:
            until_replicas(server, 2)
            answers = all_at_once(pool, server, bodies)
            wait_until(
                lambda: metric(server, "easel_server_images_total") >= 2,
                "two images",
                within_s=200,
            )
            nodes.kill_replica_on_first_node()
            wait_until(
                lambda: metric(server, "easel_server_images_total") >= 9,
                "nine images",
                within_s=300,
            )
            until_replicas(server, 2)
            nodes.lose_second_node()
            disturbed = [image_of(answer.result()) for answer in answers]
            assert "a generation lost its replica" in server.log
        with running_server(
            tmp_path / "alone", "--model", model, *flags[2:], "--fake-step-seconds", "0"
        ) as undisturbed:
            answers = all_at_once(pool, undisturbed, bodies)
            assert disturbed == [image_of(answer.result()) for answer in answers]
    assert len(set(disturbed)) == COUNT


def test_cancelling_frees_the_replica(tmp_path: Path, nodes: TwoNodes) -> None:
    endless = request_of(1, num_inference_steps=200)
    nodes.deploy(
        tmp_path, {"model": ["fake"], "fake_step_seconds": 0.5}, num_replicas=1
    )
    (tmp_path / "front").mkdir()
    with fronting(tmp_path / "front", nodes, "--model", "fake") as server:
        until_replicas(server, 1)
        accepted = httpx2.post(
            f"{server.url}/generate", json=endless, headers={"Prefer": "respond-async"}
        )
        url = server.url + accepted.headers["Location"]
        wait_until(
            lambda: httpx2.get(url).json()["status"] == "running", "it is painted"
        )
        assert httpx2.delete(url).status_code < 300
        passes = "easel_server_denoising_steps_total"
        quick = request_of(2, num_inference_steps=2)
        before = metric(server, passes)
        image_of(post(server, quick))
        # Its own two and at most the one that was under way.
        assert metric(server, passes) - before <= 3


def test_a_restarted_front_goes_on_with_what_was_accepted(
    tmp_path: Path, nodes: TwoNodes
) -> None:
    nodes.deploy(
        tmp_path, {"model": ["fake"], "fake_step_seconds": 0.1}, num_replicas=1
    )
    (tmp_path / "front").mkdir()
    flags = ("--model", "fake", "--replica-id", "front")
    with fronting(tmp_path / "front", nodes, *flags) as server:
        accepted = httpx2.post(
            f"{server.url}/generate",
            json=request_of(3, num_inference_steps=30),
            headers={"Prefer": "respond-async"},
        )
        path = accepted.headers["Location"]
        wait_until(
            lambda: httpx2.get(server.url + path).json()["status"] == "running",
            "it is painted",
        )
        server.kill()
    with fronting(tmp_path / "front", nodes, *flags) as server:
        wait_until(
            lambda: httpx2.get(server.url + path).json()["status"] == "completed",
            "it is done",
        )


def test_a_stop_signal_lets_the_front_finish(tmp_path: Path, nodes: TwoNodes) -> None:
    """Also for longer than three seconds, when Ray's own handler would abort it."""
    nodes.deploy(
        tmp_path, {"model": ["fake"], "fake_step_seconds": 0.1}, num_replicas=1
    )
    with (
        fronting(tmp_path, nodes, "--model", "fake") as server,
        ThreadPoolExecutor() as pool,
    ):
        body = request_of(4, num_inference_steps=50)
        (answer,) = all_at_once(pool, server, [body])
        wait_until(
            lambda: metric(server, "easel_server_running_generations"), "it is painted"
        )
        assert server.stop() == 0
        image_of(answer.result())


def test_an_upgrade_takes_the_place_of_the_old_without_an_error(
    tmp_path: Path, nodes: TwoNodes
) -> None:
    def deploy(step_s: float) -> None:
        nodes.deploy(
            tmp_path,
            {"model": ["fake"], "fake_step_seconds": step_s},
            num_replicas=2,
            ray_actor_options={"num_cpus": 0.5},
        )

    deploy(0.05)
    (tmp_path / "front").mkdir()
    with (
        fronting(tmp_path / "front", nodes, "--model", "fake") as server,
        ThreadPoolExecutor(24) as pool,
    ):
        until_replicas(server, 2)
        before = {facts["replica"] for facts in nodes.facts()}
        bodies = [request_of(number, num_inference_steps=60) for number in range(24)]
        answers = all_at_once(pool, server, bodies)
        deploy(0.04)
        wait_until(
            lambda: not before & {facts["replica"] for facts in nodes.facts()},
            "all replicas are new",
            within_s=200,
        )
        assert len({image_of(answer.result()) for answer in answers}) == 24
        image_of(post(server, request_of(99)))


def test_the_first_generation_brings_the_first_replica_and_it_goes_again(
    tmp_path: Path, nodes: TwoNodes
) -> None:
    autoscaling = nodes.autoscaling() | {
        "look_back_period_s": 11,
        "downscale_delay_s": 1,
        "downscale_to_zero_delay_s": 2,
    }
    nodes.deploy(
        tmp_path,
        {"model": ["fake"], "fake_step_seconds": 0.02},
        autoscaling_config=autoscaling,
    )
    (tmp_path / "front").mkdir()
    with fronting(tmp_path / "front", nodes, "--model", "fake") as server:
        assert nodes.running() == 0
        image_of(post(server, request_of(1)))
        until_replicas(server, 1)
        wait_until(lambda: nodes.running() == 0, "there is none", within_s=120)
        until_replicas(server, 0)
        image_of(post(server, request_of(2)))


def test_orders_go_where_their_model_is(tmp_path: Path, nodes: TwoNodes) -> None:
    nodes.deploy(
        tmp_path,
        {"model": ["fake", "easel-mini"], "fake_step_seconds": 0},
        num_replicas=2,
    )
    (tmp_path / "front").mkdir()
    flags = ("--model", "fake", "--model", "easel-mini")
    with fronting(tmp_path / "front", nodes, *flags) as server:
        until_replicas(server, 2)
        body = {"model": "easel-mini", "num_inference_steps": 2}

        def loaded() -> int:
            models = httpx2.get(f"{server.url}/models").json()["models"]
            return sum(model["state"] == "ready" for model in models)

        wait_until(lambda: loaded() == 1, "the default model is there")
        image_of(post(server, request_of(0, **body)))
        wait_until(lambda: loaded() == 2, "the other model is there")
        with ThreadPoolExecutor(4) as pool:
            bodies = [request_of(number, **body) for number in range(12)]
            for answer in all_at_once(pool, server, bodies):
                image_of(answer.result())
        held = [facts["loaded"] for facts in nodes.facts()]
        assert sorted(map(len, held)) == [1, 2]
