"""What `overload` found, in numbers for the table."""

from statistics import median
from typing import Any

from findings.figures import described, percentile

from .results import Results


def summarise(results: Results, duration_s: float) -> None:
    measured: dict[str, list[Any]] = {
        kind: [dict(one) for one in found]
        for kind, found in results.measurements.items()
    }
    accepted, refused = measured.get("accepted", []), measured.get("refused", [])
    late_s = [
        one["answered_s"] - one["request_s"] - one["due_s"]
        for one in accepted + refused
    ]
    results.summary |= {
        "accepted": len(accepted),
        "accepted and completed": sum(one["ended"] == "completed" for one in accepted),
        "refused": len(refused),
        "refused otherwise than by 503": sum(one["status"] != 503 for one in refused),
        "refused without Retry-After": sum(not one["retry_after"] for one in refused),
        "requests sent late, p95 ms": 1000 * percentile(late_s, 95),
        "answer to a refused request, p95 ms": 1000
        * percentile([one["request_s"] for one in refused], 95),
    }
    _summarise_memory(results, measured["usage"], duration_s)
    _summarise_promises(results, accepted)
    if bursts := measured.get("bursts"):
        errors = [abs(one["exact_s"] / one["actual_s"] - 1) for one in bursts]
        results.summary |= {
            "Retry-After after a burst, named / actual s": ", ".join(
                f"{one['exact_s']:.1f} / {one['actual_s']:.1f}" for one in bursts
            ),
            "Retry-After after a burst, median error %": 100 * median(errors),
        }
    refused_once = [one for one in measured.get("probes", []) if one["tries"] > 1]
    if refused_once:
        taken = sum(one["tries"] == 2 for one in refused_once)
        results.summary |= {
            "probes that were refused at first": len(refused_once),
            "of them taken when they were told to ask again, %": 100
            * taken
            / len(refused_once),
        }


def _summarise_memory(results: Results, usage: list[Any], duration_s: float) -> None:
    """The first third fills the queue; then the memory should be flat."""
    within = [one for one in usage if one["at_s"] <= duration_s]
    third = max(1, len(within) // 3)

    def mib(part: list[Any]) -> float:
        return float(median(one["rss_mib"] for one in part))

    results.summary |= {
        "RSS by thirds of the overload, MiB": ", ".join(
            f"{mib(part):.0f}"
            for part in (within[:third], within[third:-third], within[-third:])
            if part
        ),
        "RSS when all had ended, MiB": usage[-1]["rss_mib"],
        "RSS at most, MiB": max(one["rss_mib"] for one in usage),
        "descriptors at most": max(one["descriptors"] for one in usage),
    }


def _summarise_promises(results: Results, accepted: list[Any]) -> None:
    promised = [one for one in accepted if one["eta_s"] is not None and one["actual_s"]]
    for steps in [None, *sorted({one["steps"] for one in promised})]:
        chosen = [one for one in promised if steps in (None, one["steps"])]
        errors = [100 * abs(one["eta_s"] / one["actual_s"] - 1) for one in chosen]
        numbers = described(errors)
        title = "all" if steps is None else f"{steps} steps"
        results.summary[f"error of the promised wait, {title}, %"] = ", ".join(
            f"{name} {value:.3g}" for name, value in numbers.items()
        )
