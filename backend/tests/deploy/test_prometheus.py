"""Prometheus' own verdict: its tools on the files, and each query on real numbers."""

import math
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]  # it carries no types
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)

from tests.deploy.observability import (
    ALERTS,
    FOLDER,
    RULES,
    alerting,
    annotated,
    recorded,
    replaced,
    rules,
    shown,
)
from tests.deploy.promql import compared, parsed
from tests.deploy.watched_tiers import PATIENCE_S, Watched, receiving, watched
from tests.system.conftest import require_program
from tests.system.processes import wait_until

pytestmark = pytest.mark.system

PROMETHEUS = FOLDER / "prometheus"

# True of the tiers as they are started here.
FIRING = {"EaselGatewayOpen"}
# True or not of the machine that the tests run on: how busy it is, how full its disk.
OF_THE_MACHINE = {
    *("EaselEventLoopLate", "EaselFirstPreviewSlow", "EaselPromisesBroken"),
    *("EaselQueueWaitLong", "EaselDiskFills"),
}


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [require_program("promtool"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_promtool_accepts_configuration_rules_and_alerts() -> None:
    done = promtool("check", "config", PROMETHEUS / "prometheus.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 rule files found" in done.stdout
    for file in (RULES, ALERTS):
        done = promtool("check", "rules", "--lint-fatal", file)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"{len(rules(file))} rules found" in done.stdout


@pytest.mark.parametrize("name", ["alerts_test.yml", "alerts_long_test.yml"])
def test_alerts_fire_when_they_should_and_only_then(name: str) -> None:
    done = promtool("test", "rules", PROMETHEUS / name)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_among_those_tests() -> None:
    text = "".join(file.read_text() for file in PROMETHEUS.glob("*_test.yml"))
    for query in alerting():
        assert f'alertname="{query.where}"' in text


def test_an_alert_that_never_fires_would_be_found(tmp_path: Path) -> None:
    shutil.copy(RULES, tmp_path)
    text = replaced(
        ALERTS.read_text(), "store_available) == 0", "store_available) == 2"
    )
    (tmp_path / ALERTS.name).write_text(text)
    document = yaml.safe_load((PROMETHEUS / "alerts_test.yml").read_text())
    document["tests"] = [one for one in document["tests"] if "store" in one["name"]]
    file = tmp_path / "test.yml"
    file.write_text(yaml.safe_dump(document))
    done = promtool("test", "rules", file)
    assert done.returncode != 0
    assert "EaselStoreUnavailable" in done.stdout + done.stderr


@pytest.fixture(scope="module")
def tiers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """After traffic that Prometheus has seen come in twice, so that rates have ends."""
    program = require_program("prometheus")
    with receiving() as receiver, pytest.MonkeyPatch.context() as environment:
        environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        environment.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        folder = tmp_path_factory.mktemp("watched")
        with watched(program, folder, receiver) as tiers:
            for count in (3, 6):
                tiers.generate()
                until_seen(tiers, count)
            yield tiers


def until_seen(tiers: Watched, count: int) -> None:
    """Return when Prometheus knows that so many generations ended."""
    ended = 'sum(easel_server_generations_total{status="completed"})'
    wait_until(
        lambda: tiers.values(ended) == [count],
        f"{count} generations are seen",
        within_s=PATIENCE_S,
    )


def until_numbers(tiers: Watched, expression: str, where: str) -> None:
    """Return when it gives at least one number."""
    wait_until(
        lambda: any(not math.isnan(value) for value in tiers.values(expression)),
        f"{where} gives a number",
        within_s=PATIENCE_S,
    )


def test_every_rule_and_every_panel_gives_numbers(tiers: Watched) -> None:
    for query in [*recorded(), *shown()]:
        until_numbers(tiers, query.expression, query.where)
    for query in recorded():
        until_numbers(tiers, query.where, f"{query.where}, recorded")


def test_every_alert_compares_numbers_and_is_silent(tiers: Watched) -> None:
    for query in alerting():
        for expression in compared(parsed(query.expression)):
            until_numbers(tiers, expression, query.where)
    firing = {query.where for query in alerting() if tiers.values(query.expression)}
    assert firing - OF_THE_MACHINE == FIRING


def test_prometheus_finds_nothing_wrong(tiers: Watched) -> None:
    targets = tiers.api("targets")["activeTargets"]
    assert {one["health"] for one in targets} == {"up"}
    assert sorted(one["labels"]["job"] for one in targets) == [
        *("easel-gateway", "easel-server")
    ]
    groups = tiers.api("rules")["groups"]
    seen = [rule for group in groups for rule in group["rules"]]
    assert len(seen) == len(rules(RULES)) + len(rules(ALERTS))
    assert {rule["health"] for rule in seen} == {"ok"}
    for query in annotated():
        # None fires yet: each waits for its `for`.
        assert tiers.values(query.expression) == []


def test_spans_of_both_tiers_reach_a_collector(tiers: Watched) -> None:
    """By what deploy/observability/otel-collector.yaml takes: OTLP over HTTP."""

    def services() -> dict[str, set[bytes]]:
        found: dict[str, set[bytes]] = {}
        for body in tiers.receiver.bodies("/v1/traces"):
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                names = [
                    attribute.value.string_value
                    for attribute in resource.resource.attributes
                    if attribute.key == "service.name"
                ]
                traces = found.setdefault(names[0], set())
                for scope in resource.scope_spans:
                    traces |= {span.trace_id for span in scope.spans}
        return found

    def share_a_trace() -> bool:
        gateway, server = (
            services().get(name, set()) for name in ("easel-gateway", "easel-server")
        )
        return bool(gateway & server)

    wait_until(share_a_trace, "spans of one trace came", within_s=PATIENCE_S)
    kinds = {kind for path, kind, _ in tiers.receiver.posted if path == "/v1/traces"}
    assert kinds == {"application/x-protobuf"}
