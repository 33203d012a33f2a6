"""Nothing accepted is lost: a real server, killed in the middle, and its successor."""

import io
import resource
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image, ImageChops, ImageStat

from tests.system.processes import Program, free_port, running_server, wait_until

pytestmark = pytest.mark.system

COUNT = 20
FAKE = ("--model", "fake", "--fake-step-seconds", "0.05")
MINI = ("--model", "easel-mini")

Document = dict[str, Any]


def submit(server: Program, **fields: object) -> str:
    """Path of a generation that nobody waits for."""
    body = {"prompt": "a lighthouse at dusk", **fields}
    headers = {"Prefer": "respond-async"}
    answer = httpx2.post(f"{server.url}/generate", json=body, headers=headers)
    assert answer.status_code == 202, answer.text
    return answer.headers["Location"]


def documents(server: Program, paths: Sequence[str]) -> list[Document]:
    with httpx2.Client(base_url=server.url) as client:
        return [client.get(path).json() for path in paths]


def statuses(server: Program, paths: Sequence[str]) -> list[str]:
    return [document["status"] for document in documents(server, paths)]


def completed(server: Program, paths: Sequence[str]) -> list[Document]:
    """All of them, when the last one is."""

    def are_done() -> bool:
        found = statuses(server, paths)
        assert not {"failed", "cancelled"} & set(found), documents(server, paths)
        return set(found) == {"completed"}

    wait_until(are_done, "all generations are completed", within_s=110)
    return documents(server, paths)


def digests(painted: Sequence[Document]) -> list[str]:
    return [document["images"][0]["sha256"] for document in painted]


def image_of(server: Program, document: Document) -> Image.Image:
    answer = httpx2.get(server.url + document["images"][0]["url"])
    assert answer.status_code == 200
    return Image.open(io.BytesIO(answer.content)).convert("RGB")


def test_twenty_accepted_generations_survive_a_kill(folder: Path) -> None:
    requests = [{"seed": seed, "num_inference_steps": 8} for seed in range(COUNT)]
    port = free_port()
    with running_server(folder / "killed", *FAKE, port=port) as server:
        paths = [submit(server, **request) for request in requests]

        def is_in_the_middle() -> bool:
            found = statuses(server, paths)
            return found.count("completed") >= 3 and "running" in found

        wait_until(is_in_the_middle, "some are completed and some run")
        before = [d for d in documents(server, paths) if d["status"] == "completed"]
        server.kill()
        assert len(before) < COUNT
    with running_server(folder / "undisturbed", *FAKE) as server:
        expected = completed(server, [submit(server, **each) for each in requests])
    with running_server(folder / "killed", *FAKE, port=port) as server:
        after = completed(server, paths)
        assert [path.rsplit("/", 1)[1] for path in paths] == [d["id"] for d in after]
        assert digests(after) == digests(expected)
        # What was done before is as it was, down to its times.
        unchanged = {document["id"]: document for document in after}
        assert all(unchanged[document["id"]] == document for document in before)
        for document in after:
            answer = httpx2.get(server.url + document["images"][0]["url"])
            assert answer.headers["ETag"] == f'"{document["images"][0]["sha256"]}"'
        server.assert_clean_log()


def test_a_stop_leaves_what_waits_to_the_next_server(folder: Path) -> None:
    port = free_port()
    flags = (*FAKE, "--shutdown-grace-s", "0.2")
    with running_server(folder / "stopped", *flags, port=port) as server:
        paths = [submit(server, seed=seed, num_inference_steps=30) for seed in range(4)]
        wait_until(lambda: "running" in statuses(server, paths), "one runs")
        assert server.stop() == 0
        server.assert_clean_log()
    with running_server(folder / "stopped", *flags, port=port) as server:
        completed(server, paths)
        server.assert_clean_log()


def test_a_real_model_paints_the_same_again_after_a_kill(folder: Path) -> None:
    requests: list[Document] = [
        *({"seed": seed, "determinism": "exact"} for seed in range(3)),
        *({"seed": seed} for seed in range(3)),
    ]
    port = free_port()
    with running_server(folder / "mini-killed", *MINI, port=port) as server:
        paths = [submit(server, **request) for request in requests]
        wait_until(
            lambda: {"running", "completed"} & set(statuses(server, paths)),
            "the first one is begun",
        )
        server.kill()
    with running_server(folder / "mini-undisturbed", *MINI) as server:
        expected = completed(server, [submit(server, **each) for each in requests])
        looks = [image_of(server, document) for document in expected]
    with running_server(folder / "mini-killed", *MINI, port=port) as server:
        after = completed(server, paths)
        assert digests(after[:3]) == digests(expected[:3])
        # In other company the last bits may differ: equal to the eye is what is said.
        for document, look in zip(after, looks, strict=True):
            difference = ImageChops.difference(image_of(server, document), look)
            assert max(ImageStat.Stat(difference).mean) < 1
        server.assert_clean_log()


def test_a_journal_that_cannot_grow_refuses_and_keeps_what_it_has(
    folder: Path,
) -> None:
    port = free_port()
    with running_server(folder / "full", *FAKE, port=port) as server:
        first = submit(server, seed=1, num_inference_steps=2)
        (done,) = completed(server, [first])
        limit_files_of(server.popen, max_bytes=2**16)
        answers = [refusal(server, seed) for seed in range(60)]
        refused = [answer for answer in answers if answer.status_code == 507]
        assert refused
        assert refused[0].json()["code"] == "storage_full"
        limit_files_of(server.popen, max_bytes=resource.RLIM_INFINITY)
        accepted = [a.headers["Location"] for a in answers if a.status_code == 202]
        completed(server, accepted)
        server.kill()
    with running_server(folder / "full", *FAKE, port=port) as server:
        assert documents(server, [first]) == [done]
        completed(server, accepted)
        health = httpx2.get(f"{server.url}/health").json()
        assert health["queued"] + health["running"] == 0


def refusal(server: Program, seed: int) -> httpx2.Response:
    """The answer to a request whose entry in the journal is large."""
    body = {"prompt": "a cat " * 600, "seed": seed, "num_inference_steps": 1}
    headers = {"Prefer": "respond-async"}
    return httpx2.post(f"{server.url}/generate", json=body, headers=headers)


def limit_files_of(process: "subprocess.Popen[bytes]", *, max_bytes: int) -> None:
    """As a disk without space: no file of the process grows beyond it."""
    hard = resource.RLIM_INFINITY
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (max_bytes, hard))
