"""What both programs can be told, and what has to be there for them."""

import argparse
import os
import shutil
from pathlib import Path

from . import ROOT


def parser(doc: str | None) -> argparse.ArgumentParser:
    """The options that all programs share; `doc` is the program's help."""
    options = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "--other-python",
        type=Path,
        help="of an environment with LiteLLM, FastAPI and httpx; else one is made",
    )
    options.add_argument("--gateway-core", type=int, default=0)
    options.add_argument(
        "--load-core", type=int, default=1, help="of the load and the upstream"
    )
    options.add_argument(
        "--results",
        type=Path,
        default=ROOT / "benchmarks/results",
        help="folder; raw results go to DATE-MACHINE below it",
    )
    options.add_argument(
        "--machine", help="what the machine is called there; else its processor"
    )
    options.add_argument(
        "--quick",
        action="store_true",
        help="seconds: whether it runs; LiteLLM only if it is installed already",
    )
    return options


def require(arguments: argparse.Namespace, *programs: str) -> None:
    """
    Raises:
        SystemExit: a program or a core is missing; says how to get it.
    """
    missing = [name for name in programs if shutil.which(name) is None]
    if missing:
        packages = " ".join("util-linux" if n == "taskset" else n for n in missing)
        raise SystemExit(
            f"{', '.join(missing)}: missing. Debian: apt install {packages}"
        )
    cores = os.sched_getaffinity(0)
    wanted = {arguments.gateway_core, arguments.load_core}
    if len(wanted) < 2 or not wanted <= cores:
        raise SystemExit(
            f"--gateway-core and --load-core: two different ones of {sorted(cores)}"
        )


def told(arguments: argparse.Namespace) -> dict[str, object]:
    """A folder of one machine tells nobody else anything."""
    folders = ("results", "other_python")
    return {
        name: value for name, value in vars(arguments).items() if name not in folders
    }
