"""Load by wrk, the fastest client that Debian has; its own report as numbers."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .contender import Contender

# Written once; wrk runs it. The percentiles are in microseconds there.
_REPORT = """
done = function(summary, latency, requests)
  local failed = summary.errors
  io.write(string.format(
    '\\n{"requests": %d, "duration_us": %d, "bytes": %d, "not_2xx": %d, ' ..
    '"broken": %d, "p50_us": %d, "p99_us": %d}\\n',
    summary.requests, summary.duration, summary.bytes, failed.status,
    failed.connect + failed.read + failed.write + failed.timeout,
    latency:percentile(50), latency:percentile(99)))
end
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw.

    Attributes:
        requests_per_s: Answered.
        p50_ms: Of a request, to its last byte.
        p99_ms: The same.
        requests: Answered in all.
        failed: Answered with another status than 2xx or 3xx, or not at all.
        bytes_each: Of an answer with its headers, on average.
    """

    requests_per_s: float
    p50_ms: float
    p99_ms: float
    requests: int
    failed: int
    bytes_each: float


def measure(
    contender: Contender,
    folder: Path,
    *,
    connections: int,
    seconds: int,
    core: int,
) -> Load:
    """Ask it over and over from so many connections."""
    script = folder / "load.lua"
    lines = ['wrk.method = "POST"', f"wrk.body = {_lua(json.dumps(contender.body))}"]
    lines += [
        f"wrk.headers[ {_lua(name)} ] = {_lua(value)}"
        for name, value in contender.headers.items()
    ]
    script.write_text("\n".join(lines) + _REPORT)
    shown = subprocess.run(
        [
            *("taskset", "--cpu-list", str(core)),
            *("wrk", "--threads", "1", "--connections", str(connections)),
            *("--duration", f"{seconds}s", "--timeout", "30s"),
            *("--script", str(script)),
            f"http://127.0.0.1:{contender.port}{contender.path}",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    report = json.loads(shown.strip().splitlines()[-1])
    return Load(
        requests_per_s=report["requests"] / report["duration_us"] * 1e6,
        p50_ms=report["p50_us"] / 1000,
        p99_ms=report["p99_us"] / 1000,
        requests=report["requests"],
        failed=report["not_2xx"] + report["broken"],
        bytes_each=report["bytes"] / max(1, report["requests"]),
    )


def _lua(text: str) -> str:
    return "[==[" + text + "]==]"
