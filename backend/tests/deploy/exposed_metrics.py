"""What both tiers show at `/metrics` after a little of every kind of traffic."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from easel.text2image.engines.fake import FakeEngine
from tests.deploy.promql import Labels
from tests.gateway.running_gateway import gateway_for
from tests.gateway.store.waiting import until
from tests.text2image.running_server import make_app, serve

JOBS = ("easel-gateway", "easel-server")

BODY = {"prompt": "a fox", "num_inference_steps": 12}
# Waits; looks on; comes back later.
FORMS: tuple[dict[str, str], ...] = (
    {},
    {"Accept": "text/event-stream"},
    {"Prefer": "respond-async"},
)
REFUSED = BODY | {"model": "of-nobody"}


async def exposed_series(folder: Path) -> Mapping[str, Labels]:
    """Every series of both apps, run in this process over the fake engine."""
    app = make_app(folder, lambda: FakeEngine(step_s=0))
    async with serve(app) as server:
        await server.until_loaded()
        async with gateway_for(server.url) as gateway:
            for headers in FORMS:
                async with gateway.post(
                    "/generate", json=BODY, headers=headers
                ) as answer:
                    assert answer.status in (200, 202)
                    await answer.read()
            async with gateway.post("/generate", json=REFUSED) as answer:
                assert answer.status == 422
            await app.generations.present.until_idle()

            async def has_gauges() -> bool:
                text = await scraped(gateway, "/metrics")
                return "\neasel_gateway_upstream_backlog_seconds{" in text

            await until(has_gauges)
            return series_of(
                {
                    "easel-gateway": await scraped(gateway, "/metrics"),
                    "easel-server": await scraped(server.http, f"{server.url}/metrics"),
                }
            )


async def scraped(client: aiohttp.ClientSession, url: str) -> str:
    async with client.get(url) as answer:
        assert answer.status == 200
        return await answer.text()


def series_of(texts: Mapping[str, str]) -> Mapping[str, Labels]:
    """By name, with the labels that Prometheus adds.

    Args:
        texts: What each job's target shows.
    """
    values: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for job, text in texts.items():
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                for label, value in {**sample.labels, "job": job}.items():
                    values[sample.name][label].add(value)
    known: dict[str, Labels] = {
        name: {"instance": None}
        | {label: frozenset(each) for label, each in labels.items()}
        for name, labels in values.items()
    }
    known["up"] = {"instance": None, "job": frozenset(JOBS)}
    # What Prometheus itself says of alerts.
    known["ALERTS"] = {"alertname": None, "alertstate": None, "severity": None}
    return known
