"""What an operator can set: environment variables, `.env`, or flags of main.py."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, AliasChoices, Field, HttpUrl
from pydantic_settings import BaseSettings, CliSuppress, SettingsConfigDict

from easel.telemetry.logs import LogFormat, LogLevel

# Beside main.py, whichever folder the gateway is started from.
ENV_FILE = Path(__file__).parents[2] / ".env"

# What a generation may still need after its deadline: the answer's last bytes.
_AFTER_DEADLINE_S = 30.0


def _a_base_url(url: HttpUrl) -> HttpUrl:
    if url.query or url.fragment:
        raise ValueError("must end with the path: no ? and no # part")
    return url


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

    text2image_server_url: Annotated[HttpUrl, AfterValidator(_a_base_url)] = Field(
        default=HttpUrl("http://localhost:8001"),
        validation_alias=AliasChoices("text2image_server_url"),
        description="URL of the text-to-image server.",
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
        "more are refused with 503.",
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
    slots_dir: CliSuppress[Path | None] = Field(
        default=None,
        description="Folder in which the workers of one gateway share their slots; "
        "gunicorn.conf.py sets it.",
    )
    prometheus_multiproc_dir: CliSuppress[Path | None] = Field(
        default=None,
        validation_alias=AliasChoices("prometheus_multiproc_dir"),
        description="Folder in which the workers of one gateway share their metrics; "
        "gunicorn.conf.py sets it.",
    )

    @property
    def grace_s(self) -> float:
        """How long open requests may go on after a stop signal, in seconds."""
        if self.shutdown_grace_s is None:
            return self.request_timeout + _AFTER_DEADLINE_S
        return self.shutdown_grace_s
