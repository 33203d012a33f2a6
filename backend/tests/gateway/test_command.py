import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from easel.command import main
from easel.gateway.access.api_keys import secret_hash
from easel.gateway.access.key_book import KEY_AREA
from easel.gateway.access.key_texts import parse_key_text
from easel.gateway.access.pepper import PEPPER_FILE
from easel.gateway.settings import GatewaySettings
from easel.gateway.store.opening import open_store
from tests.gateway.processes import BACKEND


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a gateway that is not the developer's own."""
    folder = tmp_path / "data"
    monkeypatch.setitem(GatewaySettings.model_config, "env_file", tmp_path / ".env")
    monkeypatch.setenv("GATEWAY_DATA_DIR", str(folder))
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.delenv("GATEWAY_KEY_PEPPER", raising=False)
    return folder


class Shell:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, standard output, standard error."""
        try:
            code = main([*arguments])
        except SystemExit as end:  # argparse's way out
            code = int(end.code or 0)
        captured = self._capsys.readouterr()
        return code, captured.out, captured.err

    def json(self, *arguments: str) -> Any:
        code, output, _ = self.run(*arguments, "--json")
        assert code == 0
        return json.loads(output)


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


def test_a_key_is_made_shown_and_kept_as_a_hash(shell: Shell, data_dir: Path) -> None:
    code, output, errors = shell.run(
        *("keys", "create", "--name", "studio", "--rate", "60/minute"),
        *("--max-concurrent", "4", "--images-per-day", "100", "--model", "tiny"),
    )
    assert code == 0
    assert str(data_dir) in errors
    (text,) = [word for word in output.split() if word.startswith("easel_")]
    key = parse_key_text(text)
    assert key is not None
    assert "60/minute, 4 at a time, 100 images a day" in output
    assert "The gateway is closed from now on" in output

    async def record() -> bytes | None:
        async with open_store(redis_url=None, data_dir=data_dir) as store:
            return await store.get(KEY_AREA + key.public_id)

    kept = asyncio.run(record())
    assert kept is not None
    pepper = (data_dir / PEPPER_FILE).read_bytes()
    assert secret_hash(pepper, key.secret).encode() in kept
    for file in data_dir.iterdir():
        assert key.secret.encode() not in file.read_bytes()


def test_only_the_first_key_closes_the_gateway(shell: Shell) -> None:
    outputs = [shell.run("keys", "create", "--name", name)[1] for name in "ab"]
    assert ["closed" in output for output in outputs] == [True, False]


def test_the_list_shows_all_but_secrets(shell: Shell) -> None:
    secrets = []
    for name in ("studio", "batch"):
        document = shell.json("keys", "create", "--name", name)
        secrets.append(document["key"].split("_")[2])
    _, table, _ = shell.run("keys", "list")
    documents = shell.json("keys", "list")
    assert [document["name"] for document in documents] == ["studio", "batch"]
    assert "studio" in table
    assert "active" in table
    for secret in secrets:
        assert secret not in table + json.dumps(documents)
    assert not any("hash" in name for name in documents[0])


def test_an_empty_list_says_that_the_gateway_is_open(shell: Shell) -> None:
    assert "the gateway is open" in shell.run("keys", "list")[1]
    assert shell.json("keys", "list") == []


def test_the_terms_are_those_of_the_flags(shell: Shell) -> None:
    document = shell.json(
        *("keys", "create", "--name", "n", "--scope", "admin", "--scope", "generate"),
        *("--model", "b", "--model", "a", "--weight", "2.5", "--expires", "2099-01-31"),
    )
    assert document["scopes"] == ["admin", "generate"]
    assert document["models"] == ["a", "b"]
    assert document["weight"] == 2.5
    assert document["expires_at"] == "2099-01-31T00:00:00+00:00"
    assert document["rate"] is None


def test_an_expiry_may_be_a_time_from_now(shell: Shell) -> None:
    made = shell.json("keys", "create", "--name", "n", "--expires", "1d")
    assert made["expires_at"][:10] > made["created_at"][:10]
    assert made["state"] == "active"
    past = shell.json("keys", "create", "--name", "n", "--expires", "2020-01-01")
    assert past["state"] == "expired"


def test_a_key_is_revoked(shell: Shell) -> None:
    key = shell.json("keys", "create", "--name", "studio")["public_id"]
    code, output, _ = shell.run("keys", "revoke", key)
    assert (code, "within 5 seconds" in output) == (0, True)
    (document,) = shell.json("keys", "list")
    assert document["state"] == "revoked"
    code, _, errors = shell.run("keys", "rotate", key)
    assert (code, errors.splitlines()[-1]) == (1, f"easel: key {key} is revoked")


def test_a_key_gets_a_new_secret_under_the_same_id(shell: Shell) -> None:
    old = shell.json("keys", "create", "--name", "studio")
    new = shell.json("keys", "rotate", old["public_id"], "--overlap", "24h")
    assert new["public_id"] == old["public_id"]
    assert new["key"] != old["key"]
    assert new["old_secret_until"] is not None
    _, output, _ = shell.run("keys", "rotate", old["public_id"])
    assert "old key    holds until" in output


@pytest.mark.parametrize("act", ["revoke", "rotate"])
def test_an_unknown_key_is_named(shell: Shell, act: str) -> None:
    code, output, errors = shell.run("keys", act, "nobody00")
    assert (code, output) == (1, "")
    assert errors.splitlines()[-1] == "easel: there is no key nobody00"


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("--rate", "often"),
        ("--rate", "0/minute"),
        ("--max-concurrent", "0"),
        ("--images-per-day", "-1"),
        ("--weight", "0"),
        ("--weight", "inf"),
        ("--weight", "heavy"),
        ("--expires", "soon"),
        ("--expires", "2027-02-30"),
        ("--scope", "everything"),
    ],
)
def test_a_wrong_value_names_its_flag(
    shell: Shell, flag: str, value: str, data_dir: Path
) -> None:
    code, output, errors = shell.run("keys", "create", "--name", "n", f"{flag}={value}")
    assert (code, output) == (2, "")
    assert flag in errors.splitlines()[-1]
    assert not data_dir.exists()


@pytest.mark.parametrize("arguments", [[], ["keys"], ["keys", "creat"], ["drian"]])
def test_an_unknown_command_is_refused(shell: Shell, arguments: list[str]) -> None:
    code, _, errors = shell.run(*arguments)
    assert code == 2
    assert "usage: python -m easel" in errors


def test_a_data_folder_that_cannot_be_used_is_named(
    shell: Shell, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    code, _, errors = shell.run("keys", "--data-dir", str(tmp_path / "file"), "list")
    assert code == 1
    assert errors.startswith("easel: --data-dir: ")
    assert len(errors.splitlines()) == 1


# drain


DRAINING = b'{"state":"draining","safe_to_stop_in_s":5,"in_flight":2,"waiting":1}'


@contextmanager
def gateway(
    status: int = 200, body: bytes = DRAINING
) -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    """Its URL; the path and the key of each call that it gets."""
    calls: list[tuple[str, str | None]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            calls.append((self.path, self.headers["Authorization"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return None

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", calls
        finally:
            server.shutdown()
            thread.join()


def test_a_gateway_is_drained(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("easel_a_key\n")
    with gateway() as (url, calls):
        code, output, _ = shell.run(
            *("drain", "--url", url + "/", "--key-file", str(tmp_path / "key"))
        )
        assert code == 0
        assert "2 are under way and 1 wait" in output
        assert "stopped in 5 s" in output
        assert shell.json("drain", "--url", url)["state"] == "draining"
    assert calls == [
        ("/admin/drain", "Bearer easel_a_key"),
        ("/admin/drain", None),
    ]


def test_the_gateway_says_itself_why_it_refuses(shell: Shell) -> None:
    body = b'{"detail":"This needs an API key with the scope admin."}'
    with gateway(403, body) as (url, _):
        code, output, errors = shell.run("drain", "--url", url)
    assert (code, output) == (1, "")
    assert errors == (
        f"easel: {url} refuses: This needs an API key with the scope admin.\n"
    )


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [(500, b"<html>", "HTTP 500"), (200, b"<html>", "is not an Easel gateway")],
)
def test_what_is_no_gateway_is_told(
    shell: Shell, status: int, body: bytes, words: str
) -> None:
    with gateway(status, body) as (url, _):
        code, _, errors = shell.run("drain", "--url", url)
    assert code == 1
    assert words in errors


def test_a_gateway_that_is_not_there_is_told(shell: Shell) -> None:
    code, _, errors = shell.run("drain", "--url", "http://127.0.0.1:9")
    assert code == 1
    assert errors.startswith("easel: --url: cannot reach http://127.0.0.1:9: ")


@pytest.mark.parametrize(
    ("arguments", "flag"),
    [
        (["--url", "localhost:8000"], "--url"),
        (["--key-file", "/nowhere/key"], "--key-file"),
        (["--key-file", "/dev/null"], "--key-file"),
    ],
)
def test_a_wrong_flag_of_drain_is_named(
    shell: Shell, arguments: list[str], flag: str
) -> None:
    code, _, errors = shell.run("drain", *arguments)
    assert code == 2
    assert errors.startswith(f"easel: {flag}: ")


def test_a_wrong_setting_is_named(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_PORT", "many")
    code, _, errors = shell.run("keys", "list")
    assert code == 2
    assert errors.startswith("easel: GATEWAY_PORT: ")


@pytest.mark.system
def test_it_is_run_as_a_module(data_dir: Path) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "easel", "keys", "create", "--name", "n", "--json"],
        cwd=BACKEND,
        env={"GATEWAY_DATA_DIR": str(data_dir)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert parse_key_text(json.loads(made.stdout)["key"]) is not None
