"""Everything between the load and the upstream's port: how to ask it, its process."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .processes import Process

JSON_TYPE = {"Content-Type": "application/json"}
NATIVE_PATH = "/generate"
OPENAI_PATH = "/v1/images/generations"
NATIVE_BODY: Mapping[str, object] = {"prompt": "a fox in the snow"}
OPENAI_BODY: Mapping[str, object] = {"model": "bench", **NATIVE_BODY}


@dataclass(frozen=True)
class Contender:
    """
    Attributes:
        port: On this machine.
        path: Of the request.
        body: Of the request.
        headers: Of the request.
        process: None for what is no process.
    """

    name: str
    port: int
    path: str
    body: Mapping[str, object]
    headers: Mapping[str, str]
    process: Process | None = None


@dataclass(frozen=True)
class Places:
    """Where contenders run.

    Attributes:
        folder: For configurations and logs.
        core: Of the gateways.
        upstream_port: That they pass on to.
        other_python: Of the environment with LiteLLM, FastAPI and httpx.
    """

    folder: Path
    core: int
    upstream_port: int
    other_python: Path | None
