"""A replayed image at work: started as a container is, asked, stopped."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.containers.chroot_commands import container_command
from tests.containers.replayed_image import Image
from tests.system.processes import STOP_S, started, wait_until


@dataclass(frozen=True)
class Container:
    """
    Args:
        image: What it was started from.
        pid: Of its first process, as this machine counts.
        view: Where its read-only files are shown within its own mounts.
    """

    image: Image
    pid: int
    view: Path
    env: dict[str, str]
    popen: subprocess.Popen[bytes]
    log_path: Path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """`command` beside the first process, as `docker exec` and probes do."""
        uid, gid = self.image.user.split(":")
        entered = [
            *("nsenter", "--mount", "--pid", "--target", str(self.pid)),
            *("chroot", str(self.view), "setpriv", "--reuid", uid, "--regid", gid),
            *("--clear-groups", "--bounding-set=-all", "--no-new-privs", "--"),
            *("/usr/bin/env", "-i", f"--chdir={self.image.cwd}"),
            *(f"{name}={value}" for name, value in self.env.items()),
            *command,
        ]
        return subprocess.run(entered, capture_output=True, text=True, check=False)

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def status(self, field: str) -> str:
        """A line of `/proc/PID/status`, such as `CapEff`."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(
            line.partition(":")[2].strip() for line in lines if line.startswith(field)
        )

    def stop(self) -> int:
        """As `docker stop`: SIGTERM to the first process; its exit code."""
        os.kill(self.pid, signal.SIGTERM)
        return self.popen.wait(STOP_S)


@contextmanager
def container(
    image: Image, folder: Path, *, volumes: Mapping[str, Path], **env: str
) -> Iterator[Container]:
    """
    Args:
        folder: For its log; new.
        volumes: Folders by the path that they have inside; they are given to its user.
        env: On top of the image's own, as `docker run -e`.
    """
    view = folder / "view"
    view.mkdir(parents=True)
    uid, gid = map(int, image.user.split(":"))
    for volume in volumes.values():
        volume.mkdir(parents=True)
        os.chown(volume, uid, gid)
    variables = image.env | env
    command = container_command(
        image.root,
        view,
        image.command,
        cwd=image.cwd,
        env=variables,
        user=image.user,
        volumes=volumes,
    )
    log_path = folder / "container.log"
    with started(command, log_path) as program:
        pid = wait_until(lambda: first_process(program.popen), "the container starts")
        try:
            yield Container(image, pid, view, variables, program.popen, log_path)
        finally:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def first_process(popen: subprocess.Popen[bytes]) -> int:
    """The child of `unshare --fork`; 0 while it is still the shell that mounts."""
    assert popen.poll() is None, f"it ended with {popen.returncode}"
    children = Path(f"/proc/{popen.pid}/task/{popen.pid}/children").read_text().split()
    if not children:
        return 0
    # Root's until setpriv has made it the image's user's.
    if Path(f"/proc/{children[0]}").stat().st_uid == 0:
        return 0
    return int(children[0])
