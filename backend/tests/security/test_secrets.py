"""OWASP API2: keys are kept as hashes, compared in constant time, and never told."""

import hmac
import json
import re
import secrets
from pathlib import Path
from typing import Any

import aiohttp
import httpx2
import pytest

from easel.gateway.access import api_keys, authenticator, key_texts, signed_links
from tests.faults.rig import create_key
from tests.gateway.running_gateway import gateway_for
from tests.gateway.stub_server import StubServer
from tests.security.security_rig import ADMIN, PROMPT, ClosedGateway, told
from tests.system.processes import running_gateway, running_server

NEVER_A_KEY = "easel_" + "a" * 8 + "_" + "b" * 43 + "_" + "c" * 6


def files_below(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def test_a_store_has_no_secret_in_it(
    closed: ClosedGateway, tmp_path: Path
) -> None:
    holder = await closed.holder()
    answer = await told(closed.http, "GET", "/v1/usage", headers=holder.headers)
    assert answer.status == 200
    secret = holder.key.split("_")[2]
    files = files_below(tmp_path / "gateway")
    content = b"".join(files.values())
    assert holder.public_id.encode() in content
    assert secret.encode() not in content
    for path in files:
        assert path.stat().st_mode & 0o077 == 0, path


def one_letter_off(key: str) -> str:
    return key[:-8] + ("A" if key[-8] != "A" else "B") + key[-7:]


async def test_a_key_that_is_nearly_right_is_wrong_in_the_same_words(
    closed: ClosedGateway,
) -> None:
    holder = await closed.holder()
    answers = []
    for key in (NEVER_A_KEY, one_letter_off(holder.key), holder.key[:-1], "x", "é"):
        headers = {"x-api-key": key}
        answer = await told(closed.http, "GET", "/models", headers=headers)
        assert answer.status == 401
        assert key.encode() not in answer.body or len(key) == 1
        answers.append(json.loads(answer.body)["detail"])
    assert len(set(answers)) == 1


async def test_guessing_keys_is_slowed_down_and_others_are_not(
    closed: ClosedGateway,
) -> None:
    holder = await closed.holder()
    statuses = []
    for _ in range(12):
        headers = {"Authorization": f"Bearer {NEVER_A_KEY}"}
        answer = await told(closed.http, "GET", "/models", headers=headers)
        statuses.append(answer.status)
    assert statuses == [401] * 10 + [429] * 2
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    connector = aiohttp.TCPConnector(local_addr=("127.0.0.3", 0))
    async with aiohttp.ClientSession(closed.url, connector=connector) as elsewhere:
        right = await told(elsewhere, "GET", "/models", headers=holder.headers)
        assert right.status == 200


class Compared:
    """What `compare_digest` was asked to compare."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pairs: list[tuple[Any, Any]] = []
        genuine = hmac.compare_digest

        def compare_digest(a: Any, b: Any) -> bool:
            self.pairs.append((a, b))
            return genuine(a, b)

        for module in (hmac, secrets):
            monkeypatch.setattr(module, "compare_digest", compare_digest)


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> Compared:
    return Compared(monkeypatch)


async def test_a_wrong_secret_is_compared_in_constant_time(
    closed: ClosedGateway, compared: Compared
) -> None:
    holder = await closed.holder()
    forged = key_texts.with_new_secret(holder.public_id).reveal()
    headers = {"x-api-key": forged}
    assert (await told(closed.http, "GET", "/models", headers=headers)).status == 401
    hashes = [pair for pair in compared.pairs if re.fullmatch("[0-9a-f]{64}", pair[0])]
    assert len(hashes) == 1


async def test_a_links_signature_is_compared_in_constant_time(
    client: aiohttp.ClientSession, compared: Compared
) -> None:
    target = "/generations/gen_r1_01/images/0?expires=1&caller=x&signature=" + "0" * 64
    assert (await told(client, "GET", target)).status == 403
    assert [presented for _, presented in compared.pairs] == [b"0" * 64]


async def test_the_metrics_token_is_compared_in_constant_time(
    stub: StubServer, compared: Compared
) -> None:
    async with gateway_for(stub.url, metrics_token="right") as client:
        for token, status in [("wrong", 401), ("right", 200)]:
            headers = {"Authorization": f"Bearer {token}"}
            assert (
                await told(client, "GET", "/metrics", headers=headers)
            ).status == status
    assert compared.pairs == [(b"wrong", b"right"), (b"right", b"right")]


def test_no_secret_is_compared_by_equality() -> None:
    for module in (api_keys, authenticator, key_texts, signed_links):
        source = Path(str(module.__file__)).read_text()
        compared = re.findall(r"\w*(?:secret|hash|signature|token)\w* [!=]= .*", source)
        assert compared == [], module.__name__


async def test_an_admins_work_needs_an_admins_key(closed: ClosedGateway) -> None:
    painter = await closed.holder("painter")
    admin = await closed.holder("admin", scopes=ADMIN)
    for path in (
        "/models/fake/load",
        "/models/fake/unload",
        "/admin/drain",
        "/admin/x",
    ):
        refused = await told(closed.http, "POST", path, headers=painter.headers)
        assert refused.status == 403
    for path in ("/ADMIN/drain", "/admin%2Fdrain", "/admin/drain/"):
        answer = await told(closed.http, "POST", path, headers=painter.headers)
        assert answer.status in (403, 404)
    health = json.loads((await told(closed.http, "GET", "/health")).body)
    assert health["gateway"] == "running"
    # And the other way around: an operator's key paints nothing.
    refused = await told(
        closed.http, "POST", "/generate", json=PROMPT, headers=admin.headers
    )
    assert refused.status == 403
    drained = await told(closed.http, "POST", "/admin/drain", headers=admin.headers)
    assert drained.status == 200


@pytest.mark.system
def test_prompts_and_keys_are_in_no_log_line_and_no_metric(tmp_path: Path) -> None:
    """At the level that says most, whatever goes well or wrong."""
    prompt, negative = "my hidden unicorn", "no hidden horses"
    body = {"prompt": prompt, "negative_prompt": negative, "width": 64, "height": 64}
    data = str(tmp_path / "gateway" / "gateway-data")
    key = create_key("painter", GATEWAY_DATA_DIR=data)
    with (
        running_server(
            tmp_path / "server",
            *("--model", "fake", "--fake-step-seconds", "0.0001"),
            *("--log-level", "debug", "--log-format", "json"),
        ) as server,
        running_gateway(
            tmp_path / "gateway",
            server.url,
            GATEWAY_LOG_LEVEL="debug",
            GATEWAY_LOG_FORMAT="json",
            GATEWAY_METRICS_TOKEN="hidden-token",
            GATEWAY_DATA_DIR=data,
        ) as gateway,
        httpx2.Client(base_url=gateway.url, headers=key.headers) as http,
    ):
        asked: list[tuple[str, dict[str, Any], int]] = [
            ("/generate", {}, 200),
            ("/generate", {"width": "wide"}, 422),
            ("/generate", {"hidden field": prompt}, 422),
            ("/generate", {"model": "none"}, 422),
            ("/generate", {"seed": 3, "num_inference_steps": 201}, 422),
            ("/v1/images/generations", {}, 200),
            ("/v1/images/generations", {"size": prompt}, 400),
            ("/sdapi/v1/txt2img", {}, 200),
            ("/sdapi/v1/txt2img", {"steps": prompt}, 422),
        ]
        for path, more, status in asked:
            answer = http.post(path, json={**body, **more})
            assert answer.status_code == status, answer.text
            if status != 200:
                assert prompt not in answer.text
        http.post("/generate", content=json.dumps(body)[:-1])
        http.get("/generations/x", headers={"x-api-key": one_letter_off(key.text)})
        http.get(f"/generations/x?prompt={prompt}")
        server.kill()
        assert http.post("/generate", json=body).status_code in (502, 503)
        metrics = http.get("/metrics", headers={"x-api-key": "hidden-token"}).text
        assert gateway.stop() == 0
        for text in (gateway.log, server.log, metrics):
            assert text
            for secret in ("hidden", key.text, key.text.split("_")[2], "whsec_"):
                assert secret not in text
