from pathlib import Path

import pytest
from pydantic import SecretStr, field_validator

from easel.gateway import settings as settings_module
from easel.gateway.settings import ENV_FILE, GatewaySettings, unknown_variables
from easel.web import command_line
from easel.web.command_line import environment_variable, is_secret

VARIABLES = (
    *("TEXT2IMAGE_SERVER_URL", "REQUEST_TIMEOUT", "MAX_CONCURRENT_REQUESTS"),
    *("GATEWAY_HOST", "GATEWAY_PORT", "GATEWAY_SHUTDOWN_GRACE_S"),
)
SECRETS = {
    "REDIS_URL": "redis_url",
    "GATEWAY_KEY_PEPPER": "key_pepper",
    "GATEWAY_METRICS_TOKEN": "metrics_token",
    "GATEWAY_SERVER_KEYS": "server_keys",
    "GATEWAY_WEBHOOK_SECRET": "webhook_secret",
}


def read_settings(arguments: list[str]) -> GatewaySettings:
    return command_line.read_settings(GatewaySettings, arguments)


@pytest.fixture(autouse=True)
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty environment, and a `.env` that is not the developer's own."""
    for name in (*VARIABLES, *SECRETS, *(f"{name}_FILE" for name in SECRETS)):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / ".env"
    monkeypatch.setitem(GatewaySettings.model_config, "env_file", path)
    return path


def test_the_defaults_are_those_of_the_guide() -> None:
    settings = read_settings([])
    assert settings.server_urls == ("http://localhost:8001",)
    assert settings.request_timeout == 300
    assert settings.max_concurrent_requests == 10
    assert (settings.host, settings.port) == ("0.0.0.0", 8000)


def test_the_env_file_of_the_guide_is_read(env_file: Path) -> None:
    env_file.write_text(
        "TEXT2IMAGE_SERVER_URL=http://192.168.1.100:8001\n"
        "REQUEST_TIMEOUT=60\n"
        "MAX_CONCURRENT_REQUESTS=3\n"
        "SOMETHING_OF_ANOTHER_PROGRAM=1\n"
        "TEXT2IMAGE_MODEL=fake\n"
    )
    settings = read_settings([])
    assert settings.server_urls == ("http://192.168.1.100:8001",)
    assert settings.request_timeout == 60
    assert settings.max_concurrent_requests == 3


def test_the_env_file_lies_beside_main_py() -> None:
    assert ENV_FILE.name == ".env"
    assert (ENV_FILE.parent / "main.py").is_file()


def test_a_flag_beats_the_environment_and_that_beats_the_env_file(
    env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env_file.write_text("GATEWAY_PORT=1\nREQUEST_TIMEOUT=1\nGATEWAY_HOST=h1\n")
    monkeypatch.setenv("GATEWAY_PORT", "2")
    monkeypatch.setenv("REQUEST_TIMEOUT", "2")
    settings = read_settings(["--port", "3"])
    assert (settings.port, settings.request_timeout, settings.host) == (3, 2, "h1")


def test_names_that_shells_and_platforms_set_for_others_are_not_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOST", "my-laptop")
    monkeypatch.setenv("PORT", "1")
    settings = read_settings([])
    assert (settings.host, settings.port) == ("0.0.0.0", 8000)


def test_an_empty_value_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUEST_TIMEOUT", "")
    assert read_settings([]).request_timeout == 300


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TEXT2IMAGE_SERVER_URL", "localhost:8001"),
        ("TEXT2IMAGE_SERVER_URL", "http://"),
        ("TEXT2IMAGE_SERVER_URL", "ftp://gpu/"),
        ("TEXT2IMAGE_SERVER_URL", "http://gpu:8001/?a=b"),
        ("REQUEST_TIMEOUT", "0"),
        ("REQUEST_TIMEOUT", "-1"),
        ("REQUEST_TIMEOUT", "nan"),
        ("REQUEST_TIMEOUT", "inf"),
        ("REQUEST_TIMEOUT", "five minutes"),
        ("MAX_CONCURRENT_REQUESTS", "0"),
        ("MAX_CONCURRENT_REQUESTS", "2.5"),
        ("GATEWAY_PORT", "70000"),
    ],
)
def test_a_wrong_value_ends_with_one_line_that_names_the_variable(
    variable: str,
    value: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit) as caught:
        read_settings([])
    assert caught.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"easel: {variable}: ")
    assert value in line


def test_a_password_in_a_wrong_url_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TEXT2IMAGE_SERVER_URL", "http://me:secret@gpu:8001/?a=b")
    with pytest.raises(SystemExit):
        read_settings([])
    assert "secret" not in capsys.readouterr().err


