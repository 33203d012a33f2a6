"""The queries of deploy/observability, wherever they stand."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # it carries no types

from tests.deploy.deploy_tools import DEPLOY, Document

FOLDER = DEPLOY / "observability"
RULES = FOLDER / "prometheus/rules.yml"
ALERTS = FOLDER / "prometheus/alerts.yml"
DASHBOARDS = sorted((FOLDER / "grafana/dashboards").glob("*.json"))

# What Grafana puts in the place of its variables: all instances, and four scrapes.
_VARIABLES = {"$instance": ".+", "$__rate_interval": "1m"}


@dataclass(frozen=True)
class Query:
    """`where` is for people; `expression` is as Prometheus gets it."""

    where: str
    expression: str


def groups(file: Path) -> list[Document]:
    found: list[Document] = yaml.safe_load(file.read_text())["groups"]
    return found


def rules(file: Path) -> list[Document]:
    return [rule for group in groups(file) for rule in group["rules"]]


def dashboard(file: Path) -> Document:
    document: Document = json.loads(file.read_text())
    return document


def panels(document: Document) -> list[Document]:
    """Those that show something; rows only have a title."""
    return [one for one in document["panels"] if one["type"] != "row"]


def recorded() -> list[Query]:
    return [Query(one["record"], one["expr"]) for one in rules(RULES)]


def alerting() -> list[Query]:
    return [Query(one["alert"], one["expr"]) for one in rules(ALERTS)]


def shown() -> Iterator[Query]:
    """Of every panel of every dashboard."""
    for file in DASHBOARDS:
        for panel in panels(dashboard(file)):
            for target in panel["targets"]:
                where = f"{file.stem}: {panel['title']} {target['refId']}"
                yield Query(where, _without_variables(target["expr"]))


def _without_variables(expression: str) -> str:
    for name, value in _VARIABLES.items():
        expression = expression.replace(name, value)
    return expression


def annotated() -> list[Query]:
    """What marks alerts in the dashboards."""
    return [
        Query(f"{file.stem}: {one['name']}", one["expr"])
        for file in DASHBOARDS
        for one in dashboard(file)["annotations"]["list"]
    ]


def everything() -> list[Query]:
    return [*recorded(), *alerting(), *shown()]


def replaced(text: str, old: str, new: Any) -> str:
    """Raises AssertionError unless `old` is there exactly once."""
    assert text.count(old) == 1, old
    return text.replace(old, str(new))
