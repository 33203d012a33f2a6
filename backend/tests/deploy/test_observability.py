"""deploy/observability, held against what the two tiers really show."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]  # it carries no types

from tests.deploy.deploy_tools import DEPLOY
from tests.deploy.exposed_metrics import JOBS, exposed_series
from tests.deploy.observability import (
    ALERTS,
    DASHBOARDS,
    FOLDER,
    RULES,
    alerting,
    annotated,
    dashboard,
    everything,
    groups,
    panels,
    recorded,
    rules,
)
from tests.deploy.promql import Labels, compared, labels_of, parsed, parts
from tests.system.processes import ROOT

# Grafana's names of those that there are here.
UNITS = {"bool_yes_no", "bytes", "ops", "percentunit", "reqps", "s", "short"}

OPERATIONS = (ROOT / "docs/operations.md").read_text()


async def test_every_query_names_what_is_there(tmp_path: Path) -> None:
    """Metrics, labels, and the values that they are compared with."""
    series = {**await exposed_series(tmp_path)}
    for query in recorded():
        try:
            labels = labels_of(parsed(query.expression), series)
        except AssertionError as error:
            raise AssertionError(f"{query.where}: {error}") from error
        series[query.where] = dict.fromkeys(labels)
    wrong = {}
    for query in [*everything(), *annotated()]:
        try:
            labels_of(parsed(query.expression), series)
        except AssertionError as error:
            wrong[query.where] = str(error)
    assert not wrong
    assert not unused(series)


def unused(series: Mapping[str, Labels]) -> set[str]:
    """Our metrics that no panel and no rule looks at."""
    used = {
        getattr(part, "name", None) or part.vector_selector.name
        for query in everything()
        for part in parts(parsed(query.expression))
        if hasattr(part, "vector_selector") or hasattr(part, "matchers")
    }
    families = {re.sub("_(bucket|count|sum|created)$", "", name) for name in series}
    seen = {re.sub("_(bucket|count|sum)$", "", name) for name in used}
    return {name for name in families - seen if name.startswith("easel_")} - {
        # Said of a counter by its `_created`.
        name.removesuffix("_total")
        for name in seen
    }


SERIES: dict[str, Labels] = {
    "a_total": {"instance": None, "code": frozenset({"x", "y"})},
    "a_bucket": {"instance": None, "le": frozenset({"1.0"})},
}


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("rate(b_total[5m])", "no metric 'b_total'"),
        ('rate(a_total{cod="x"}[5m])', "has no label 'cod'"),
        ('a_total{code=~"x|z"}', "is never 'z'"),
        ("sum by (model) (a_total)", "no label 'model'"),
        ("sum by (code) (sum by (instance) (a_total))", "no label 'code'"),
        ("histogram_quantile(0.9, sum(rate(a_bucket[5m])))", "no label 'le'"),
        ("sum(rate(a_total[5m])", "unclosed left parenthesis"),
        ('1 - sum(a_total{code="z"})', "is never 'z'"),
    ],
)
def test_a_wrong_query_would_be_found(expression: str, complaint: str) -> None:
    with pytest.raises(AssertionError, match=re.escape(complaint)):
        labels_of(parsed(expression), SERIES)


def test_names_of_rules_are_told_apart() -> None:
    names = [query.where for query in [*recorded(), *alerting()]]
    assert len(set(names)) == len(names)
    group_names = [one["name"] for one in [*groups(RULES), *groups(ALERTS)]]
    assert len(set(group_names)) == len(group_names)


@pytest.mark.parametrize("alert", rules(ALERTS), ids=lambda alert: alert["alert"])
def test_an_alert_says_what_is_wrong_and_where_to_read_on(
    alert: dict[str, object],
) -> None:
    name = str(alert["alert"])
    assert name.startswith("Easel")
    assert alert["labels"] in ({"severity": "critical"}, {"severity": "warning"})
    assert re.fullmatch(r"\d+[mh]", str(alert["for"]))
    notes = alert["annotations"]
    assert isinstance(notes, dict)
    assert set(notes) == {"summary", "description", "runbook_url"}
    assert str(notes["summary"]).endswith(".")
    file, _, anchor = str(notes["runbook_url"]).partition("#")
    assert file == "docs/operations.md"
    assert anchor == name.lower()
    expression = parsed(str(alert["expr"]))
    assert compared(expression), "it would fire whenever there are numbers"


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    written = re.findall(r"^### (Easel\w+)$", OPERATIONS, re.M)
    assert written == [query.where for query in alerting()]
    for name in written:
        text = OPERATIONS.partition(f"### {name}\n")[2].partition("\n#")[0]
        for part in ("People feel", "Look", "Usually", "Do"):
            assert f"- **{part}**: " in text, f"{name}: {part}"


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: file.stem)
def test_a_dashboard_can_be_read(file: Path) -> None:
    document = dashboard(file)
    assert document["title"]
    names = {one["name"] for one in document["templating"]["list"]}
    assert names == {"datasource", "instance"}
    ids = [panel["id"] for panel in document["panels"]]
    assert len(set(ids)) == len(ids)
    titles = [panel["title"] for panel in document["panels"]]
    assert len(set(titles)) == len(titles)
    for panel in panels(document):
        assert panel["title"]
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
        assert panel["datasource"]["uid"] == "${datasource}"
        references = [target["refId"] for target in panel["targets"]]
        assert references
        assert len(set(references)) == len(references)
        if panel["type"] != "stat":
            assert all(target["legendFormat"] for target in panel["targets"])


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: file.stem)
def test_panels_do_not_cover_each_other(file: Path) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard(file)["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells


def test_there_is_a_dashboard_for_each_tier() -> None:
    assert [file.stem for file in DASHBOARDS] == ["gateway", "server"]
    uids = {dashboard(file)["uid"] for file in DASHBOARDS}
    assert uids == {"easel-gateway", "easel-server"}


def test_prometheus_asks_both_tiers_of_the_compose_file() -> None:
    document = yaml.safe_load((FOLDER / "prometheus/prometheus.yml").read_text())
    assert document["rule_files"] == [RULES.name, ALERTS.name]
    targets = {
        one["job_name"]: one["static_configs"][0]["targets"]
        for one in document["scrape_configs"]
    }
    assert targets == {JOBS[0]: ["gateway:8000"], JOBS[1]: ["server:8001"]}
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    assert {"gateway", "server"} <= set(services)


def test_kubernetes_has_the_same_rules_and_alerts() -> None:
    """scripts/generate_prometheus_rule.py brings them in step."""
    folder = DEPLOY / "kubernetes/components/monitoring"
    rule = yaml.safe_load((folder / "prometheus-rule.yaml").read_text())
    assert rule["spec"]["groups"] == [*groups(RULES), *groups(ALERTS)]


# The parts of the collector's core distribution that are used, as its documentation
# names them.
COLLECTOR_PARTS = {
    "receivers": {"otlp"},
    "processors": {"batch", "memory_limiter"},
    "exporters": {"debug", "otlphttp"},
}


def test_the_collectors_pipelines_are_made_of_its_parts() -> None:
    document = yaml.safe_load((FOLDER / "otel-collector.yaml").read_text())
    assert set(document) == {*COLLECTOR_PARTS, "service"}
    (pipeline,) = document["service"]["pipelines"].values()
    for kind, known in COLLECTOR_PARTS.items():
        assert set(pipeline[kind]) == set(document[kind])
        assert {name.partition("/")[0] for name in document[kind]} == known
    assert pipeline["processors"][0] == "memory_limiter"


def test_the_collector_listens_where_the_tiers_send() -> None:
    document = yaml.safe_load((FOLDER / "otel-collector.yaml").read_text())
    protocols = document["receivers"]["otlp"]["protocols"]
    # The extra `telemetry` has the exporter for HTTP only.
    assert protocols == {"http": {"endpoint": "0.0.0.0:4318"}}
    readme = (FOLDER / "README.md").read_text()
    assert "OTEL_EXPORTER_OTLP_ENDPOINT=http://otel-collector:4318\n" in readme
    compose = (DEPLOY / "compose.yaml").read_text()
    default = document["exporters"]["otlphttp/traces"]["endpoint"]
    assert default == "${env:TRACES_ENDPOINT:-http://jaeger:4318}"
    assert "TRACES_ENDPOINT: ${TRACES_ENDPOINT:-http://jaeger:4318}" in compose


def test_grafana_is_given_what_the_compose_file_mounts() -> None:
    folder = FOLDER / "grafana/provisioning"
    sources = yaml.safe_load((folder / "datasources/easel.yaml").read_text())
    assert {one["type"]: one["url"] for one in sources["datasources"]} == {
        "prometheus": "http://prometheus:9090",
        "jaeger": "http://jaeger:16686",
    }
    providers = yaml.safe_load((folder / "dashboards/easel.yaml").read_text())
    (provider,) = providers["providers"]
    grafana = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"][
        "grafana"
    ]
    mounted = dict(one.split(":")[:2] for one in grafana["volumes"])
    assert mounted["./observability/grafana/dashboards"] == provider["options"]["path"]
