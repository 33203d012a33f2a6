"""Starts the three tiers, waits until all are healthy, watches them, stops them.

scripts/run installs and builds first and then calls this. Needs nothing but
Python's own library, and knows of the tiers only commands, ports and health routes.
"""

# ruff: noqa: T201 - it talks to a person at a terminal

import argparse
import asyncio
import json
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

# A cold machine needs a minute to read torch from disk; more means that it hangs.
HEALTHY_WITHIN_S = 300.0
POLL_EVERY_S = 0.1
POLL_TIMEOUT_S = 2.0
# The server lets a running generation finish for 30 s before it stops.
STOP_WITHIN_S = 45.0
LAST_LINES = 20


@dataclass(frozen=True)
class Tier:
    """How one tier is started, and how it says that it is well."""

    name: str
    port_variable: str
    port: int
    folder: Path
    command: tuple[str, ...]
    variables: dict[str, str]
    health_path: str
    # What is still missing according to the health route's answer; "" if nothing.
    missing: Callable[[bytes], str]

    @property
    def health_url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.health_path}"


def healthy_status(body: bytes) -> str:
    """Both Python tiers: `status` is `healthy`."""
    status = json.loads(body).get("status")
    return "" if status == "healthy" else str(status)


def any_page(body: bytes) -> str:
    """The studio: it answers with a page."""
    return "" if body else "no page yet"


def three_tiers() -> tuple[Tier, Tier, Tier]:
    """Server, gateway, studio, on the ports that the environment names."""
    server_port = int(os.environ.get("SERVER_PORT", "8001"))
    gateway_port = int(os.environ.get("GATEWAY_PORT", "8000"))
    studio_port = int(os.environ.get("STUDIO_PORT", "3000"))
    backend, frontend = ROOT / "backend", ROOT / "frontend"
    # The studio alone is for others to see, unless the caller says otherwise.
    server_host = os.environ.get("TEXT2IMAGE_HOST", "127.0.0.1")
    gateway_host = os.environ.get("GATEWAY_HOST", "127.0.0.1")
    studio_host = os.environ.get("STUDIO_HOST", "0.0.0.0")
    return (
        Tier(
            "server",
            "SERVER_PORT",
            server_port,
            backend,
            (sys.executable, "text2image_server.py", "--port", str(server_port)),
            {"TEXT2IMAGE_HOST": server_host},
            "/health",
            healthy_status,
        ),
        Tier(
            "gateway",
            "GATEWAY_PORT",
            gateway_port,
            backend,
            (sys.executable, "main.py"),
            {
                "GATEWAY_HOST": gateway_host,
                "GATEWAY_PORT": str(gateway_port),
                "TEXT2IMAGE_SERVER_URL": f"http://127.0.0.1:{server_port}",
            },
            "/health",
            healthy_status,
        ),
        Tier(
            "studio",
            "STUDIO_PORT",
            studio_port,
            frontend,
            ("node", "scripts/start.mjs"),
            {
                "PORT": str(studio_port),
                "HOSTNAME": studio_host,
                "GATEWAY_URL": f"http://127.0.0.1:{gateway_port}",
            },
            "/",
            any_page,
        ),
    )


def taken_ports(tiers: Sequence[Tier]) -> list[str]:
    """One line for each port that another program listens on, or that is used twice."""
    lines = []
    seen: dict[int, str] = {}
    for tier in tiers:
        if tier.port in seen:
            lines.append(
                f"{tier.port_variable} and {seen[tier.port]} are both {tier.port}"
            )
        seen[tier.port] = tier.port_variable
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("0.0.0.0", tier.port))
            except OSError as error:
                lines.append(
                    f"port {tier.port} (the {tier.name}'s) cannot be used: "
                    f"{error.strerror}; choose another: "
                    f"{tier.port_variable}={tier.port + 100} scripts/run"
                )
    return lines


def say(line: str) -> None:
    print(f"easel: {line}", flush=True)


@dataclass
class RunningTier:
    """A started tier: its process, and the end of what it printed."""

    tier: Tier
    process: asyncio.subprocess.Process
    printing: "asyncio.Task[None]"
    exited: "asyncio.Task[int]"
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_LINES))


async def start(tier: Tier, logs: Path) -> RunningTier:
    """Start `tier`; its lines go to our output with its name, and into a file."""
    process = await asyncio.create_subprocess_exec(
        *tier.command,
        cwd=tier.folder,
        env=os.environ | {"PYTHONUNBUFFERED": "1"} | tier.variables,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        # Ctrl-C is for us alone: we stop the tiers, in order.
        start_new_session=True,
        limit=2**22,
    )
    last_lines: deque[str] = deque(maxlen=LAST_LINES)

    async def print_lines() -> None:
        assert process.stdout is not None
        with (logs / f"{tier.name}.log").open("w", encoding="utf-8") as log:
            async for raw in process.stdout:
                line = raw.decode(errors="replace").rstrip()
                last_lines.append(line)
                log.write(line + "\n")
                log.flush()
                print(f"{tier.name:>7} | {line}", flush=True)

    return RunningTier(
        tier,
        process,
        asyncio.create_task(print_lines()),
        asyncio.create_task(process.wait()),
        last_lines,
    )


