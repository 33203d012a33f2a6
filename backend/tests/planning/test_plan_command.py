import json
from pathlib import Path
from typing import Any

import pytest

from easel.command import main
from easel.contract.costs import CostsDocument, ShapeCosts, StepSeconds
from easel.gateway.settings import GatewaySettings
from easel.planning.gateway import GatewayLimits
from easel.planning.server import ServerLimits
from easel.text2image.settings import ServerSettings

QUICK = ["--duration-s", "25", "--seeds", "2", "--callers", "3"]
BY_HAND = ["plan", "--per-s", "2", "--seconds-per-step", "0.1", "--steps", "8", *QUICK]


def run(capsys: pytest.CaptureFixture[str], *flags: str) -> tuple[int, str, str]:
    try:
        code = main([*flags])
    except SystemExit as end:  # argparse's way out
        code = int(end.code or 0)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def document(capsys: pytest.CaptureFixture[str], *flags: str) -> Any:
    code, output, errors = run(capsys, *flags, "--json")
    assert (code, errors) == (0, "")
    return json.loads(output)


def test_the_number_of_servers_and_what_they_cost(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = document(capsys, *BY_HAND, "--p95", "2", "--price-per-hour", "3.6")
    assert found["servers"] >= 1
    best = next(one for one in found["estimates"] if one["servers"] == found["servers"])
    assert best["meets_target"]
    assert best["whole_s"]["p95"]["mean"] <= 2
    assert best["cost_per_1000_images"] == pytest.approx(
        found["servers"] / best["images_per_s"], rel=1e-3
    )
    assert best["refused"] == {}
    assert all(
        not one["meets_target"]
        for one in found["estimates"]
        if one["servers"] < found["servers"]
    )


def test_a_table_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    code, output, _ = run(capsys, *BY_HAND, "--servers", "1", "2", "--p95", "100")
    assert code == 0
    heading, one, two, *rest = output.splitlines()
    assert heading.split()[:3] == ["servers", "load", "busy"]
    assert (one.split()[0], two.split()[0]) == ("1", "2")
    assert any("1 server meets" in line for line in rest)
    assert any("MAX_CONCURRENT_REQUESTS=" in line for line in rest)


def test_where_nothing_will_do_the_exit_code_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, output, _ = run(capsys, *BY_HAND, "--p95", "0.01", "--most-servers", "2")
    assert code == 1
    assert "No number up to 2 meets it." in output


COSTS = CostsDocument(
    device="cuda",
    max_rows=16,
    costs=(
        ShapeCosts(
            model="measured",
            width=512,
            height=512,
            step_seconds=(
                StepSeconds(rows=2, seconds=0.1),
                StepSeconds(rows=8, seconds=0.16),
            ),
            overhead_seconds=0.02,
            cap_rows=8,
        ),
    ),
)


def test_measured_times_from_a_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "costs.json"
    file.write_text(COSTS.model_dump_json())
    flags = ["plan", "--from", str(file), "--per-s", "0.2", "--steps", "10", *QUICK]
    found = document(capsys, *flags, "--servers", "3")
    assert found["traffic"]["mix"] == {"measured 512x512 10 steps": 1.0}
    (one,) = found["estimates"]
    # Nearly always alone: ten steps of 0.101 s, the overhead, and what comes beside.
    assert one["whole_s"]["p50"]["mean"] == pytest.approx(1.036, abs=0.001)
    assert one["load"] == pytest.approx(0.2 * (10 * 0.161 / 4 + 0.02) / 3)


def test_a_trace_and_its_kinds(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    trace = tmp_path / "trace.jsonl"
    trace.write_text(
        "".join(json.dumps({"at_s": n, "num_images": 2}) + "\n" for n in range(20))
    )
    flags = ["plan", "--trace", str(trace), "--seconds-per-step", "0.02"]
    found = document(capsys, *flags, "--servers", "2", "--warm-up-s", "0")
    assert found["seeds"] == 1
    assert found["estimates"][0]["images_per_s"] == pytest.approx(40 / 20, rel=0.1)


def test_kinds_share_the_traffic(capsys: pytest.CaptureFixture[str]) -> None:
    kinds = ["-k", "steps=4,weight=3", "-k", "steps=8,size=256x128,images=2"]
    found = document(capsys, *BY_HAND, *kinds, "--servers", "1")
    assert found["traffic"]["mix"] == {
        "model 512x512 4 steps": 0.75,
        "model 256x128 8 steps x2": 0.25,
    }


HAND = ["--seconds-per-step", "1"]
RATE = ["--per-s", "1"]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([*RATE, *HAND], "--p95: name the seconds"),
        ([*RATE, *HAND, "--p95", "0"], "--p95: must be above 0 (got 0)"),
        ([*RATE, *HAND, "--p95", "soon"], "--p95: must be a number (got soon)"),
        ([*RATE, "--p95", "1"], "--from: name either"),
        ([*HAND, "--p95", "1"], "--per-s: name either"),
        ([*RATE, *HAND, "--p95", "1", "--steps", "0"], "at least 1 and at most 200"),
        ([*RATE, *HAND, "--p95", "1", "--size", "9"], "--size: must be a number"),
        ([*RATE, *HAND, "--p95", "1", "--max-queue", "3"], "needs --max-concurrent"),
        ([*RATE, *HAND, "--p95", "1", "--warm-up-s", "400"], "less than the traffic's"),
        ([*RATE, *HAND, "--p95", "1", "--fail", "5"], "--fail: must be AT_S:FOR_S"),
        ([*RATE, *HAND, "--p95", "1", "-k", "speed=3"], "speed: there is no such"),
        ([*RATE, *HAND, "--p95", "1", "-k", "steps=x"], "steps: must be a number"),
        (
            [*RATE, *HAND, "--p95", "1", "--pattern", "day", "--peak", "3"],
            "--peak: must be at most 2 where --pattern is day (got 3)",
        ),
        (
            [*HAND, "--p95", "1", "--trace", "no/such/file"],
            "--trace: no/such/file cannot be read",
        ),
    ],
)
def test_a_wrong_flag_is_named_with_its_limit(
    capsys: pytest.CaptureFixture[str], flags: list[str], message: str
) -> None:
    code, output, errors = run(capsys, "plan", *flags)
    assert (code, output) == (2, "")
    assert message in errors


