"""What a builder would read: a Dockerfile's instructions, and its context's files.

python scripts/dockerfile_steps.py DOCKERFILE CONTEXT      (the container tests call it)

Prints one JSON document: `instructions`, each with `name` and `value`, and `files`, the
paths below the context that `.dockerignore` lets through. Reading both is left to the
libraries that know the formats, which deploy/tools/requirements.txt locks.
"""

# ruff: noqa: T201 - it talks to the tests

import json
import sys
from pathlib import Path

from docker.utils.build import exclude_paths  # type: ignore[import-untyped]
from dockerfile_parse import DockerfileParser  # type: ignore[import-untyped]


def instructions(dockerfile: Path) -> list[dict[str, str]]:
    """All but comments, in order; continued lines are one."""
    return [
        {"name": step["instruction"], "value": step["value"]}
        for step in DockerfileParser(str(dockerfile)).structure
        if step["instruction"] != "COMMENT"
    ]


def context_files(context: Path) -> list[str]:
    """Relative paths of files, without those that `.dockerignore` holds back."""
    patterns = (context / ".dockerignore").read_text().splitlines()
    kept = exclude_paths(str(context), patterns)
    return sorted(path for path in kept if (context / path).is_file())


if __name__ == "__main__":
    dockerfile, context = map(Path, sys.argv[1:])
    print(
        json.dumps(
            {
                "instructions": instructions(dockerfile),
                "files": context_files(context),
            }
        )
    )
