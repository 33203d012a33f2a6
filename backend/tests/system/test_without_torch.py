"""A machine on which only `requirements-server.txt` was installed."""

import base64
import io
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from PIL import Image

from tests.system.processes import Program, running_server, started, wait_until

pytestmark = pytest.mark.system

# Read by Python before anything else, from the folder that PYTHONPATH names.
WITHOUT = """
import sys
for name in (
    "torch", "diffusers", "transformers", "tokenizers", "safetensors", "accelerate",
    "peft", "greenlet", "c2pa", "cryptography", "onnx", "onnxscript", "huggingface_hub",
):
    sys.modules[name] = None
"""


@pytest.fixture
def torchless(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = folder / "without-torch"
    place.mkdir(exist_ok=True)
    (place / "sitecustomize.py").write_text(WITHOUT)
    monkeypatch.setenv("PYTHONPATH", str(place))


@pytest.fixture
def server(folder: Path, torchless: None) -> Iterator[Program]:
    with running_server(folder / "torchless") as program:
        yield program


def test_the_embedded_model_paints_and_says_by_what(server: Program) -> None:
    health = httpx2.get(server.url + "/health").json()
    assert health["status"] == "healthy"
    assert (health["device"], health["runtime"]) == ("cpu", "onnx")
    (model,) = httpx2.get(server.url + "/models").json()["models"]
    assert model["runtime"] == "onnx"
    body = {"prompt": "a strawberry", "seed": 7, "num_inference_steps": 4}
    answer = httpx2.post(server.url + "/generate", json=body, timeout=120)
    assert answer.status_code == 200, answer.text
    file = base64.b64decode(answer.json()["images"][0]["b64_json"])
    with Image.open(io.BytesIO(file)) as image:
        low, high = image.convert("L").getextrema()
    assert isinstance(low, int)
    assert isinstance(high, int)
    assert high - low > 30
    assert server.stop() == 0
    server.assert_clean_log()


@pytest.mark.usefixtures("torchless")
@pytest.mark.parametrize(
    ("flags", "line"),
    [
        (["--model", "somebody/something"], "pip install -r requirements-torch.txt"),
        (["--runtime", "torch"], "pip install -r requirements-torch.txt"),
        (["--compile"], "pip install -r requirements-torch.txt"),
        (
            ["--c2pa-certificate", "chain.pem", "--c2pa-key", "key.pem"],
            "pip install -r requirements-credentials.txt",
        ),
    ],
    ids=lambda given: given[0] if isinstance(given, list) else "",
)
def test_what_needs_more_is_refused_in_one_line(
    folder: Path, flags: list[str], line: str
) -> None:
    command = [sys.executable, "text2image_server.py", "--port", "0", *flags]
    log = folder / "refused.log"
    with started(command, log, TEXT2IMAGE_DATA_DIR=str(folder / "refused")) as program:
        assert wait_until(lambda: program.popen.poll(), "it ends") != 0
    assert line in program.log
    assert "Traceback" not in program.log
