"""The environment of what is no dependency of ours: LiteLLM, the naive gateway."""

# ruff: noqa: T201 - it talks to a person at a terminal

import argparse
import importlib.metadata
import json
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from . import ROOT
from .contenders import IN_OTHER_ENVIRONMENT

_FOLDER = ROOT / ".easel/litellm"

# httptools and uvloop are what makes uvicorn fast: the others get them, too.
_REQUIREMENTS = (
    "litellm[proxy]==1.106.2",
    "fastapi==0.165.0",
    "httpx==0.28.1",
    "uvicorn[standard]==0.54.0",
    "httptools==0.9.0",
)
_REPORTED = (
    *("litellm", "fastapi", "starlette", "pydantic", "httpx", "aiohttp"),
    *("uvicorn", "uvloop", "httptools"),
)
_OURS = ("fastapi", "starlette", "aiohttp", "uvicorn", "uvloop", "httptools")


def choose_environment(arguments: argparse.Namespace) -> list[str]:
    """Set `other_python`, and return who of `contenders` can take part.

    The environment is made, unless nobody needs it, or it would not be quick.
    """
    contenders: list[str] = arguments.contenders
    others = [name for name in contenders if name in IN_OTHER_ENVIRONMENT]
    if arguments.other_python is not None or not others:
        return contenders
    arguments.other_python = _made_python() if arguments.quick else _make()
    if arguments.other_python is None:
        return [name for name in contenders if name not in others]
    return contenders


def _made_python() -> Path | None:
    """Of the environment that was made before; None if there is none like it."""
    stamp = _FOLDER / "easel-benchmark"
    if stamp.exists() and stamp.read_text() == _stamp():
        return _FOLDER / "bin/python"
    return None


def _make() -> Path:
    """Make it, which takes minutes, and return its Python.

    Raises:
        subprocess.CalledProcessError: pip could not.
    """
    python = _made_python()
    if python is not None:
        return python
    print(f"installing {_REQUIREMENTS[0]} into {_FOLDER.relative_to(ROOT)} ...")
    venv.create(_FOLDER, clear=True, with_pip=True)
    python = _FOLDER / "bin/python"
    subprocess.run(
        [str(python), "-m", "pip", "install", "--quiet", *_REQUIREMENTS], check=True
    )
    (_FOLDER / "easel-benchmark").write_text(_stamp())
    return python


def versions(other_python: Path | None) -> dict[str, str]:
    """Of all that takes part."""
    found = {name: importlib.metadata.version(name) for name in _OURS}
    if other_python is not None:
        told = subprocess.run(
            [str(other_python), "-c", _TELL, *_REPORTED],
            capture_output=True,
            text=True,
            check=True,
        )
        others = json.loads(told.stdout)
        found |= {f"{name} (other)": version for name, version in others.items()}
    for program, option in (("nginx", "-v"), ("wrk", "-v")):
        found[program] = _first_line(program, option)
    return found


_TELL = """
import importlib.metadata, json, platform, sys
found = {"python": platform.python_version()}
for name in sys.argv[1:]:
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        found[name] = "none"
print(json.dumps(found))
"""


def _first_line(program: str, option: str) -> str:
    """Of what it says to either output; wrk ends with an error after that."""
    if shutil.which(program) is None:
        return "none"
    said = subprocess.run(
        [program, option], capture_output=True, text=True, check=False
    )
    return (said.stdout or said.stderr).splitlines()[0].split(" Copyright")[0].strip()


def _stamp() -> str:
    return " ".join([*_REQUIREMENTS, sys.version.split()[0]])
