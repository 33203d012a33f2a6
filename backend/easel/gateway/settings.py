"""What an operator can set: environment variables, `.env`, or flags of main.py."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    AliasChoices,
    AnyUrl,
    BeforeValidator,
    Field,
    SecretStr,
    UrlConstraints,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    CliSuppress,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from easel.gateway.access.rates import parse_rate
from easel.gateway.foreign.server_keys import server_keys
from easel.gateway.foreign.server_url import SCHEMES, foreign_server
from easel.telemetry.logs import LogFormat, LogLevel
from easel.web.command_line import environment_variable, is_secret
from easel.web.secret_files import SUFFIX, SecretFiles

ServerUrl = Annotated[
    AnyUrl,
    UrlConstraints(
        allowed_schemes=["http", "https", *SCHEMES],
        host_required=True,
        max_length=2083,
    ),
]

# Beside main.py, whichever folder the gateway is started from.
ENV_FILE = Path(__file__).parents[2] / ".env"

# Of the studio, which may share this environment or `.env`.
_NOT_OURS = frozenset({"GATEWAY_URL"})

# What a generation may still need after its deadline: the answer's last bytes.
_AFTER_DEADLINE_S = 30.0


# Waiting generations for each that is passed on, where nothing else is said.
_QUEUE_PER_SLOT = 4


def _parts(value: object) -> object:
    """`a, b` as two values."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _base_urls(urls: tuple[ServerUrl, ...]) -> tuple[ServerUrl, ...]:
    if not urls:
        raise ValueError("must name at least one server")
    for url in urls:
        if foreign_server(str(url)) is None and (url.query or url.fragment):
            raise ValueError("must end with the path: no ? and no # part")
    if len(set(urls)) < len(urls):
        raise ValueError("names a server twice")
    return urls


def _keys(secret: SecretStr | None) -> SecretStr | None:
    """Raises ValueError, which never holds the secret."""
    if secret is not None:
        server_keys(secret)
    return secret