def test_wrong_costs_name_the_field(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "costs.json"
    broken = json.loads(COSTS.model_dump_json())
    broken["costs"][0]["step_seconds"][1]["seconds"] = 0
    file.write_text(json.dumps(broken))
    code, _, errors = run(capsys, "plan", *RATE, "--p95", "1", "--from", str(file))
    assert code == 2
    assert "costs.0.step_seconds.1.seconds: Input should be greater than 0" in errors


def test_costs_that_cannot_be_had_are_not_a_wrong_flag(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    gone = str(tmp_path / "gone")
    code, _, errors = run(capsys, "plan", *RATE, "--p95", "1", "--from", gone)
    assert code == 1
    assert "cannot be read" in errors


def test_models_without_times_are_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "costs.json"
    file.write_text(COSTS.model_dump_json())
    flags = ["--from", str(file), "--p95", "1", "--model", "other"]
    code, _, errors = run(capsys, "plan", *RATE, *flags)
    assert code == 2
    assert "no step times of other" in errors


def test_limits_are_those_of_the_tiers() -> None:
    def default(settings: type[Any], field: str) -> object:
        return settings.model_fields[field].default

    gateway, server = GatewayLimits(), ServerLimits()
    for field in ("max_concurrent_requests", "request_timeout", "retry_budget"):
        assert getattr(gateway, field) == default(GatewaySettings, field)
    assert gateway.max_queue == 4 * gateway.max_concurrent_requests
    for field in ("max_queued", "max_backlog_s"):
        assert getattr(server, field) == default(ServerSettings, field)
