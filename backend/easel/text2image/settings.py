"""What an operator can set: flags of text2image_server.py, or environment variables."""

import hashlib
import re
import socket
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from easel.telemetry.logs import LogFormat, LogLevel

EMBEDDED_MODEL = "easel-mini"
FAKE_MODEL = "fake"

# Beside text2image_server.py, whichever folder the server is started from.
ENV_FILE = Path(__file__).parents[2] / ".env"

DType = Literal["auto", "float32", "bfloat16", "float16"]


class ServerSettings(BaseSettings):
    """Start a text-to-image server: one model on one device, behind HTTP."""

    model_config = SettingsConfigDict(
        env_prefix="TEXT2IMAGE_",
        env_file=ENV_FILE,
        extra="ignore",
        frozen=True,
        cli_prog_name="text2image_server.py",
        cli_kebab_case=True,
        cli_hide_none_type=True,
        cli_avoid_json=True,
        env_ignore_empty=True,
    )

    host: str = Field(default="0.0.0.0", description="Address to listen on.")
    port: int = Field(
        default=8000, ge=0, le=65535, description="Port; 0 takes any free one."
    )
    model: str = Field(
        default=EMBEDDED_MODEL,
        min_length=1,
        description="A diffusers folder, a model hub name, the embedded "
        f"`{EMBEDDED_MODEL}`, or `{FAKE_MODEL}` for a test pattern without torch.",
    )
    device: str = Field(
        default="auto",
        pattern=r"^(auto|cpu|cuda(:\d+)?|mps|xpu)$",
        description="auto, cpu, cuda, cuda:1, mps or xpu.",
    )
    dtype: DType = Field(
        default="auto",
        description="Number format of the weights; auto is bfloat16 on a GPU that "
        "computes with it, float16 on others, float32 on a CPU.",
    )
    replica_id: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9-]{1,32}$",
        description="Part of every generation id; made from host name and port if "
        "left out. Unique among the servers of one gateway.",
    )
    max_queued: int = Field(
        default=32,
        ge=0,
        description="Generations that may wait; more are refused with 503.",
    )
    data_dir: Path = Field(
        default=Path(".easel"), description="Folder for finished images."
    )
    image_ttl_s: float = Field(
        default=24 * 3600.0,
        gt=0,
        allow_inf_nan=False,
        description="Seconds for which a finished generation can be fetched.",
    )
    max_kept: int = Field(
        default=1000,
        ge=1,
        description="Completed generations kept at most; the oldest go first.",
    )
    max_body_bytes: int = Field(
        default=16 * 2**20, ge=1024, description="Largest request body, in bytes."
    )
    shutdown_grace_s: float = Field(
        default=30.0,
        ge=0,
        allow_inf_nan=False,
        description="Seconds that a running generation has after a stop signal.",
    )
    fake_step_seconds: float = Field(
        default=0.05, ge=0, description=f"Step time of the `{FAKE_MODEL}` model."
    )
    log_format: LogFormat = Field(default="text", description="text or json.")
    log_level: LogLevel = Field(default="info", description="Least level to log.")

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, data_dir: Path) -> Path:
        try:
            return data_dir.expanduser().absolute()
        except RuntimeError as error:
            raise ValueError(str(error)) from error

    def replica(self, port: int) -> str:
        """The replica id: as set, or the same one each time on this host and port."""
        if self.replica_id is not None:
            return self.replica_id
        host = re.sub(r"[^a-z0-9]", "", socket.gethostname().lower())
        return "r" + hashlib.sha256(f"{host}:{port}".encode()).hexdigest()[:6]
