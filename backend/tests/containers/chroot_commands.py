"""Command lines that run in a folder as if it were a machine's whole disk.

Each gets a mount namespace of its own, so that nothing has to be unmounted afterwards.
"""

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

# A proxy, or a certificate of this machine's own, between it and the registries.
_REACHING_OUT = ("http_proxy", "https_proxy", "no_proxy", "PIP_INDEX_URL")
_CERTIFICATES = ("SSL_CERT_FILE", "PIP_CERT", "NODE_EXTRA_CA_CERTS")
_CERTIFICATES_INSIDE = "/run/certificates.crt"


def build_command(
    root: Path, command: str, *, cwd: str, env: Mapping[str, str]
) -> list[str]:
    """`/bin/sh -c command` as root in `root`, with the network: a `RUN`."""
    mounts = [
        f"mount -t proc proc {root}/proc",
        f"touch {root}/etc/resolv.conf {root}{_CERTIFICATES_INSIDE}",
        f"mount --bind /etc/resolv.conf {root}/etc/resolv.conf",
        f"mount -t tmpfs tmpfs {root}/dev/shm",
    ]
    outside = {name: os.environ[name] for name in _REACHING_OUT if name in os.environ}
    trusted = [os.environ[name] for name in _CERTIFICATES if name in os.environ]
    if trusted:
        mounts.append(f"mount --bind {trusted[0]} {root}{_CERTIFICATES_INSIDE}")
        outside |= dict.fromkeys(_CERTIFICATES, _CERTIFICATES_INSIDE)
    inside = [*_environment(outside | dict(env), cwd), "/bin/sh", "-c", command]
    return _in_namespace(mounts, ["chroot", str(root), *inside], pid=False)


def container_command(
    root: Path,
    view: Path,
    command: Sequence[str],
    *,
    cwd: str,
    env: Mapping[str, str],
    user: str,
    volumes: Mapping[str, Path],
) -> list[str]:
    """`command` as a container of it would run: the first process, `user`, read-only.

    It has no capability, can gain none, and can write to `volumes`, to `/dev/shm` and
    to `/tmp` only.

    Args:
        root: The image's files.
        view: An empty folder on which they are shown.
        user: `uid:gid`.
        volumes: Folders of this machine by the path that they have inside.
    """
    mounts = [
        f"mount --bind {root} {view}",
        f"mount -o remount,bind,ro {view}",
        f"mount -t proc proc {view}/proc",
        f"mount -t tmpfs -o size=64m tmpfs {view}/dev/shm",
        f"mount -t tmpfs -o size=64m,mode=1777 tmpfs {view}/tmp",
    ]
    for inside, folder in volumes.items():
        mounts.append(f"mount --bind {folder} {view}{inside}")
    uid, gid = user.split(":")
    inner = [
        *("setpriv", "--reuid", uid, "--regid", gid, "--clear-groups"),
        *("--bounding-set=-all", "--inh-caps=-all", "--no-new-privs", "--"),
        *_environment(env, cwd),
        *command,
    ]
    return _in_namespace(mounts, ["chroot", str(view), *inner], pid=True)


def _environment(env: Mapping[str, str], cwd: str) -> list[str]:
    pairs = [f"{name}={value}" for name, value in env.items()]
    return ["/usr/bin/env", "-i", f"--chdir={cwd}", *pairs]


def _in_namespace(mounts: Sequence[str], command: list[str], *, pid: bool) -> list[str]:
    script = "\n".join(["set -e", *mounts, f"exec {shlex.join(command)}"])
    own = ["--pid", "--fork", "--kill-child"] if pid else []
    return ["unshare", "--mount", "--propagation", "private", *own, "sh", "-c", script]
