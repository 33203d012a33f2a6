"""docs/api.md and docs/quickstart.md: their examples are run, in their order."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.processes import ROOT, Program, running_gateway, running_server

pytestmark = pytest.mark.system

PAGE = (ROOT / "docs/api.md").read_text()
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
GATEWAY = "http://localhost:8000"


@pytest.fixture(scope="module")
def gateway(folder: Path) -> Iterator[Program]:
    with (
        running_server(folder / "page") as server,
        running_gateway(folder / "page-gateway", server.url) as program,
    ):
        yield program


def run(script: str, gateway: Program, folder: Path) -> str:
    assert GATEWAY in script
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script.replace(GATEWAY, gateway.url)],
        cwd=folder,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def same_fields(shown: Any, given: Any, where: str = "") -> None:
    """Every field that the page shows is there, of the same type."""
    if isinstance(shown, dict):
        assert set(shown) <= set(given), where
        for name in shown:
            same_fields(shown[name], given[name], f"{where}.{name}")
    elif isinstance(shown, list) and shown:
        same_fields(shown[0], given[0], f"{where}[0]")
    elif shown is not None and given is not None:
        numbers = (int, float)
        both_numbers = isinstance(shown, numbers) and isinstance(given, numbers)
        assert both_numbers or type(shown) is type(given), where


def test_every_example_of_the_api_page(gateway: Program, tmp_path: Path) -> None:
    printed = ""
    ran = compared = 0
    variables = ""
    for language, text in BLOCK.findall(PAGE):
        if language == "bash":
            script = variables + text
            printed = run(script, gateway, tmp_path)
            # What one block sets, the next may use.
            variables += "".join(re.findall(r"^\w+=.*\n", text, re.M))
            ran += 1
        elif language == "json":
            same_fields(json.loads(text), json.loads(printed))
            compared += 1
    assert (ran, compared) == (17, 5)
    # What the examples were said to leave behind.
    assert (tmp_path / "apple.webp").read_bytes()[8:12] == b"WEBP"
    for name in ("image.png", "thumbnail.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


def test_the_example_of_the_quickstart(gateway: Program, tmp_path: Path) -> None:
    page = (ROOT / "docs/quickstart.md").read_text()
    (example,) = (text for _, text in BLOCK.findall(page) if "curl" in text)
    run(example, gateway, tmp_path)
    assert (tmp_path / "landscape.png").read_bytes().startswith(b"\x89PNG")
