"""The numbers for the table: medians over rounds, ratios, and what was promised."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from findings.results import Measurement

Measurements = Mapping[str, Sequence[Measurement]]

_MB_PER_MIB = 1.048576


@dataclass(frozen=True, slots=True)
class Point:
    """Medians over rounds.

    Attributes:
        added_p50_ms: To direct, of the same round; None without direct.
        cpu_us_each: Of the gateway, a request; None of none.
        is_good: Nothing failed, in any round, and answers were whole.
    """

    requests_per_s: float
    p50_ms: float
    p99_ms: float
    added_p50_ms: float | None
    cpu_us_each: float | None
    is_good: bool


class Found:
    """What was measured, to be asked for by contender."""

    def __init__(self, measurements: Measurements) -> None:
        self._points: dict[tuple[str, str, int], dict[int, Mapping[str, Any]]] = {}
        for one in measurements.get("points", ()):
            place = (_text(one, "contender"), _text(one, "answer"))
            rounds = self._points.setdefault((*place, _whole(one, "connections")), {})
            rounds[_whole(one, "round")] = one
        self._memory = {
            (one["contender"], one["answer"]): one
            for one in measurements.get("memory", ())
        }
        self._starts: dict[str, list[float]] = {}
        for one in measurements.get("starts", ()):
            starts = self._starts.setdefault(_text(one, "contender"), [])
            starts.append(_number(one, "started_in_s"))

    def places(self) -> Iterator[tuple[str, str, int]]:
        """Contender, answer and connections of every point, as they were measured."""
        yield from self._points

    def contenders(self) -> list[str]:
        return list(dict.fromkeys(name for name, _, _ in self._points))

    def point(self, contender: str, answer: str, connections: int) -> Point | None:
        rounds = self._points.get((contender, answer, connections))
        if rounds is None:
            return None
        alone = self._points.get(("direct", answer, connections), {})
        added = [
            one["p50_ms"] - alone[number]["p50_ms"]
            for number, one in rounds.items()
            if number in alone
        ]
        cpu = [one["cpu_us_each"] for one in rounds.values() if one["cpu_us_each"]]
        return Point(
            requests_per_s=median(one["requests_per_s"] for one in rounds.values()),
            p50_ms=median(one["p50_ms"] for one in rounds.values()),
            p99_ms=median(one["p99_ms"] for one in rounds.values()),
            added_p50_ms=median(added) if added else None,
            cpu_us_each=median(cpu) if cpu else None,
            is_good=all(
                one["failed"] == 0 and one["is_whole"] and one["requests"] > 0
                for one in rounds.values()
            ),
        )

    def times(self, one: str, other: str, answer: str) -> float | None:
        """Requests per second of one by another's, at 16 connections."""
        points = [self.point(name, answer, 16) for name in (one, other)]
        first, second = points
        if first is None or second is None:
            return None
        if not (first.is_good and second.is_good):
            return None
        return first.requests_per_s / second.requests_per_s

    def added_p50_ms(self, contender: str, answer: str) -> float | None:
        """At one connection."""
        point = self.point(contender, answer, 1)
        return point.added_p50_ms if point and point.is_good else None

    def peak_mb(self, contender: str, answer: str) -> float | None:
        """10^6 bytes, of its largest process, after all loads of this answer."""
        return self._mb(contender, answer, "peak_mib")

    def rss_mb(self, contender: str, answer: str) -> float | None:
        """The same, once nobody asked any more."""
        return self._mb(contender, answer, "rss_mib")

    def _mb(self, contender: str, answer: str, size: str) -> float | None:
        one = self._memory.get((contender, answer))
        return None if one is None else _number(one, size) * _MB_PER_MIB

    def start_s(self, contender: str) -> float | None:
        starts = self._starts.get(contender)
        return median(starts) if starts else None


