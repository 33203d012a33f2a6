from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from easel.contract.generations import NativeSize
from easel.gateway.foreign.server_keys import server_keys
from easel.gateway.foreign.server_url import foreign_server
from easel.gateway.settings import GatewaySettings
from easel.web.command_line import WrongSettings, load_settings
from tests.gateway.running_gateway import gateway_settings


def test_our_own_servers_are_none() -> None:
    assert foreign_server("http://localhost:8001") is None
    assert foreign_server("https://gpu.example/easel") is None


def test_the_scheme_says_the_dialect_and_the_options_what_it_does_not_tell() -> None:
    server = foreign_server(
        "vllm-omni+https://:sk%2D1@gpu:8091/v1/?model=qwen=Qwen/Qwen-Image&model=b"
        "&size=1328x1328&size=1664x928&steps=50&guidance_scale=2.5&concurrent=3"
    )
    assert server is not None
    assert server.dialect == "vllm-omni"
    assert server.base_url == "https://gpu:8091/v1"
    assert server.host == "gpu:8091"
    assert server.credentials == "sk-1"
    assert server.models == {"qwen": "Qwen/Qwen-Image", "b": "b"}
    assert server.sizes[1] == NativeSize(width=1664, height=928)
    assert (server.steps, server.guidance_scale, server.concurrent) == (50, 2.5, 3)


def test_its_id_is_the_same_in_every_gateway_and_knows_no_key() -> None:
    one = foreign_server("openai+https://:a@api.openai.com/v1")
    other = foreign_server("openai+https://:b@api.openai.com/v1/")
    assert one is not None
    assert other is not None
    assert one.id == other.id
    assert one.id.isalnum()
    narrower = foreign_server("openai+https://api.openai.com/v1?model=gpt-image-1")
    assert narrower is not None
    assert narrower.id != one.id


def test_a_login_keeps_both_of_its_parts() -> None:
    server = foreign_server("sdapi+http://me:it@forge:7860")
    assert server is not None
    assert server.credentials == "me:it"
    assert "it" not in repr(server)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("comfy+http://h", "scheme must be"),
        ("openai+ftp://h", "scheme must be"),
        ("openai+http://h/v1?modle=a", "?modle= is no option"),
        ("openai+http://h/v1?model=a=", "?model="),
        ("openai+http://h/v1?size=big", "?size="),
        ("openai+http://h/v1?size=16x16", "?size="),
        ("openai+http://h/v1?steps=0", "?steps="),
        ("openai+http://h/v1?guidance_scale=-1", "?guidance_scale="),
        ("openai+http://h/v1?concurrent=1.5", "?concurrent="),
        ("openai+http://h/v1#x", "no # part"),
        ("localai+http://h/v1", "name those that paint"),
    ],
)
def test_what_is_wrong_is_named(url: str, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("?", r"\?")):
        foreign_server(url)


def test_the_settings_take_a_list_of_both_kinds() -> None:
    settings = gateway_settings(
        text2image_server_url="http://gpu:8001,openai+https://api.openai.com/v1,"
        "sdapi+http://forge:7860"
    )
    assert settings.server_urls == (
        "http://gpu:8001",
        "openai+https://api.openai.com/v1",
        "sdapi+http://forge:7860",
    )


@pytest.mark.parametrize(
    "url", ["http://gpu:8001?model=a", "openai+https://h/v1?nix=1", "openai://h/v1"]
)
def test_the_settings_refuse_what_is_wrong(url: str) -> None:
    with pytest.raises(ValidationError):
        gateway_settings(text2image_server_url=url)


def test_keys_are_json_by_host_and_never_repeated() -> None:
    keys = server_keys(SecretStr('{"api.openai.com": "sk-1"}'))
    assert keys == {"api.openai.com": "sk-1"}
    for wrong in ("sk-secret", '["sk-secret"]', '{"sk-secret": 1}', '{"a": ""}'):
        with pytest.raises(ValueError, match="must be JSON") as error:
            server_keys(SecretStr(wrong))
        assert "sk-secret" not in str(error.value)


def test_a_wrong_value_of_the_keys_is_not_repeated_at_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GATEWAY_SERVER_KEYS", "sk-secret")
    with pytest.raises(WrongSettings) as refusal:
        load_settings(GatewaySettings, [])
    assert "GATEWAY_SERVER_KEYS: " in str(refusal.value)
    assert "sk-secret" not in str(refusal.value)


def test_the_keys_may_be_in_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "keys.json"
    file.write_text('{"forge:7860": "me:it"}\n')
    monkeypatch.setenv("GATEWAY_SERVER_KEYS_FILE", str(file))
    settings = load_settings(GatewaySettings, [])
    assert server_keys(settings.server_keys) == {"forge:7860": "me:it"}
    assert "me:it" not in repr(settings)
