import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from easel.telemetry.metrics import HttpMetrics, metrics_text

pytestmark = pytest.mark.component

WORKER = """
from easel.telemetry.metrics import HttpMetrics
metrics = HttpMetrics("test")
for _ in range(3):
    metrics.observe("/x", "GET", 200, 0.5)
"""

DEAD_WORKER = """
import os
from prometheus_client import Gauge
from prometheus_client.multiprocess import mark_process_dead
from easel.telemetry.metrics import HttpMetrics
HttpMetrics("test").observe("/x", "GET", 200, 0.5)
Gauge("waiting", "Those that wait.", multiprocess_mode="livesum").set(7)
if {dies}:
    mark_process_dead(os.getpid())
"""


def test_one_process_shows_what_it_counted() -> None:
    registry = CollectorRegistry()
    HttpMetrics("test", registry).observe("/x", "GET", 200, 0.5)
    text = metrics_text(registry).decode()
    assert 'easel_test_requests_total{method="GET",route="/x",status="200"} 1' in text
    assert duration_sum("answered", 0.5) in text


def test_the_time_until_a_202_is_not_mixed_with_that_of_answers() -> None:
    registry = CollectorRegistry()
    metrics = HttpMetrics("test", registry)
    for status, duration_s in ((200, 4.0), (202, 0.25), (504, 2.0)):
        metrics.observe("/x", "GET", status, duration_s)
    text = metrics_text(registry).decode()
    assert duration_sum("answered", 6.0) in text
    assert duration_sum("accepted", 0.25) in text


def duration_sum(form: str, seconds: float) -> str:
    labels = f'{{form="{form}",route="/x"}}'
    return f"easel_test_request_duration_seconds_sum{labels} {seconds}"


def test_workers_show_their_sum_whoever_of_them_lives(tmp_path: Path) -> None:
    for _ in range(2):
        subprocess.run(
            [sys.executable, "-c", WORKER],
            env={"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PYTHONPATH": "."},
            cwd=Path(__file__).parents[2],
            check=True,
        )
    text = metrics_text(CollectorRegistry(), workers_dir=tmp_path).decode()
    assert 'easel_test_requests_total{method="GET",route="/x",status="200"} 6' in text


def test_a_dead_workers_counts_stay_and_its_gauges_go(tmp_path: Path) -> None:
    for dies in (True, False):
        subprocess.run(
            [sys.executable, "-c", DEAD_WORKER.format(dies=dies)],
            env={"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PYTHONPATH": "."},
            cwd=Path(__file__).parents[2],
            check=True,
        )
    text = metrics_text(CollectorRegistry(), workers_dir=tmp_path).decode()
    assert 'easel_test_requests_total{method="GET",route="/x",status="200"} 2' in text
    assert "waiting 7.0" in text
