"""What is compared, and how each is started. One worker process each."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from . import ROOT
from .contender import (
    JSON_TYPE,
    NATIVE_BODY,
    NATIVE_PATH,
    OPENAI_BODY,
    OPENAI_PATH,
    Contender,
    Places,
)
from .processes import Process, free_port, running
from .upstream import proxy_configuration

# Of LiteLLM, which does not start without one.
_MASTER_KEY = "sk-0123456789abcdef"


@contextmanager
def direct(places: Places) -> Iterator[Contender]:
    """Nothing between."""
    yield Contender("direct", places.upstream_port, NATIVE_PATH, NATIVE_BODY, JSON_TYPE)


@contextmanager
def nginx(places: Places) -> Iterator[Contender]:
    """`proxy_pass`, unbuffered; its one worker is not the upstream's."""
    port = free_port()
    configuration = proxy_configuration(places.folder, port, places.upstream_port)
    with _started(places, "nginx", port, ["nginx", "-c", str(configuration)]) as run:
        yield _native("nginx", port, run)


@contextmanager
def bare(places: Places) -> Iterator[Contender]:
    """What the libraries cost that Easel's gateway stands on."""
    with _module(places, "bare", sys.executable) as contender:
        yield contender


@contextmanager
def naive(places: Places) -> Iterator[Contender]:
    with _module(places, "naive", _other(places)) as contender:
        yield contender


@contextmanager
def _module(places: Places, name: str, python: str) -> Iterator[Contender]:
    """The app of `NAME_gateway.py`."""
    port = free_port()
    command = [
        *(python, "-m", "uvicorn", f"{name}_gateway:app"),
        *("--port", str(port), "--no-access-log", "--log-level", "warning"),
    ]
    with _started(
        places,
        name,
        port,
        command,
        cwd=Path(__file__).parent,
        environment={"UPSTREAM_URL": f"http://127.0.0.1:{places.upstream_port}"},
    ) as run:
        yield _native(name, port, run)


@contextmanager
def litellm(places: Places) -> Iterator[Contender]:
    """As its documentation wants it in production, without a database."""
    port = free_port()
    configuration = places.folder / f"litellm-{port}.json"
    configuration.write_text(json.dumps(_litellm_configuration(places)))
    command = [
        str(Path(_other(places)).parent / "litellm"),
        *("--config", str(configuration), "--port", str(port)),
        *("--host", "127.0.0.1", "--num_workers", "1", "--telemetry", "False"),
    ]
    environment = {
        "LITELLM_LOG": "ERROR",
        "LITELLM_MODE": "PRODUCTION",
        # Its list of prices comes from the network else, at every start.
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    with _started(
        places,
        "litellm",
        port,
        command,
        health="/health/liveliness",
        environment=environment,
    ) as run:
        headers = {**JSON_TYPE, "Authorization": f"Bearer {_MASTER_KEY}"}
        yield Contender("litellm", port, OPENAI_PATH, OPENAI_BODY, headers, run)


def _litellm_configuration(places: Places) -> dict[str, object]:
    model = {
        "model": "openai/bench",
        "api_base": f"http://127.0.0.1:{places.upstream_port}/v1",
        "api_key": "none",
    }
    return {
        "model_list": [
            {
                "model_name": "bench",
                "litellm_params": model,
                "model_info": {"mode": "image_generation"},
            }
        ],
        "litellm_settings": {"set_verbose": False, "num_retries": 0},
        "general_settings": {"master_key": _MASTER_KEY},
    }


@contextmanager
def easel(places: Places) -> Iterator[Contender]:
    with _easel(places) as (port, key, run):
        yield _native("easel", port, run, {"Authorization": f"Bearer {key}"})


@contextmanager
def easel_openai(places: Places) -> Iterator[Contender]:
    """The same gateway, asked as OpenAI is."""
    with _easel(places) as (port, key, run):
        headers = {**JSON_TYPE, "Authorization": f"Bearer {key}"}
        body = {**OPENAI_BODY, "response_format": "b64_json"}
        yield Contender("easel_openai", port, OPENAI_PATH, body, headers, run)


@contextmanager
def _easel(places: Places) -> Iterator[tuple[int, str, Process]]:
    """Keys, every limit that a key can have, metrics, and a line of log a request.

    Yields:
        Its port, a key, and its process.
    """
    port = free_port()
    backend = ROOT / "backend"
    environment = {
        **{name: "" for name in os.environ if name.startswith("GATEWAY_")},
        "TEXT2IMAGE_SERVER_URL": f"http://127.0.0.1:{places.upstream_port}",
        "GATEWAY_DATA_DIR": str(places.folder / f"easel-{port}"),
        "GATEWAY_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "GATEWAY_LOG_FORMAT": "json",
        "MAX_CONCURRENT_REQUESTS": "64",
    }
    key = _made_key(backend, environment)
    command = [sys.executable, "main.py"]
    with _started(
        places, "easel", port, command, cwd=backend, environment=environment
    ) as run:
        yield port, key, run


def _made_key(backend: Path, environment: Mapping[str, str]) -> str:
    """Of limits that are counted, and never reached."""
    made = subprocess.run(
        [
            *(sys.executable, "-m", "easel", "keys", "create", "--name", "bench"),
            *("--rate", "1000000/second", "--max-concurrent", "1000"),
            *("--images-per-day", "1000000000", "--json"),
        ],
        cwd=backend,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    key: str = json.loads(made.stdout)["key"]
    return key


CONTENDERS: Mapping[str, Callable[[Places], AbstractContextManager[Contender]]] = {
    "direct": direct,
    "nginx": nginx,
    "bare": bare,
    "naive": naive,
    "litellm": litellm,
    "easel": easel,
    "easel_openai": easel_openai,
}

# Those that run in an environment of their own.
IN_OTHER_ENVIRONMENT = ("naive", "litellm")


def _native(
    name: str, port: int, run: Process, headers: Mapping[str, str] | None = None
) -> Contender:
    sent = {**JSON_TYPE, **(headers or {})}
    return Contender(name, port, NATIVE_PATH, NATIVE_BODY, sent, run)


def _started(
    places: Places,
    name: str,
    port: int,
    command: Sequence[str],
    *,
    health: str = "/health",
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> AbstractContextManager[Process]:
    return running(
        command,
        port,
        places.folder / f"{name}-{port}.log",
        core=places.core,
        health=health,
        cwd=cwd,
        environment=environment,
    )


def _other(places: Places) -> str:
    if places.other_python is None:
        raise RuntimeError("this contender needs an environment of its own")
    return str(places.other_python)