def summarise(measurements: Measurements) -> dict[str, object]:
    """The promises first, then all points."""
    found = Found(measurements)
    return {**_promises(found), **dict(_per_contender(found)), **dict(_points(found))}


def _promises(found: Found) -> dict[str, object]:
    return {
        "1 KB, c=16: easel / naive": _at_least(
            found.times("easel", "naive", "1KB"), 10, "x"
        ),
        "1 KB, c=16: easel / litellm": _at_least(
            found.times("easel", "litellm", "1KB"), 40, "x"
        ),
        "1 KB, c=16: easel over OpenAI's API / litellm": _shown(
            found.times("easel_openai", "litellm", "1KB"), "x"
        ),
        "1 KB, c=16: bare / naive": _shown(found.times("bare", "naive", "1KB"), "x"),
        "1 KB, c=16: bare / litellm": _shown(
            found.times("bare", "litellm", "1KB"), "x"
        ),
        "2 MB, c=16: easel / nginx": _at_least(
            found.times("easel", "nginx", "2MB"), 0.75, "x"
        ),
        "2 MB, c=16: easel / litellm": _at_least(
            found.times("easel", "litellm", "2MB"), 10, "x"
        ),
        "2 MB, c=16: easel over OpenAI's API / litellm": _shown(
            found.times("easel_openai", "litellm", "2MB"), "x"
        ),
        "1 KB, c=1: added p50": _at_most(found.added_p50_ms("easel", "1KB"), 0.6, "ms"),
        "1 KB, c=1: added p50 of bare": _shown(found.added_p50_ms("bare", "1KB"), "ms"),
        "memory after the 8 MB load": _at_most(found.rss_mb("easel", "8MB"), 100, "MB"),
        "peak memory of the 8 MB load": _at_most(
            found.peak_mb("easel", "8MB"), 100, "MB"
        ),
        "start-up": _at_most(found.start_s("easel"), 1.5, "s"),
    }


def _per_contender(found: Found) -> Iterator[tuple[str, str]]:
    for name in found.contenders():
        start_s = found.start_s(name)
        if start_s is not None:
            peak = _shown(found.peak_mb(name, "8MB"), "MB")
            after = _shown(found.rss_mb(name, "8MB"), "MB")
            yield (
                f"{name}: start-up; peak memory of 8 MB, and after it",
                f"{_shown(start_s, 's')}; {peak}, {after}",
            )


def _points(found: Found) -> Iterator[tuple[str, str]]:
    for name, answer, connections in found.places():
        point = found.point(name, answer, connections)
        assert point is not None
        said = (
            f"{point.requests_per_s:.4g}/s, p50 {_shown(point.p50_ms, 'ms')}, "
            f"p99 {_shown(point.p99_ms, 'ms')}"
        )
        if name != "direct":
            said += f", added p50 {_shown(point.added_p50_ms, 'ms')}"
            said += f", CPU {_shown(point.cpu_us_each, 'us')}"
        if not point.is_good:
            said += "; failed, or no whole answers: does not count"
        yield f"{answer}, c={connections}: {name}", said


def _at_least(value: float | None, target: float, unit: str) -> str:
    return _against(value, target, unit, "at least", value and value >= target)


def _at_most(value: float | None, target: float, unit: str) -> str:
    is_met = None if value is None else value <= target
    return _against(value, target, unit, "at most", is_met)


def _against(
    value: float | None, target: float, unit: str, bound: str, is_met: object
) -> str:
    verdict = "" if value is None else (", met" if is_met else ", MISSED")
    return f"{_shown(value, unit)} ({bound} {target:g}{verdict})"


def _shown(value: float | None, unit: str) -> str:
    return "not measured" if value is None else f"{value:.3g} {unit}"


def _text(one: Measurement, name: str) -> str:
    return str(one[name])


def _whole(one: Measurement, name: str) -> int:
    return int(str(one[name]))


def _number(one: Measurement, name: str) -> float:
    return float(str(one[name]))
