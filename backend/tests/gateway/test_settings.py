from pathlib import Path

import pytest

from easel.gateway import settings as settings_module
from easel.gateway.settings import ENV_FILE, GatewaySettings
from easel.web import command_line

VARIABLES = (
    *("TEXT2IMAGE_SERVER_URL", "REQUEST_TIMEOUT", "MAX_CONCURRENT_REQUESTS"),
    *("GATEWAY_HOST", "GATEWAY_PORT", "GATEWAY_SHUTDOWN_GRACE_S"),
)


def read_settings(arguments: list[str]) -> GatewaySettings:
    return command_line.read_settings(GatewaySettings, arguments)


@pytest.fixture(autouse=True)
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty environment, and a `.env` that is not the developer's own."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / ".env"
    monkeypatch.setitem(GatewaySettings.model_config, "env_file", path)
    return path


def test_the_defaults_are_those_of_the_guide() -> None:
    settings = read_settings([])
    assert str(settings.text2image_server_url) == "http://localhost:8001/"
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
    assert str(settings.text2image_server_url) == "http://192.168.1.100:8001/"
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
    hidden = {"slots_dir", "prometheus_multiproc_dir"}
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
