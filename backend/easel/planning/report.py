"""What was found, as a table for people and as one document for programs. Pure."""

from collections.abc import Sequence
from math import isfinite

from easel.planning.arguments import Question
from easel.planning.estimate import Estimate, Interval, Measure

_HEADINGS = (
    *("servers", "load", "busy", "images/s", "p50 s", "p95 s", "p99 s", "wait p95"),
    *("preview p50", "p95", "refused", "promise off", "per 1,000"),
)


def document(
    question: Question, estimates: Sequence[Estimate], found: int | None
) -> dict[str, object]:
    """
    Args:
        question: That was asked.
        estimates: Of all numbers of servers that were looked at, the fewest first.
        found: The smallest that meets the target, if there is one.
    """
    target, fleet = question.target, question.fleet
    limits = [_limits(question, one) for one in estimates]
    return {
        "servers": found,
        "target": None
        if target is None
        else {
            "p95_s": target.seconds,
            "of": target.measure,
            "max_refused_share": target.max_refused,
        },
        "traffic": {
            "per_s": question.traffic.per_s,
            "duration_s": question.traffic.duration_s,
            "warm_up_s": question.warm_up_s,
            "mix": {str(kind): share for kind, share in question.traffic.mix},
        },
        "gateways": fleet.gateways,
        "seeds": question.seeds,
        "estimates": [
            _one(question, one) | {"gateway": limit}
            for one, limit in zip(estimates, limits, strict=True)
        ],
    }


def _one(question: Question, estimate: Estimate) -> dict[str, object]:
    target = question.target
    return {
        "servers": estimate.servers,
        "meets_target": None if target is None else estimate.meets(target),
        "load": load(question, estimate.servers),
        "busy_share": _mean(estimate.mean(lambda one: one.busy_share)),
        "mean_rows": _mean(estimate.mean(lambda one: one.mean_rows)),
        "images_per_s": _mean(estimate.mean(lambda one: one.images_per_s)),
        "whole_s": _percentiles(estimate, "whole"),
        "waiting_s": _percentiles(estimate, "waiting"),
        "first_preview_s": _percentiles(estimate, "first_preview"),
        "refused_share": estimate.refused_share,
        "refused": dict(estimate.refused),
        "promise_error": _mean(estimate.mean(lambda one: one.promise_error)),
        "cost_per_1000_images": cost_per_1000(question, estimate),
        "doubts": list(estimate.doubts(target)),
        "events": sum(one.events for one in estimate.plays),
    }


def text(question: Question, estimates: Sequence[Estimate], found: int | None) -> str:
    """A table, what it means, and what speaks against it."""
    rows = [_row(question, one) for one in estimates]
    shown = [i for i, name in enumerate(_HEADINGS) if any(row[i] for row in rows)]
    lines = [[_HEADINGS[i] for i in shown], *([row[i] for i in shown] for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(shown))]
    table = [
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))
        for line in lines
    ]
    return "\n".join([*table, "", *_conclusion(question, estimates, found)])


def _row(question: Question, estimate: Estimate) -> list[str]:
    def seconds(measure: Measure, percent: float) -> str:
        return _shown(estimate.percentile(measure, percent).mean)

    found = estimate.percentile("whole", 95)
    p95 = _shown(found.mean)
    if isfinite(found.low):
        p95 += f" ({_shown(found.low)}-{_shown(found.high)})"
    cost = cost_per_1000(question, estimate)
    return [
        str(estimate.servers),
        f"{load(question, estimate.servers):.0%}",
        f"{estimate.mean(lambda one: one.busy_share).mean:.0%}",
        _shown(estimate.mean(lambda one: one.images_per_s).mean),
        seconds("whole", 50),
        p95,
        seconds("whole", 99),
        seconds("waiting", 95),
        seconds("first_preview", 50),
        seconds("first_preview", 95),
        f"{estimate.refused_share:.2%}",
        f"{estimate.mean(lambda one: one.promise_error).mean:.0%}",
        "" if cost is None else f"{cost:.2f}",
    ]


def _conclusion(
    question: Question, estimates: Sequence[Estimate], found: int | None
) -> list[str]:
    lines = []
    target = question.target
    if target is not None and found is not None:
        lines.append(
            f"{found} {'server meets' if found == 1 else 'servers meet'} a 95th "
            f"percentile of {target.seconds:g} s ({target.measure.replace('_', ' ')})."
        )
    elif target is not None:
        most = max(one.servers for one in estimates)
        lines.append(f"No number up to {most} meets it.")
    about = [one for one in estimates if one.servers == found] or estimates[-1:]
    for one in about:
        limits = question.fleet.limits_for(question.traffic.mix)
        asked = _limits(question, one)
        lines.append(
            f"Each of {question.fleet.gateways} gateway(s): "
            f"MAX_CONCURRENT_REQUESTS={asked['max_concurrent_requests']} "
            f"REQUEST_TIMEOUT={limits.request_timeout:g}."
        )
        for reason, count in sorted(one.refused.items()):
            lines.append(f"Refused: {count} x {reason}.")
        lines += [f"Doubtful: {doubt}." for doubt in one.doubts(target)]
    return lines


def load(question: Question, servers: int) -> float:
    """What is asked for by what the devices could do in full batches."""
    device = question.fleet.device
    work_s = sum(share * device.work_s(kind) for kind, share in question.traffic.mix)
    return question.traffic.per_s * work_s / servers


def cost_per_1000(question: Question, estimate: Estimate) -> float | None:
    """In the currency of the price; None without one, or where nothing is painted."""
    images_per_s = estimate.mean(lambda one: one.images_per_s).mean
    if question.price_per_hour is None or not images_per_s > 0:
        return None
    return estimate.servers * question.price_per_hour / 3600 / images_per_s * 1000


def _limits(question: Question, estimate: Estimate) -> dict[str, object]:
    limits = question.fleet.of(estimate.servers).limits_for(question.traffic.mix)
    return {
        "max_concurrent_requests": limits.max_concurrent_requests,
        "max_queue": limits.max_queue,
        "request_timeout": limits.request_timeout,
    }


def _percentiles(estimate: Estimate, measure: Measure) -> dict[str, object]:
    return {
        f"p{percent}": _interval(estimate.percentile(measure, percent))
        for percent in (50, 95, 99)
    }


def _interval(found: Interval) -> dict[str, float | None]:
    return {
        "mean": _number(found.mean),
        "low": _number(found.low),
        "high": _number(found.high),
    }


def _mean(found: Interval) -> float | None:
    return _number(found.mean)


def _number(value: float) -> float | None:
    """JSON has no NaN."""
    return round(value, 6) if isfinite(value) else None


def _shown(value: float) -> str:
    if not isfinite(value):
        return "-"
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"
