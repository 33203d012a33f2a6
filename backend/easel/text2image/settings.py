"""What an operator can set: flags of text2image_server.py, or environment variables."""

import hashlib
import re
import socket
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    CliImplicitFlag,
    NoDecode,
    SettingsConfigDict,
)

from easel.telemetry.logs import LogFormat, LogLevel
from easel.text2image.engines.load_options import (
    FAKE_MODEL,
    Offload,
    Quantization,
    RuntimeChoice,
)
from easel.text2image.images.safety import SafetyPolicy

EMBEDDED_MODEL = "easel-mini"

# Beside text2image_server.py, whichever folder the server is started from.
ENV_FILE = Path(__file__).parents[2] / ".env"

ModelName = Annotated[str, StringConstraints(min_length=1)]
DType = Literal["auto", "float32", "bfloat16", "float16"]


class ServerSettings(BaseSettings):
    """Start a text-to-image server: models on one device, behind HTTP."""

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
    model: Annotated[tuple[ModelName, ...], NoDecode] = Field(
        default=(EMBEDDED_MODEL,),
        min_length=1,
        description="A diffusers folder, a model hub name, the embedded "
        f"`{EMBEDDED_MODEL}`, or `{FAKE_MODEL}` for a test pattern without torch. "
        "Several, by several flags or with commas between: the first is the default, "
        "the others are loaded on demand.",
    )
    runtime: RuntimeChoice = Field(
        default="auto",
        description="auto, onnx or torch: what computes. onnx is ONNX Runtime on the "
        "CPU, without torch, for models that carry graphs, as the embedded one does; "
        "auto takes it unless there is a GPU, or a model or flag that needs torch.",
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
    memory_budget_gib: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="What all loaded models together may take; the least recently used "
        "go first. Left out: 85 % of a GPU's memory, 60 % of the machine's.",
    )
    lora_dir: Path | None = Field(
        default=None,
        description="Folder of LoRA adapters (`.safetensors`) that requests may name.",
    )
    compile: CliImplicitFlag[bool] = Field(
        default=False,
        description="Compile the denoiser: faster steps, minutes until it is ready.",
    )
    quantize: Quantization | None = Field(
        default=None,
        description="fp8 or int8: less memory for a little quality; needs torchao.",
    )
    offload: Offload = Field(
        default="none",
        description="model or sequential: what may wait in the machine's memory while "
        "the GPU does not need it.",
    )
    executor: Literal["local", "ray"] = Field(
        default="local",
        description="local or ray: whether models run in a thread of this process, or "
        "as Ray Serve replicas on a cluster (`deploy/ray/`).",
    )
    address: str = Field(
        default="auto",
        min_length=1,
        description="Of the Ray cluster, `host:port`; auto is the one that this "
        "machine is a node of.",
    )
    per_replica: int = Field(
        default=8,
        ge=1,
        description="Generations that a Ray replica is sent at a time, some less than "
        "its deployment's `max_ongoing_requests`; others wait here, in fair order.",
    )
    max_batch_rows: int = Field(
        default=32,
        ge=1,
        le=512,
        description="Rows of one denoiser pass at most, two for an image with "
        "guidance; the server finds the best number below by measuring.",
    )
    replica_id: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9-]{1,32}$",
        description="Part of every generation id; made from host name and port if "
        "left out. Unique among the servers of one gateway.",
    )
    max_queued: int = Field(
        default=256,
        ge=0,
        description="Generations that may wait; more are refused with 503.",
    )
    max_backlog_s: float = Field(
        default=120.0,
        ge=0,
        allow_inf_nan=False,
        description="Predicted seconds of accepted work; above it new generations are "
        "refused with 503 and told when to come back.",
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
        default=32 * 2**20,
        ge=1024,
        description="Largest request body, in bytes; images grow by a third in JSON.",
    )
    shutdown_grace_s: float = Field(
        default=30.0,
        ge=0,
        allow_inf_nan=False,
        description="Seconds that a running generation has after a stop signal.",
    )
    metadata: Literal["full", "none"] = Field(
        default="full",
        description="full or none: whether image files say how they were made.",
    )
    c2pa_certificate: Path | None = Field(
        default=None,
        description="PEM certificate chain to sign images with (C2PA content "
        "credentials); needs the key, too.",
    )
    c2pa_key: Path | None = Field(
        default=None, description="PEM private key of that certificate."
    )
    safety: SafetyPolicy = Field(
        default="off",
        description="off, flag, blur or refuse: what happens to images that the safety "
        "checker objects to.",
    )
    safety_checker: Path | None = Field(
        default=None,
        description="Folder of a diffusers safety checker or an image classifier.",
    )
    safety_threshold: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="Score from which an image is flagged; the checker's own if left "
        "out.",
    )
    safety_optional: CliImplicitFlag[bool] = Field(
        default=False,
        description="Whether a request may leave out the safety check.",
    )
    fake_step_seconds: float = Field(
        default=0.05, ge=0, description=f"Step time of the `{FAKE_MODEL}` model."
    )
    log_format: LogFormat = Field(default="text", description="text or json.")
    log_level: LogLevel = Field(default="info", description="Least level to log.")

    @field_validator("model", mode="before")
    @classmethod
    def _split(cls, model: object) -> object:
        """One text with commas, from the environment, or a list of flags."""
        names = [model] if isinstance(model, str) else model
        if not isinstance(names, list | tuple):
            return names
        parts = [part.strip() for name in names for part in str(name).split(",")]
        return tuple(part for part in parts if part)

    @model_validator(mode="after")
    def _pairs(self) -> Self:
        if (self.c2pa_certificate is None) != (self.c2pa_key is None):
            raise ValueError("c2pa_certificate and c2pa_key belong together")
        if (self.safety == "off") != (self.safety_checker is None):
            raise ValueError("safety and safety_checker belong together")
        return self

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
