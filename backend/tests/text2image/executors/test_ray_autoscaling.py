"""Replicas for device-seconds, whatever they are asked in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from easel.text2image.executors.ray_autoscaling import ReplicasForBacklog


@dataclass
class Context:
    aggregated_metrics: Mapping[str, Mapping[Any, float]] | None = field(
        default_factory=dict
    )


@pytest.mark.parametrize(
    ("metrics", "replicas"),
    [
        (None, 0),
        ({}, 0),
        ({"backlog_s:a": {"r1": 0.0}, "generations:a": {"r1": 0.0}}, 0),
        # The last images are being decoded.
        ({"backlog_s:a": {"r1": 0.0}, "generations:a": {"r1": 1.0}}, 1),
        ({"backlog_s:a": {"r1": 1.0}, "generations:a": {"r1": 9.0}}, 1),
        ({"backlog_s:a": {"r1": 20.0}}, 1),
        ({"backlog_s:a": {"r1": 20.1}}, 2),
        # One replica has heard of it, another has not yet.
        ({"backlog_s:a": {"r1": 60.0, "r2": 0.0}}, 3),
        # Two fronts.
        ({"backlog_s:a": {"r1": 60.0}, "backlog_s:b": {"r1": 20.0}}, 4),
        # Nothing is measured yet.
        ({"backlog_s:a": {"r1": 0.0}, "generations:a": {"r1": 9.0}}, 3),
    ],
)
def test_enough_replicas_to_be_done_in_time(
    metrics: Mapping[str, Mapping[Any, float]] | None, replicas: int
) -> None:
    policy = ReplicasForBacklog(target_backlog_s=20.0, target_generations=4)
    assert policy(Context(metrics)) == (replicas, {})


@pytest.mark.parametrize(
    "changes", [{"target_backlog_s": 0}, {"target_generations": 0}]
)
def test_a_replica_that_may_do_nothing_is_a_mistake(changes: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="some work"):
        ReplicasForBacklog(**changes)
