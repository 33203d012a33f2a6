"""A Dockerfile as stages of steps, read by the libraries that know its format."""

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.system.processes import ROOT

TOOLS = ROOT / ".easel/deploy-tools/bin"

_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


@dataclass(frozen=True)
class Step:
    """One instruction, such as `RUN` with the command line as its value."""

    name: str
    value: str


@dataclass(frozen=True)
class Stage:
    """What stands between one `FROM` and the next."""

    name: str
    base: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Dockerfile:
    """
    Args:
        arguments: Those before the first `FROM`, with their defaults.
        stages: In the order of the file.
        files: What `.dockerignore` lets a builder see, below the repository's root.
    """

    arguments: dict[str, str]
    stages: tuple[Stage, ...]
    files: tuple[str, ...]

    def needed_for(self, target: str) -> tuple[Stage, ...]:
        """The stages that a builder runs for `target`, in order."""
        by_name = {stage.name: stage for stage in self.stages}
        wanted, ahead = set(), [target]
        while ahead:
            name = ahead.pop()
            if name not in by_name or name in wanted:
                continue
            wanted.add(name)
            stage = by_name[name]
            ahead.append(stage.base)
            ahead += re.findall(
                r"--from=(\S+)",
                " ".join(step.value for step in stage.steps if step.name == "COPY"),
            )
        return tuple(stage for stage in self.stages if stage.name in wanted)


def read_dockerfile(path: Path) -> Dockerfile:
    command = [
        str(TOOLS / "python"),
        str(ROOT / "scripts/dockerfile_steps.py"),
        str(path),
        str(ROOT),
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    document = json.loads(done.stdout)
    steps = [Step(**step) for step in document["instructions"]]
    firsts = [index for index, step in enumerate(steps) if step.name == "FROM"]
    arguments = dict(
        assignment(step.value) for step in steps[: firsts[0]] if step.name == "ARG"
    )
    stages = []
    for first, end in zip(firsts, [*firsts[1:], len(steps)], strict=True):
        base, _, name = substituted(steps[first].value, arguments).partition(" AS ")
        stages.append(Stage(name, base, tuple(steps[first + 1 : end])))
    return Dockerfile(arguments, tuple(stages), tuple(document["files"]))


def assignment(text: str) -> tuple[str, str]:
    """`NAME=value` as two; the value is empty where there is none."""
    name, _, value = text.partition("=")
    return name, value.strip("\"'")


def substituted(text: str, variables: dict[str, str]) -> str:
    """`text` with `$NAME` and `${NAME}` replaced.

    Raises:
        KeyError: there is no such variable.
    """
    return _VARIABLE.sub(lambda found: variables[found[1] or found[2]], text)