def test_an_unknown_flag_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        read_settings(["--prot", "8000"])
    assert caught.value.code == 2
    assert "--prot" in capsys.readouterr().err


def test_help_names_every_flag_that_is_for_people(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as caught:
        read_settings(["--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out.replace("-", "_").replace("__", "--")
    shown = {name for name in GatewaySettings.model_fields if f"--{name}" in text}
    hidden = {"shared_dir", "workers", "prometheus_multiproc_dir"}
    assert shown == GatewaySettings.model_fields.keys() - hidden


def test_every_setting_is_described() -> None:
    for name, field in GatewaySettings.model_fields.items():
        assert field.description, name


def test_settings_never_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        read_settings([]).port = 1  # type: ignore[misc] # the point of the test


def test_open_requests_outlast_their_deadline_at_a_stop() -> None:
    assert read_settings(["--request-timeout", "10"]).grace_s > 10
    assert read_settings(["--shutdown-grace-s", "5"]).grace_s == 5


def test_the_environment_is_read_nowhere_else() -> None:
    package = Path(settings_module.__file__).parent
    readers = [
        path.name
        for path in package.rglob("*.py")
        if "environ" in path.read_text() or "getenv" in path.read_text()
    ]
    assert readers == ["settings.py"] or readers == []


# Secrets


@pytest.mark.parametrize(("variable", "field"), SECRETS.items())
@pytest.mark.parametrize("where", ["environment", ".env"])
def test_a_file_may_hold_a_secret(
    variable: str,
    field: str,
    where: str,
    tmp_path: Path,
    env_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "secret"
    # As good as any for the others, and what the keys of servers have to be.
    path.write_text('{"host": "s3cret"} \n')
    if where == "environment":
        monkeypatch.setenv(f"{variable}_FILE", str(path))
    else:
        env_file.write_text(f"{variable}_FILE={path}\n")
    secret = getattr(read_settings([]), field)
    assert secret.get_secret_value() == '{"host": "s3cret"} '


def test_all_secrets_are_known_to_these_tests() -> None:
    names = {
        environment_variable(GatewaySettings, name)
        for name, info in GatewaySettings.model_fields.items()
        if is_secret(info)
    }
    assert names == SECRETS.keys()


@pytest.mark.parametrize("variable", SECRETS)
@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file"), (b"\n", "is empty"), (b"\xff", "it is not text")],
)
def test_a_file_without_a_secret_is_a_line_that_names_the_variable(
    variable: str,
    content: bytes | None,
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv(f"{variable}_FILE", str(path))
    assert the_line(capsys).startswith(f"easel: {variable}_FILE: {path} ")
    assert reason in the_line(capsys)


def the_line(capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as caught:
        read_settings([])
    assert caught.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_a_secret_and_its_file_together_are_a_mistake(
    tmp_path: Path,
    env_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    env_file.write_text("GATEWAY_KEY_PEPPER=one-secret\n")
    path = tmp_path / "secret"
    path.write_text("another-secret")
    monkeypatch.setenv("GATEWAY_KEY_PEPPER_FILE", str(path))
    line = the_line(capsys)
    assert line == ("easel: GATEWAY_KEY_PEPPER_FILE: GATEWAY_KEY_PEPPER is set as well")


def test_a_wrong_secret_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Strict(GatewaySettings):
        @field_validator("webhook_secret")
        @classmethod
        def _refuse(cls, value: SecretStr) -> SecretStr:
            raise ValueError("is too short")

    monkeypatch.setenv("GATEWAY_WEBHOOK_SECRET", "whsec_hush")
    with pytest.raises(SystemExit):
        command_line.read_settings(Strict, [])
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "easel: GATEWAY_WEBHOOK_SECRET: Value error, is too short"


def test_what_must_be_json_and_is_not_is_a_line_as_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GATEWAY_MODEL_WEIGHTS", "flux=2")
    assert the_line(capsys) == "easel: GATEWAY_MODEL_WEIGHTS: must be JSON"


def test_variables_that_set_nothing_are_found(
    env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env_file.write_text("GATEWAY_MAX_QEUE=3\nGATEWAY_URL=http://studio\n")
    monkeypatch.setenv("GATEWAY_ZZZZZZZZZZ", "1")
    monkeypatch.setenv("GATEWAY_KEY_PEPPER_FILE", "/run/secrets/pepper")
    found = unknown_variables()
    assert found["GATEWAY_MAX_QEUE"] == "GATEWAY_MAX_QUEUE"
    assert found["GATEWAY_ZZZZZZZZZZ"] is None
    assert not found.keys() & {"GATEWAY_URL", "GATEWAY_KEY_PEPPER_FILE"}