def ask_health(tier: Tier) -> str:
    """What `tier` still misses; "" once it is healthy."""
    try:
        with urllib.request.urlopen(tier.health_url, timeout=POLL_TIMEOUT_S) as answer:
            return tier.missing(answer.read())
    except (urllib.error.URLError, OSError, ValueError) as error:
        return str(getattr(error, "reason", error))


async def wait_until_healthy(tier: Tier, started: float) -> None:
    """Ask until `tier` is healthy, and say when it is.

    Raises:
        TimeoutError: it was not within `HEALTHY_WITHIN_S`.
    """
    while missing := await asyncio.to_thread(ask_health, tier):
        if time.monotonic() - started > HEALTHY_WITHIN_S:
            raise TimeoutError(
                f"the {tier.name} is not healthy after {HEALTHY_WITHIN_S:.0f} s: "
                f"{missing}"
            )
        await asyncio.sleep(POLL_EVERY_S)
    say(f"{tier.name} is healthy after {time.monotonic() - started:.1f} s")


async def stop(running: RunningTier) -> None:
    """Ask the process to stop; kill it, with its children, if it does not."""
    if running.process.returncode is None:
        say(f"stopping the {running.tier.name}")
        running.process.terminate()
    try:
        await asyncio.wait_for(asyncio.shield(running.exited), STOP_WITHIN_S)
    except TimeoutError:
        say(f"killing the {running.tier.name}: it runs on after {STOP_WITHIN_S:.0f} s")
    with suppress(ProcessLookupError):
        # Whatever it left behind holds its port.
        os.killpg(running.process.pid, signal.SIGKILL)
    await asyncio.gather(running.exited, running.printing)


def report_death(dead: RunningTier, logs: Path) -> None:
    """Which tier ended by itself, and its last words."""
    code = dead.exited.result()
    ended = f"signal {-code}" if code < 0 else f"exit code {code}"
    say(f"the {dead.tier.name} ended by itself with {ended}; its last lines:")
    for line in dead.last_lines:
        print(f"    {line}", flush=True)
    say(f"its whole log: {logs / dead.tier.name}.log")


async def watch(
    running: Sequence[RunningTier], stop_asked: asyncio.Event, logs: Path
) -> int:
    """Return 0 once `stop_asked`, or 1 once a tier has ended or does not start."""
    started = time.monotonic()
    asked = asyncio.create_task(stop_asked.wait())
    # They answer different things; here it only matters which is first.
    ends: set[asyncio.Future[Any]] = {asked, *(one.exited for one in running)}
    healthy = asyncio.gather(
        *(wait_until_healthy(one.tier, started) for one in running)
    )
    first = asyncio.FIRST_COMPLETED
    try:
        await asyncio.wait({healthy, *ends}, return_when=first)
        if healthy.done():
            healthy.result()
            say(f"all three are healthy after {time.monotonic() - started:.1f} s")
            say(f"open http://localhost:{running[-1].tier.port} and type a prompt")
            say("stop with Ctrl-C")
            await asyncio.wait(ends, return_when=first)
    except TimeoutError as error:
        say(str(error))
        return 1
    finally:
        healthy.cancel()
        asked.cancel()
        await asyncio.gather(healthy, asked, return_exceptions=True)
    dead = [one for one in running if one.exited.done()]
    for one in dead:
        await one.printing
        report_death(one, logs)
    return 1 if dead else 0


async def run_tiers(tiers: Sequence[Tier], logs: Path) -> int:
    """Start all, watch, stop all: the exit code."""
    stop_asked = asyncio.Event()
    running: list[RunningTier] = []

    def on_signal() -> None:
        if stop_asked.is_set():  # Asked twice: at once.
            for one in running:
                with suppress(ProcessLookupError):
                    one.process.kill()
        stop_asked.set()

    for stop_signal in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(stop_signal, on_signal)
    try:
        for tier in tiers:
            running.append(await start(tier, logs))
        say(f"starting {', '.join(tier.name for tier in tiers)}; logs in {logs}")
        return await watch(running, stop_asked, logs)
    finally:
        # The tier that takes requests first is stopped first.
        for one in reversed(running):
            await stop(one)
        say("all stopped")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logs", type=Path, default=ROOT / ".easel/logs")
    logs: Path = parser.parse_args().logs
    logs.mkdir(parents=True, exist_ok=True)
    tiers = three_tiers()
    if taken := taken_ports(tiers):
        for line in taken:
            say(line)
        return 1
    return asyncio.run(run_tiers(tiers, logs))


if __name__ == "__main__":
    sys.exit(main())
