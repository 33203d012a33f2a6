"""A Dockerfile's steps, done in folders: what an image would hold, and how it starts.

`RUN` is run by chroot, as root; `COPY` takes what `.dockerignore` leaves. Debian's base
image is stood in for by what debootstrap makes of the same release: both hold the
packages that Debian marks as required.
"""

import json
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.containers.chroot_commands import build_command
from tests.containers.dockerfile import (
    Dockerfile,
    Stage,
    Step,
    assignment,
    read_dockerfile,
    substituted,
)
from tests.system.processes import ROOT

_BASE = "debian:trixie-slim"
_RELEASE = "trixie"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass
class Image:
    """A folder with an image's files, and what the image says about its start."""

    root: Path
    cwd: str = "/"
    user: str = "0:0"
    env: dict[str, str] = field(default_factory=lambda: {"PATH": _PATH})
    command: tuple[str, ...] = ()
    health_check: tuple[str, ...] = ()

    def copy_to(self, root: Path) -> "Image":
        copy_tree(self.root, root)
        return Image(
            root,
            self.cwd,
            self.user,
            dict(self.env),
            self.command,
            self.health_check,
        )


def copy_tree(source: Path, target: Path) -> None:
    target.mkdir(parents=True)
    command = ["cp", "--archive", "--reflink=auto", f"{source}/.", str(target)]
    subprocess.run(command, check=True)


def make_base(root: Path) -> None:
    """What stands in for Debian's image; kept, because it takes minutes."""
    if root.is_dir():
        return
    unfinished = root.with_name(f"{root.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    command = ["debootstrap", "--variant=minbase", _RELEASE, str(unfinished)]
    subprocess.run(command, check=True, capture_output=True)
    unfinished.rename(root)


class Replay:
    """
    Args:
        dockerfile: To be replayed.
        base: The folder of `make_base`.
        folder: For the stages' roots; big, and removed by the caller.
        log: Gets what the steps say.
    """

    def __init__(self, dockerfile: Path, base: Path, folder: Path, log: Path) -> None:
        self._dockerfile: Dockerfile = read_dockerfile(dockerfile)
        self._base = base
        self._folder = folder
        self._log = log
        self._images: dict[str, Image] = {}

    def build(self, target: str) -> Image:
        """The image of the stage `target`."""
        for stage in self._dockerfile.needed_for(target):
            image = self._beginning(stage)
            arguments = dict(self._dockerfile.arguments)
            for step in stage.steps:
                self._do(step, image, arguments)
            self._images[stage.name] = image
        return self._images[target]

    def _beginning(self, stage: Stage) -> Image:
        root = self._folder / stage.name
        if stage.base in self._images:
            return self._images[stage.base].copy_to(root)
        assert stage.base == _BASE, f"nothing stands in for {stage.base}"
        return Image(self._base).copy_to(root)

    def _do(self, step: Step, image: Image, arguments: dict[str, str]) -> None:
        value = step.value
        if step.name != "RUN":
            value = substituted(value, arguments | image.env)
        match step.name:
            case "ARG":
                name, default = assignment(value)
                arguments.setdefault(name, default)
            case "ENV":
                image.env |= dict(assignment(pair) for pair in shlex.split(value))
            case "WORKDIR":
                image.cwd = value
                (image.root / value.lstrip("/")).mkdir(parents=True, exist_ok=True)
            case "USER":
                image.user = value
            case "RUN":
                self._run(value, image, arguments)
            case "COPY":
                self._copy(value.split(), image)
            case "CMD":
                image.command = tuple(json.loads(value))
            case "HEALTHCHECK":
                image.health_check = tuple(json.loads(value.partition(" CMD ")[2]))
            case "EXPOSE":
                pass
            case unknown:
                raise ValueError(f"a replay knows no {unknown}")

    def _run(self, command: str, image: Image, arguments: dict[str, str]) -> None:
        assert image.user == "0:0", "the steps of a build are root's"
        env = image.env | arguments
        entered = build_command(image.root, command, cwd=image.cwd, env=env)
        with self._log.open("a") as log:
            log.write(f"RUN {command}\n")
            log.flush()
            done = subprocess.run(
                entered,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=False,
            )
        end = self._log.read_text(errors="replace")[-4000:]
        assert done.returncode == 0, f"RUN {command}\n{end}"

    def _copy(self, words: list[str], image: Image) -> None:
        """To a folder where several are copied or the target ends with a slash."""
        origin = None
        if found := re.fullmatch(r"--from=(\S+)", words[0]):
            origin, words = self._images[found[1]].root, words[1:]
        *sources, target = words
        to = image.root / (Path(image.cwd) / target).as_posix().lstrip("/")
        into = target.endswith("/") or len(sources) > 1
        for source in sources:
            if origin is not None:
                self._copy_from_stage(origin / source.lstrip("/"), to, into=into)
            else:
                self._copy_from_context(source, to, into=into)

    @staticmethod
    def _copy_from_stage(source: Path, to: Path, *, into: bool) -> None:
        assert source.exists(), source
        if source.is_dir():
            shutil.copytree(source, to, symlinks=True, dirs_exist_ok=True)
            return
        file = to / source.name if into else to
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, file)

    def _copy_from_context(self, source: str, to: Path, *, into: bool) -> None:
        source = source.removesuffix("/")
        is_folder = (ROOT / source).is_dir()
        files = [
            name
            for name in self._dockerfile.files
            if name == source or name.startswith(f"{source}/")
        ]
        assert files, f"COPY {source}: .dockerignore leaves nothing of it"
        for name in files:
            below = name.removeprefix(f"{source}/") if is_folder else Path(name).name
            file = to / below if is_folder or into else to
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, file)
