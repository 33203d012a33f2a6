"""Any order of submitting, polling, cancelling and fetching (fault list 38).

Hypothesis chooses; the rules are those of the contract. It runs against processes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import httpx2
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from pydantic import TypeAdapter

from easel.contract.generations import Generation
from tests.faults.rig import Key, create_key
from tests.system.processes import (
    Program,
    running_gateway,
    running_server,
    wait_until,
)

pytestmark = pytest.mark.system

FAKE = ("--model", "fake", "--fake-step-seconds", "0.005")
EXAMPLES = 12
STEPS = 20
ENDS = ("completed", "failed", "cancelled")
# What a state may become.
NEXT = {
    "queued": {"queued", "running", *ENDS},
    "running": {"queued", "running", *ENDS},
    **{end: {end} for end in ENDS},
}
DOCUMENT: TypeAdapter[Any] = TypeAdapter(Generation)


@dataclass
class Job:
    path: str
    images: int
    state: str
    is_cancelled: bool = False


class Jobs(RuleBasedStateMachine):
    """The job API as one key's holder sees it."""

    ours: ClassVar[httpx2.Client]
    theirs: ClassVar[httpx2.Client]
    jobs = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        self._submitted: dict[str, Job] = {}

    def _ask(
        self, client: httpx2.Client, method: str, path: str, **more: Any
    ) -> httpx2.Response:
        answer = client.request(method, path, **more)
        assert answer.status_code < 500, answer.text
        assert answer.headers["x-request-id"]
        return answer

    def _saw(self, job: Job, document: dict[str, Any]) -> None:
        DOCUMENT.validate_python(document)
        assert document["id"] == job.path.rpartition("/")[2]
        assert document["status"] in NEXT[job.state]
        job.state = document["status"]
        if job.state == "completed":
            assert len(document["images"]) == job.images
        if job.state == "cancelled":
            assert job.is_cancelled

    @rule(
        target=jobs,
        steps=st.integers(1, 60),
        images=st.integers(1, 3),
        seed=st.none() | st.integers(0, 3),
        key=st.none() | st.sampled_from(["a", "b"]),
    )
    def submit(self, steps: int, images: int, seed: int | None, key: str | None) -> Any:
        body: dict[str, Any] = {
            "prompt": "a fox",
            "num_inference_steps": steps,
            "num_images": images,
        }
        if seed is not None:
            body["seed"] = seed
        headers = {"Prefer": "respond-async"}
        if key is not None:
            # A key of this example only; the same body gives the same generation.
            headers["Idempotency-Key"] = f"{id(self)}-{key}-{sorted(body.items())}"
        answer = self._ask(self.ours, "POST", "/generate", json=body, headers=headers)
        if answer.status_code not in (200, 202):
            assert answer.status_code == 409, answer.text
            assert key is not None
            return multiple()
        path = answer.headers["location"]
        known = self._submitted.get(path)
        assert known is None or key is not None
        job = known or Job(path, images, "queued")
        self._submitted[path] = job
        self._saw(job, answer.json())
        return job

    @rule(job=jobs)
    def poll(self, job: Job) -> None:
        answer = self._ask(self.ours, "GET", job.path)
        assert answer.status_code == 200
        self._saw(job, answer.json())

    @rule(job=jobs)
    def wait_a_moment(self, job: Job) -> None:
        answer = self._ask(self.ours, "GET", job.path, headers={"Prefer": "wait=1"})
        self._saw(job, answer.json())

    @rule(job=jobs)
    def cancel(self, job: Job) -> None:
        job.is_cancelled = True
        answer = self._ask(self.ours, "DELETE", job.path)
        assert answer.status_code == 200
        self._saw(job, answer.json())

    @rule(job=jobs, index=st.integers(0, 4))
    def fetch(self, job: Job, index: int) -> None:
        was = job.state
        answer = self._ask(self.ours, "GET", f"{job.path}/images/{index}")
        if was == "completed" and index < job.images:
            assert answer.status_code == 200
            assert answer.content.startswith(b"\x89PNG")
        elif was in ENDS:
            assert answer.status_code == 404

    @rule(job=jobs, method=st.sampled_from(["GET", "DELETE"]))
    def meddle(self, job: Job, method: str) -> None:
        answer = self._ask(self.theirs, method, job.path)
        assert answer.status_code == 404
        assert answer.json()["code"] == "generation_not_found"

    @rule(job=consumes(jobs))
    def follow_to_the_end(self, job: Job) -> None:
        with self.ours.stream("GET", job.path + "/events") as events:
            assert events.status_code == 200
            names = [
                line.removeprefix("event: ")
                for line in events.iter_lines()
                if line.startswith("event: ")
            ]
        assert names[-1] in ENDS
        self.poll(job)
        assert job.state == names[-1]

    @invariant()
    def the_gateway_is_well(self) -> None:
        health = self._ask(self.ours, "GET", "/health").json()
        assert health["status"] == "healthy"
        # Whoever has a 202 holds no place.
        assert health["queue"]["waiting"] == 0

    def teardown(self) -> None:
        """Each reaches one end, and stays there."""

        def all_ended() -> bool:
            for job in self._submitted.values():
                self.poll(job)
            return all(job.state in ENDS for job in self._submitted.values())

        wait_until(all_ended, "all generations end")
        all_ended()


@pytest.fixture
def keys(folder: Path) -> tuple[Key, Key]:
    data = str(folder / "data")
    ours, theirs = (
        create_key(name, GATEWAY_DATA_DIR=data) for name in ("ours", "theirs")
    )
    return ours, theirs


@pytest.fixture
def gateway(folder: Path, keys: tuple[Key, Key]) -> Iterator[Program]:
    with (
        running_server(folder / "server", *FAKE) as server,
        running_gateway(
            folder / "gateway", server.url, GATEWAY_DATA_DIR=str(folder / "data")
        ) as gateway,
    ):
        yield gateway
        server.assert_clean_log()
    gateway.assert_clean_log()


def test_any_order_of_what_a_caller_can_do(
    gateway: Program, keys: tuple[Key, Key], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = keys
    with (
        httpx2.Client(base_url=gateway.url, headers=ours.headers, timeout=30) as mine,
        httpx2.Client(base_url=gateway.url, headers=theirs.headers) as others,
    ):
        monkeypatch.setattr(Jobs, "ours", mine, raising=False)
        monkeypatch.setattr(Jobs, "theirs", others, raising=False)
        run_state_machine_as_test(
            Jobs,
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