class GatewaySettings(BaseSettings):
    """Start the API gateway: it passes requests on to a text-to-image server."""

    model_config = SettingsConfigDict(
        env_prefix="GATEWAY_",
        env_file=ENV_FILE,
        env_ignore_empty=True,
        # `.env` may also hold what other programs read.
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        cli_prog_name="main.py",
        cli_kebab_case=True,
        cli_hide_none_type=True,
        cli_avoid_json=True,
    )

    text2image_server_url: Annotated[
        tuple[ServerUrl, ...],
        NoDecode,
        BeforeValidator(_parts),
        AfterValidator(_base_urls),
    ] = Field(
        default=(AnyUrl("http://localhost:8001"),),
        validation_alias=AliasChoices("text2image_server_url"),
        description="URL of the text-to-image server; several with commas between. "
        "Servers of other makes say so in the scheme: openai+https://, "
        "vllm-omni+http://, sglang+http://, localai+http://, sdapi+http://.",
    )
    server_keys: Annotated[SecretStr | None, AfterValidator(_keys)] = Field(
        default=None,
        description="Keys of servers of other makes, as JSON: "
        '{"api.openai.com": "sk-…", "forge:7860": "user:password"}.',
    )
    foreign_keep_s: float = Field(
        default=86_400.0,
        gt=0,
        allow_inf_nan=False,
        description="Seconds for which pictures of servers of other makes are kept in "
        "the gateway's store.",
    )
    foreign_keep_mib: int = Field(
        default=4096,
        ge=1,
        description="MiB of such pictures that may come within that time; beyond, only "
        "who waits for the answer gets any.",
    )
    request_timeout: float = Field(
        default=300.0,
        gt=0,
        allow_inf_nan=False,
        validation_alias=AliasChoices("request_timeout"),
        description="Seconds in which a generation must be answered completely.",
    )
    max_concurrent_requests: int = Field(
        default=10,
        ge=1,
        le=10_000,
        validation_alias=AliasChoices("max_concurrent_requests"),
        description="Generations passed on at the same time by all workers together; "
        "more wait in a queue.",
    )
    max_queue: int | None = Field(
        default=None,
        ge=0,
        le=100_000,
        description="Generations that may wait in this gateway; beyond, they are "
        "refused with 503. Four for each of MAX_CONCURRENT_REQUESTS if left out.",
    )
    model_weights: dict[str, float] = Field(
        default={},
        description="What a model costs beside others of weight 1, in fair order and "
        'prices: {"model id": 2.5}.',
    )
    retry_budget: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="Share of the generations of the last ten seconds that may be "
        "tried a second time, on another server, when one fails.",
    )
    answer_cache: bool = Field(
        default=True,
        description="Run equal requests with a seed once, and answer later ones from "
        "what the server still keeps.",
    )
    answer_cache_shared: bool = Field(
        default=False,
        description="Share those answers between callers; off, each has its own.",
    )
    answer_cache_ttl_s: float = Field(
        default=3600.0,
        gt=0,
        allow_inf_nan=False,
        description="Seconds for which an answer is found again.",
    )
    data_dir: Path = Field(
        default=Path(".easel/gateway"),
        description="Folder of the gateway's own store: keys, usage, idempotency. "
        "Below backend/ unless it is absolute.",
    )
    redis_url: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("redis_url"),
        description="Redis or Valkey, for gateways on several hosts: then they share "
        "keys, limits, usage and idempotency there.",
    )
    instances: int = Field(
        default=1,
        ge=1,
        description="Gateways that share the limits of a key; while their store is "
        "down, each allows its part of them.",
    )
    key_pepper: SecretStr | None = Field(
        default=None,
        description="Secret that API keys are hashed with, and links signed; made and "
        "kept in the data folder if left out. The same in all gateways.",
    )
    require_api_keys: bool = Field(
        default=False,
        validation_alias=AliasChoices("require_api_keys"),
        description="Refuse to start while there is no API key.",
    )
    anonymous_rate: str | None = Field(
        default=None,
        description="Generations that an address may ask for while the gateway is "
        "open, such as 60/minute.",
    )
    metrics_token: SecretStr | None = Field(
        default=None,
        description="Bearer token that GET /metrics asks for, if any.",
    )
    webhook_hosts: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_parts)] = (
        Field(
            default=(),
            description="Hosts with private addresses that webhooks may go to, with "
            "commas between; all public ones are allowed, over https.",
        )
    )
    webhook_secret: SecretStr | None = Field(
        default=None,
        description="What webhooks are signed with (Standard Webhooks, whsec_…); there "
        "are none without it.",
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_parts)] = Field(
        default=(),
        description="Origins whose pages may call the gateway, with commas between.",
    )
    drain_delay_s: float = Field(
        default=5.0,
        ge=0,
        allow_inf_nan=False,
        description="Seconds from POST /admin/drain until a stop is safe: what load "
        "balancers need to see that /readyz is gone.",
    )
    host: str = Field(default="0.0.0.0", description="Address to listen on.")
    port: int = Field(
        default=8000, ge=0, le=65535, description="Port; 0 takes any free one."
    )
    max_body_bytes: int = Field(
        default=16 * 2**20, ge=1024, description="Largest request body, in bytes."
    )
    shutdown_grace_s: float | None = Field(
        default=None,
        ge=0,
        allow_inf_nan=False,
        description="Seconds that open requests have after a stop signal; "
        "REQUEST_TIMEOUT and 30 more if left out.",
    )
    log_format: LogFormat = Field(default="text", description="text or json.")
    log_level: LogLevel = Field(default="info", description="Least level to log.")
    shared_dir: CliSuppress[Path | None] = Field(
        default=None,
        description="Folder in which the workers of one gateway share their queue; "
        "gunicorn.conf.py sets it.",
    )
    workers: CliSuppress[int] = Field(
        default=1,
        ge=1,
        description="How many processes this gateway has; gunicorn.conf.py sets it.",
    )
    prometheus_multiproc_dir: CliSuppress[Path | None] = Field(
        default=None,
        validation_alias=AliasChoices("prometheus_multiproc_dir"),
        description="Folder in which the workers of one gateway share their metrics; "
        "gunicorn.conf.py sets it.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The strongest first."""
        files = SecretFiles(settings_cls, env_settings, dotenv_settings)
        return init_settings, files, env_settings, dotenv_settings

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, data_dir: Path) -> Path:
        try:
            # Not the current folder: the command line must find the gateway's keys.
            return (ENV_FILE.parent / data_dir.expanduser()).absolute()
        except RuntimeError as error:
            raise ValueError(str(error)) from error

    @field_validator("anonymous_rate")
    @classmethod
    def _a_rate(cls, rate: str | None) -> str | None:
        if rate is not None:
            parse_rate(rate)
        return rate

    @property
    def server_urls(self) -> tuple[str, ...]:
        """Without a slash at the end."""
        return tuple(str(url).rstrip("/") for url in self.text2image_server_url)

    @property
    def max_waiting(self) -> int:
        """How many generations may wait in the queue."""
        if self.max_queue is None:
            return _QUEUE_PER_SLOT * self.max_concurrent_requests
        return self.max_queue

    @property
    def processes(self) -> int:
        """That share the limits of a key."""
        return self.instances * self.workers

    @property
    def grace_s(self) -> float:
        """How long open requests may go on after a stop signal, in seconds."""
        if self.shutdown_grace_s is None:
            return self.request_timeout + _AFTER_DEADLINE_S
        return self.shutdown_grace_s


def unknown_variables() -> dict[str, str | None]:
    """`GATEWAY_*` variables that set nothing, each with what was probably meant."""
    known = set(_variables())
    prefix = GatewaySettings.model_config.get("env_prefix", "")
    unknown = {
        name
        for variables in (_environment(), _env_file())
        for name in map(str.upper, variables)
        if name.startswith(prefix) and name not in known | _NOT_OURS
    }
    return {
        name: next(iter(difflib.get_close_matches(name, known, n=1)), None)
        for name in sorted(unknown)
    }


def _variables() -> list[str]:
    names = []
    for field, info in GatewaySettings.model_fields.items():
        name = environment_variable(GatewaySettings, field)
        names += [name, name + SUFFIX] if is_secret(info) else [name]
    return names


def _environment() -> Mapping[str, str | None]:
    return EnvSettingsSource(GatewaySettings).env_vars


def _env_file() -> Mapping[str, str | None]:
    return DotEnvSettingsSource(GatewaySettings).env_vars
