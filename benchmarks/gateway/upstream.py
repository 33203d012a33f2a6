"""A text-to-image server that answers at once, and one that only passes on: nginx.

Nothing in Python could be fast enough to show what a gateway costs. Each kind of
answer has a port of its own, so that all contenders get the same from the same
process. It also speaks OpenAI's image API, for LiteLLM.
"""

import base64
import json
import random
from collections.abc import Mapping
from pathlib import Path

# Bytes of the images in the answer, before base64.
_SIZES = {"1KB": 300, "2MB": 1_500_000, "8MB": 6_000_000}

# Eight partial images.
STREAM = "SSE"
ANSWERS = (*_SIZES, STREAM)
_PREVIEWS = 8
_PREVIEW_BYTES = 60_000

_REPLICA = "bench"
_GENERATION = f"gen_{_REPLICA}_01KB6Z7Q8R9S0T1V2W3X4Y5Z60"

HEALTH = {
    "status": "healthy",
    "model_loaded": True,
    "cuda_available": False,
    "replica": _REPLICA,
    "model": "bench",
    "device": "cpu",
    "queued": 0,
    "running": 0,
    "backlog_s": 0.0,
    "version": "0.1.0",
}
_SIZE = {"width": 512, "height": 512}
_MODEL = {
    "id": "bench",
    "display_name": "Bench",
    "description": "Answers at once.",
    "license": None,
    "pipeline": "None",
    "sizes": {
        "minimum": 64,
        "maximum": 2048,
        "multiple_of": 8,
        "native": [_SIZE],
        "enlarges": False,
    },
    "num_inference_steps": {"minimum": 1, "maximum": 100},
    "guidance_scale": {"minimum": 0, "maximum": 20},
    "max_images": 4,
    "max_prompt_tokens": None,
    "sampler": "euler",
    "defaults": {**_SIZE, "num_inference_steps": 16, "guidance_scale": 4.0},
    "features": {"negative_prompt": True, "guidance_scale": True, "previews": True},
}
MODELS = {"models": [_MODEL]}
_PARAMETERS = {
    "prompt": "a fox in the snow",
    "negative_prompt": None,
    **_SIZE,
    "num_inference_steps": 16,
    "guidance_scale": 4.0,
    "seed": 7,
    "num_images": 1,
    "sampler": "euler",
}

_HTTP = """
daemon off;
worker_processes 1;
pid {folder}/{name}.pid;
error_log {folder}/{name}.log crit;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {folder}/{name}-body;
  proxy_temp_path {folder}/{name}-proxy;
  fastcgi_temp_path {folder}/{name}-fastcgi;
  scgi_temp_path {folder}/{name}-scgi;
  uwsgi_temp_path {folder}/{name}-uwsgi;
  client_max_body_size 32m;
  client_body_buffer_size 1m;
  keepalive_timeout 75s;
  keepalive_requests 1000000;
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
{inner}
}}
"""

_SERVER = """
  server {{
    listen 127.0.0.1:{port} backlog=2048;
    root {folder}/answers;
    # A file answers a POST, too.
    error_page 405 =200 $uri;
    add_header X-Easel-Replica {replica};
    location = /health {{ try_files /health.json =404; }}
    location = /models {{ try_files /models.json =404; }}
    location = /generate {{ rewrite ^ /{answer} last; }}
    location = /v1/images/generations {{ rewrite ^ /{answer}.openai.json last; }}
  }}
"""

_ANSWERS = """
  types {{ application/json json; text/event-stream sse; }}
  open_file_cache max=100 inactive=600s;
{servers}
"""

_PROXY = """
  upstream server {{ server 127.0.0.1:{upstream}; keepalive 128; }}
  server {{
    listen 127.0.0.1:{port} backlog=2048;
    location / {{
      proxy_pass http://server;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }}
  }}
"""


def write_answers(folder: Path) -> None:
    """All files that the upstream serves; the bytes of images are random."""
    answers = folder / "answers"
    answers.mkdir(parents=True, exist_ok=True)
    draw = random.Random(0)
    for name, size in _SIZES.items():
        image = base64.b64encode(draw.randbytes(size)).decode()
        _write(answers / _file(name), _generation(image))
        openai = {"created": 1_790_000_000, "data": [{"b64_json": image}]}
        _write(answers / f"{_file(name)}.openai.json", openai)
    preview = base64.b64encode(draw.randbytes(_PREVIEW_BYTES)).decode()
    (answers / _file(STREAM)).write_text(_events(preview))
    _write(answers / "health.json", HEALTH)
    _write(answers / "models.json", MODELS)


def upstream_configuration(folder: Path, ports: Mapping[str, int]) -> Path:
    """`ports` by what `POST /generate` answers there, of ANSWERS."""
    servers = "".join(
        _SERVER.format(folder=folder, port=port, replica=_REPLICA, answer=_file(answer))
        for answer, port in ports.items()
    )
    return _written(folder, "upstream", _ANSWERS.format(servers=servers))


def least_bytes(folder: Path, answer: str) -> int:
    """Of a whole `answer`, over any API: its images."""
    size = _SIZES.get(answer)
    if size is None:
        return (folder / "answers" / _file(answer)).stat().st_size
    return 4 * size // 3


def proxy_configuration(folder: Path, port: int, upstream: int) -> Path:
    return _written(
        folder, f"proxy-{port}", _PROXY.format(port=port, upstream=upstream)
    )


def _file(answer: str) -> str:
    return f"{answer}.sse" if answer == STREAM else f"{answer}.json"


def _written(folder: Path, name: str, inner: str) -> Path:
    path = folder / f"{name}.conf"
    path.write_text(_HTTP.format(folder=folder, name=name, inner=inner))
    return path


def _write(path: Path, document: object) -> None:
    path.write_text(json.dumps(document))


def _generation(image: str) -> dict[str, object]:
    return {
        "id": _GENERATION,
        "status": "completed",
        "model": "bench",
        "created_at": "2026-11-23T00:00:00Z",
        "parameters": _PARAMETERS,
        "warnings": [],
        "images": [
            {
                "index": 0,
                "seed": 7,
                "width": 512,
                "height": 512,
                "media_type": "image/png",
                "sha256": "0" * 64,
                "url": f"/generations/{_GENERATION}/images/0",
                "b64_json": image,
            }
        ],
        "timings": {
            "queued_s": 0.0,
            "encode_s": 0.0,
            "denoise_s": 0.4,
            "decode_s": 0.0,
            "total_s": 0.4,
        },
        "determinism": {"level": "seed", "largest_batch": 1},
    }


def _events(preview: str) -> str:
    """Eight partial images and an end, as a generation with previews sends them."""
    document = json.dumps({**_generation(""), "images": []})
    events = [("started", "{}")]
    for step in range(1, _PREVIEWS + 1):
        data = {"step": step, "index": 0, "image": f"data:image/jpeg;base64,{preview}"}
        events.append(("preview", json.dumps(data)))
    events.append(("completed", document))
    return "".join(
        f"event: {name}\ndata: {data}\nid: {place}\n\n"
        for place, (name, data) in enumerate(events, start=1)
    )
