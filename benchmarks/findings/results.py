"""Raw results: every measurement, and what it was measured on, as one JSON file."""

# ruff: noqa: T201 - it talks to a person at a terminal

import json
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import astuple, is_dataclass
from datetime import UTC, datetime
from pathlib import Path

from . import ROOT

Measurement = Mapping[str, object]


class Results:
    """What one run of one program finds.

    Args:
        name: Of the program.
        folder: Results go to `DATE-MACHINE` below it.
        machine: What the machine is called there; None: its GPU, or its processor.
        told: The program's arguments.
        versions: Of what was measured, and with what.
        model: That was measured.
        suffix: Of the file's name.

    Attributes:
        measurements: Every single one, by what was measured.
        summary: The numbers for the table, by what they are called there.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        machine: str | None,
        told: Mapping[str, object],
        versions: Mapping[str, str],
        *,
        model: str | None = None,
        suffix: str = "",
    ) -> None:
        self._name = name
        self._folder = folder
        self._called = machine
        self._told = told
        self._versions = versions
        self._model = model
        self._suffix = suffix
        self._began_at = datetime.now(UTC)
        self._load_before = os.getloadavg()
        self.measurements: dict[str, list[Measurement]] = {}
        self.summary: dict[str, object] = {}

    def add(self, kind: str, **measured: object) -> None:
        self.measurements.setdefault(kind, []).append(measured)

    def write(self) -> Path:
        """Print the summary, keep everything, and return the file."""
        document = self._document()
        machine = document["machine"]
        assert isinstance(machine, dict)
        date = self._began_at.date().isoformat()
        called = self._called or slug(str(machine["name"]))
        path = self._folder / f"{date}-{called}" / f"{self._name}{self._suffix}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_lines(document), encoding="utf-8")
        print_summary(title(document), self.summary)
        print(f"raw results: {os.path.relpath(path)}")
        return path

    def _document(self) -> dict[str, object]:
        return {
            "benchmark": self._name,
            **({} if self._model is None else {"model": self._model}),
            "began_at": self._began_at.isoformat(timespec="seconds"),
            "took_s": (datetime.now(UTC) - self._began_at).total_seconds(),
            "commit": _commit(),
            "machine": machine_document(),
            "versions": {"python": platform.python_version(), **self._versions},
            "load_average": {"before": self._load_before, "after": os.getloadavg()},
            "arguments": self._told,
            "summary": self.summary,
            "measurements": self.measurements,
        }


def title(document: Mapping[str, object]) -> str:
    model = document.get("model")
    return str(document["benchmark"]) + (f" ({model})" if model else "")


def print_summary(title: str, summary: Mapping[str, object]) -> None:
    """As a table that Markdown understands."""
    print(f"\n| {title} | |\n|---|---:|")
    for name, value in summary.items():
        print(f"| {name} | {shown(value)} |")


def shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return " to ".join(shown(part) for part in value)
    return str(value)


def machine_document() -> dict[str, object]:
    """Processor, cores, memory, GPU; `name` is the GPU's, or else the processor's."""
    cores = len(os.sched_getaffinity(0))
    processor = _field_of(Path("/proc/cpuinfo"), "model name") or platform.machine()
    gpu = _gpu()
    return {
        "name": gpu.split(",")[0] if gpu else f"{processor} {cores} cores",
        "processor": processor,
        "cores": cores,
        "memory_gib": round(
            os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1
        ),
        "gpu": gpu,
        "system": f"{platform.system()} {platform.release()}",
    }


def _gpu() -> str | None:
    """Name, driver, memory."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    query = "--query-gpu=name,driver_version,memory.total"
    asked = subprocess.run(
        [program, query, "--format=csv,noheader"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return asked.stdout.splitlines()[0] if asked.returncode == 0 else None


def _field_of(path: Path, name: str) -> str | None:
    if not path.exists():
        return None
    for line in path.read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return None


def _commit() -> str:
    """With `+` where files differ from it; `unknown` outside of a checkout."""
    git = shutil.which("git")
    if git is None:
        return "unknown"
    head = _output_of(git, "rev-parse", "--short=12", "HEAD")
    if head is None:
        return "unknown"
    return head + ("+" if _output_of(git, "status", "--porcelain") else "")


def _output_of(program: str, *arguments: str) -> str | None:
    asked = subprocess.run(
        [program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() if asked.returncode == 0 else None


def slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower().replace("(r)", "")).strip("-")


def _lines(document: Mapping[str, object]) -> str:
    """JSON with a line for each measurement: to be read, and to be compared."""
    parts = []
    for name, value in document.items():
        if name == "measurements":
            assert isinstance(value, dict)
            kinds = ",\n".join(
                f"  {json.dumps(kind)}: [\n    "
                + ",\n    ".join(json.dumps(_rounded(one)) for one in measured)
                + "\n  ]"
                for kind, measured in value.items()
            )
            parts.append(f'  "measurements": {{\n{kinds}\n  }}')
        else:
            parts.append(f"  {json.dumps(name)}: {json.dumps(_rounded(value))}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _rounded(value: object) -> object:
    """Microseconds are exact enough."""
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, Mapping):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    if is_dataclass(value) and not isinstance(value, type):
        return _rounded(astuple(value))
    return value
